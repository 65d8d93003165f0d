import Base
@testable import chatload

extension ProcessEnvironment {
    /// A world made of these variables and files.
    static func made(
        _ environment: [String: String] = [:], files: [String: String] = [:]
    ) -> ProcessEnvironment {
        ProcessEnvironment(environment: environment) { path in files[path].map { Array($0.utf8) } }
    }
}

/// The arguments of a line as a shell would pass them; words in single quotes stay together.
func words(_ line: String) -> [String] {
    var words: [String] = []
    for (place, part) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
        if place % 2 == 1 {
            words.append(String(part))
        } else {
            words += part.split(separator: " ").map(String.init)
        }
    }
    return words
}

/// The settings of a `run` line.
func runSettings(
    _ line: String, in surroundings: ProcessEnvironment = .made()
) throws -> RunSettings {
    guard case .run(let settings) = try Invocation(words("run " + line), in: surroundings) else {
        throw Fault("BUG: not a run")
    }
    return settings
}

/// What stderr gets for a line; nothing when it is fine.
func complaint(_ line: String, in surroundings: ProcessEnvironment = .made()) -> String {
    do {
        _ = try Invocation(words(line), in: surroundings)
        return ""
    } catch {
        return error.rendered
    }
}
