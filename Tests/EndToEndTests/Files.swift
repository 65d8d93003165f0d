import FoundationEssentials
import Glibc
import Support

@testable import ChatloadKit

/// A file's text; nil when it cannot be read.
func text(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&room, 1, room.count, file), count > 0 {
        bytes += room[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// The names in a folder, in order.
func names(in folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}

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
