import Base
import Glibc
import LinuxSystem
import Support
import Testing

@testable import ChatloadKit

/// Files that are changed while they are in use.
@Suite struct ChangedFileTests {
    /// What somebody does to a file.
    enum Change: CaseIterable {
        case emptied, cut, cutWithinAPage, rewritten, appendedTo
    }

    private static let line =
        #"{"turns":[{"say":""# + String(repeating: "x", count: 400) + #""}]}"# + "\n"
    private static let array =
        "[" + [String](repeating: line, count: 300).joined(separator: ",") + "]"

    private func make(_ change: Change, to path: String) {
        switch change {
        case .emptied: truncate(path, 0)
        case .cut: truncate(path, 8_192)
        case .cutWithinAPage: truncate(path, 50_001)
        case .rewritten: write(String(repeating: "y", count: 100), at: 0)
        case .appendedTo: write(Self.line, at: 1 << 20)
        }
        func write(_ text: String, at offset: off_t) {
            let descriptor = open(path, O_WRONLY)
            defer { close(descriptor) }
            // A file system may count time in steps of some milliseconds.
            var times = [timespec(), timespec(tv_sec: 1, tv_nsec: 1)]
            pwrite(descriptor, text, text.utf8.count, offset)
            futimens(descriptor, &times)
        }
    }

    @Test(arguments: Change.allCases, [true, false])
    func conversationsAreNotReadAnyMore(change: Change, isArray: Bool) throws {
        let scratch = try ScratchFolder()
        let text = isArray ? Self.array : String(repeating: Self.line, count: 300)
        let path = try scratch.write(text, to: "w.json")
        let workload = try Workload.open([path])
        #expect(workload.count == 300 && workload.change == nil)
        make(change, to: path)
        for index in [0, 20, 150, 299] {
            let error = #expect(throws: Fault.self) {
                try workload.conversation(at: index)
            }
            #expect(error?.message.hasPrefix("was changed while it was in use") == true)
        }
        #expect(workload.change?.file == path)
    }

    @Test(arguments: Change.allCases) func rowsAreNotReadAnyMore(change: Change) throws {
        let scratch = try ScratchFolder()
        let row = String(repeating: "7", count: 300) + ",b\n"
        let path = try scratch.write("a,b\n" + String(repeating: row, count: 400), to: "d.csv")
        let table = try DataTable.open(path)
        #expect(table.row(at: 399)?.count == 2 && table.change == nil)
        make(change, to: path)
        for index in [0, 100, 399] { #expect(table.row(at: index) == nil) }
        #expect(table.change?.file == path)
    }

    /// Every part of what is gone reads as zeros, whoever looks first, and again.
    @Test func whatIsGoneIsZeros() async throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write(String(repeating: Self.line, count: 3_000), to: "w.jsonl")
        let file = try MappedFile(path: path)
        truncate(path, 5_000)
        await withTaskGroup(of: Int.self) { group in
            for part in 0..<8 {
                group.addTask {
                    let start = 8_192 + part * 100_000
                    return file.withBytes(in: start..<file.count) { bytes in
                        bytes.indices.count { bytes[$0] != 0 }
                    }
                }
            }
            for await others in group { #expect(others == 0) }
        }
        file.forget(0..<file.count)
        #expect(file.withBytes(in: 0..<file.count) { $0[file.count - 1] } == 0)
        #expect(file.change?.message.hasSuffix("and has 5000 now") == true)
    }

    @Test func anotherFileOfTheNameDoesNoHarm() throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write(Self.line, to: "w.jsonl")
        let workload = try Workload.open([path])
        rename(try scratch.write("{}", to: "new.jsonl"), path)
        #expect(try workload.conversation(at: 0).turns.count == 1)
        #expect(workload.change == nil)
    }
}
