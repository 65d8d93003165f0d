import ChatloadKit
import Glibc
import Base
import Networking
import Support
import Testing

@testable import chatload

@Suite struct ReportCommandTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// The folder of a run that has just ended.
    func run(_ name: String, mode: LogMode = .all) throws -> String {
        let folder = "\(scratch.path)/\(name)"
        let log = try RunLog(folder: folder, mode: mode)
        var worker = WorkerLog(log: log, service: "tamako")
        for number in 1...20 {
            var exchange = Exchange()
            exchange.intended = .milliseconds(Int64(number) * 100)
            exchange.sent = exchange.intended
            exchange.end = exchange.intended + .milliseconds(8)
            exchange.outcome = number == 20 ? .failed(.rejected) : .ok
            worker.add(exchange, step: "say")
        }
        worker.flush()
        try log.close()
        var description = RunDescription(name: name)
        description.logMode = mode
        try ReportFolder.write(description, to: folder)
        return folder
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    @Test func oneRunIsRebuiltInPlace() throws {
        let folder = try run("one")
        var output = ""
        try reportCommand(paths: [folder]) { output += $0 }
        #expect(output.contains("20: 19 succeeded, 1 failed (5.0 %), of which 1 rejected"))
        #expect(
            output.contains("Files in \(folder.prefix(20))") && output.contains(" summary.json "))
        for name in ["summary.json", "summary.csv", "timeline.csv", "run.json", "report.html"] {
            #expect(Self.exists("\(folder)/\(name)"))
        }
    }

    @Test func theSummaryIsPrintedAsJSON() throws {
        var output = ""
        try reportCommand(paths: [try run("one")], isJSON: true) { output += $0 }
        #expect(output.hasPrefix("{\n") && output.hasSuffix("}\n"))
    }

    @Test func severalRunsGoOnlyWhereTheyAreSent() throws {
        let folders = [try run("one"), try run("two")]
        var output = ""
        try reportCommand(paths: folders) { output += $0 }
        #expect(output.contains("  exchanges     40: "))
        #expect(!Self.exists("\(folders[0])/summary.json"))
        try reportCommand(paths: folders, output: "\(folders[0])/merged") { _ in }
        #expect(Self.exists("\(folders[0])/merged/summary.json"))
        #expect(throws: Fault.self) {
            try reportCommand(paths: folders, output: folders[0]) { _ in }
        }
    }

    @Test func aPartialLogDoesNotReplaceTheRunsOwnFiles() throws {
        let folder = try run("one", mode: .errors)
        var output = ""
        try reportCommand(paths: [folder]) { output += $0 }
        #expect(output.contains("! partial: "))
        #expect(Self.exists("\(folder)/summary.json"))
        output = ""
        try reportCommand(paths: [folder]) { output += $0 }
        #expect(!output.contains("summary.json"))
    }

    @Test func whatIsMissingIsOneLine() throws {
        let error = #expect(throws: Fault.self) {
            try reportCommand(paths: ["/nowhere/at/all"]) { _ in }
        }
        #expect(error?.description == "/nowhere/at/all: there is no such folder")
        let folder = try run("one", mode: .none)
        let refusal = #expect(throws: Fault.self) {
            try reportCommand(paths: [folder]) { _ in }
        }
        #expect(refusal?.description.hasSuffix("(it ran with --log none)") == true)
    }
}
