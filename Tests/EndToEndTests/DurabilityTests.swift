import Glibc
import Support
import Testing

@testable import ChatloadKit

/// Folders that cannot be written to, or not any more.
@Suite struct DurabilityTests {
    /// A run goes on measuring, and says at its end what is missing.
    @Test func aRunWhoseFolderIsRemovedSaysSo() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            ["run", "workloads/support.jsonl", "-d", "10m", "-c", "4", "-o", folder] + quickly)
        #expect(wait(for: folder + "/exchanges.csv") { $0.split(separator: "\n").count > 2 })
        remove(folder)
        run.signal(SIGTERM)
        let ending = run.ending()
        #expect(ending.code == 107, "\(ending.messages)")
        #expect(ending.messages.contains("/exchanges.csv: was removed while it was being written"))
        #expect(try summary(of: folder).totals.succeeded > 0)
    }

    /// What a replay did from there on could not be told from what is still to be done.
    @Test func aReplayWhoseFolderIsRemovedEnds() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let workload = try ResumeTests.workload(20_000, in: scratch)
        let replay = try Child(["replay", workload, "-c", "4", "-o", folder] + quickly)
        #expect(wait(for: folder + "/exchanges.csv") { $0.split(separator: "\n").count > 2 })
        remove(folder)
        let ending = replay.ending()
        #expect(ending.code == 107, "\(ending.messages)")
        #expect(ending.messages.contains("was removed while it was being written"))
    }

    @Test(arguments: [
        ("file/run", "file: cannot make this folder: File exists"),
        ("loop/run", "loop: cannot make this folder: "),
    ])
    func nothingIsSentWithoutAFolder(place: String, words: String) throws {
        let scratch = try ScratchFolder()
        _ = try scratch.write("not a folder", to: "file")
        #expect(symlink("loop", scratch.path + "/loop") == 0)
        let run = try Child(
            ["run", "workloads/support.jsonl", "-n", "1", "-o", "\(scratch.path)/\(place)"]
                + quickly
        ).ending()
        #expect(run.code == 104, "\(run.messages)")
        #expect(run.messages.contains(words), "\(run.messages)")
    }

    private func remove(_ folder: String) {
        for name in names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
