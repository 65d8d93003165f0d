import Glibc

/// What the tests were built with.
package enum Sanitizer {
    /// Whether it is the thread sanitizer, whose functions a library that is loaded while the process
    /// runs does not find, and which ends a process whose files are limited in size.
    package static let isOfThreads = dlsym(nil, "__tsan_init") != nil

    /// What the sanitizers of this process were told, which those of its children are to be told too.
    package static let environment = ["ASAN_OPTIONS", "TSAN_OPTIONS"].reduce(into: [:]) {
        (told: inout [String: String], name) in
        told[name] = getenv(name).map { String(cString: $0) }
    }
}
