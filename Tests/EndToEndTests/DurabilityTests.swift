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
        #expect(try summary(of: folder).totals[.succeeded] > 0)
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

    /// Whatever the file mode creation mask allows.
    @Test func everythingIsTheOwnersAlone() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/deep/run"
        let (jtl, k6) = (scratch.path + "/run.jtl", scratch.path + "/k6.json")
        let arguments = [
            "run", "workloads/support.jsonl", "-n", "900", "-c", "40", "-o", folder,
            "--transcript", "--jtl", jtl, "--k6-summary", k6,
        ]
        #expect(ResumeTests.isPlayed(try Child(arguments + quickly).ending()))
        let (again, change) = (scratch.path + "/again", scratch.path + "/change")
        #expect(try Child(["report", folder, "-o", again, "--jtl", jtl]).ending().code == 0)
        #expect(try Child(["compare", folder, again, "-o", change]).ending().code == 0)
        let scripts = scratch.path + "/scripts.jsonl"
        let imported = try Child(["import", folder + "/transcript.jsonl", "-o", scripts]).ending()
        #expect(imported.code == 0, "\(imported.messages)")
        var files = [jtl, k6, scripts]
        for place in [scratch.path + "/deep", folder, again, change] {
            #expect(mode(of: place) == 0o700, "\(place)")
            files += names(in: place).map { "\(place)/\($0)" }.filter { $0 != folder }
        }
        #expect(files.count > 25)
        for file in files { #expect(mode(of: file) == 0o600, "\(file)") }
    }

    /// Of a run, of a report of others, and of a comparison.
    @Test func aRunIsNeverWrittenOver() throws {
        let scratch = try ScratchFolder()
        let folders = ["a", "b"].map { "\(scratch.path)/\($0)" }
        for folder in folders {
            let arguments = ["run", "workloads/support.jsonl", "-n", "3", "-q", "-o", folder]
            #expect(try Child(arguments + quickly).ending().code == 0)
        }
        let before = names(in: folders[0]).map { text(of: "\(folders[0])/\($0)") }
        for arguments in [
            ["run", "workloads/support.jsonl", "-n", "3", "-o", folders[0]] + quickly,
            ["replay", "workloads/support.jsonl", "-o", folders[0]] + quickly,
            ["report", folders[1], "-o", folders[0]], ["report"] + folders + ["-o", folders[0]],
            ["compare"] + folders + ["-o", folders[0]],
        ] {
            let ending = try Child(arguments).ending()
            #expect(ending.code == 104, "\(arguments)")
            #expect(ending.messages.contains("choose another folder"), "\(ending.messages)")
        }
        #expect(names(in: folders[0]).map { text(of: "\(folders[0])/\($0)") } == before)
    }

    /// A run goes on measuring on a full disk, and writes what it can.
    @Test(.enabled(if: !Sanitizer.isOfThreads)) func aRunOnAFullDiskSaysSo() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            ["run", "workloads/support.jsonl", "-n", "900", "-c", "40", "-o", folder] + quickly,
            fileSize: 50_000
        ).ending()
        #expect(run.code == 107, "\(run.messages)")
        #expect(run.messages.contains("File too large"), "\(run.messages)")
        #expect((text(of: folder + "/exchanges.csv")?.utf8.count ?? 0) > 40_000)
        let report = try Child(["report", folder, "-o", scratch.path + "/again"]).ending()
        #expect(report.code == 0, "\(report.messages)")
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    private func remove(_ folder: String) { Files.remove(folder) }
}
