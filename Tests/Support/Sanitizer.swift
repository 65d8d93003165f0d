import Glibc

/// What the tests were built with.
package enum Sanitizer {
    /// Whether it is the thread sanitizer, whose functions a library that is loaded while the process
    /// runs does not find.
    package static let isOfThreads = dlsym(nil, "__tsan_init") != nil
}
