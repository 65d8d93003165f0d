import FoundationEssentials
import Glibc
import Support

@testable import ChatloadKit

/// Takes files away.
enum Files {
    /// Removes a folder that holds nothing but files.
    static func remove(_ folder: String) {
        for name in names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}

/// The figures of a run's folder.
func summary(of folder: String) throws -> Summary {
    guard let text = text(of: folder + "/summary.json") else {
        throw Unavailable(what: folder + "/summary.json")
    }
    return try JSONDecoder().decode(Summary.self, from: Data(text.utf8))
}

/// Waits until a file satisfies `isEnough`, at most a minute.
func wait(for path: String, until isEnough: (String) -> Bool) -> Bool {
    let deadline = Child.now() + 60
    while Child.now() < deadline {
        if let text = text(of: path), isEnough(text) { return true }
        poll(nil, 0, 20)
    }
    return false
}

/// Waits until something is so, at most some seconds.
func wait(upTo seconds: Double, until isSo: () -> Bool) -> Bool {
    let deadline = Child.now() + seconds
    while !isSo() {
        if Child.now() >= deadline { return false }
        poll(nil, 0, 20)
    }
    return true
}

/// What a run in a folder of its own is given besides.
let quickly = ["--think", "0", "--sandbox-latency", "1ms", "--seed", "7"]

/// The files of every run.
let runFiles = [
    "conversations.csv", "errors.csv", "exchanges.csv", "generator.json", "junit.xml",
    "latency-reply.hgrm",
    "latency-service.hgrm", "latency.hgrm", "latency.hlog", "report.html", "run.json",
    "summary.csv", "summary.json", "timeline.csv",
]
