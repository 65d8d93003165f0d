import Base
import Networking
import Glibc
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Which files scripts may send along.
@Suite struct AttachmentFolderTests {
    let scratch: ScratchFolder
    let workload: String

    init() throws {
        scratch = try ScratchFolder()
        for name in ["in", "in/deep", "in2"] { mkdir("\(scratch.path)/\(name)", 0o700) }
        for name in ["in/a", "in/deep/b", "in2/c", "d"] { _ = try scratch.write("x", to: name) }
        symlink("../d", scratch.path + "/in/out")
        symlink("deep/b", scratch.path + "/in/within")
        workload = scratch.path + "/in/w.jsonl"
    }

    private func complaints(
        _ attachment: String, from folder: String? = nil
    ) throws -> [Fault] {
        let path = attachment.replacing("@", with: scratch.path)
        _ = try scratch.write(
            #"{"turns":[{"say":"x","attach":["\#(path)"]}]}"#, to: "in/w.jsonl")
        return try Workload.open([workload], attachFrom: folder)
            .review(with: try ObligingService()).complaints
    }

    @Test(arguments: ["@/in/a", "@/in/deep/b", "@/in/within", "@/in/deep/../a", "@/in2/../in/a"])
    func filesBelowItAreTaken(path: String) throws {
        #expect(try complaints(path) == [])
    }

    @Test(arguments: ["@/d", "@/in2/c", "@/in/../d", "@/in/out", "/etc/hostname"])
    func othersAreNot(path: String) throws {
        let complaint = try #require(try complaints(path).first)
        #expect(complaint.message.contains("is outside of the workload's folder"))
        #expect(complaint.line == 1 && complaint.column == 32)
        #expect(try complaints(path, from: "/") == [])
    }

    @Test func theUserMayNameAnotherFolder() throws {
        #expect(try complaints("@/in2/c", from: scratch.path + "/in2") == [])
        #expect(try complaints("@/in/a", from: scratch.path + "/in2").count == 1)
        #expect(try complaints("@/in/a", from: scratch.path + "/absent").count == 1)
    }

    @Test(arguments: [
        #"{"turns":[{"say":"x"},{"say":"y","attach":["${reply}"]}]}"#,
        #"{"turns":[{"say":"x","capture":{"f":"is (.+)"}},{"say":"y","attach":["in/${f}"]}]}"#,
    ])
    func aReplyNamesNone(line: String) throws {
        _ = try scratch.write(line, to: "in/w.jsonl")
        let review = try Workload.open([workload], attachFrom: "/").review(
            with: try ObligingService())
        let complaint = try #require(review.complaints.first)
        #expect(complaint.message.hasPrefix("an attachment cannot be named by what a reply"))
        #expect(complaint.line == 1 && complaint.column ?? 0 > 40)
    }

    /// What only the run can know fails the turn and sends nothing.
    @Test func theDataNamesNoneElsewhere() async throws {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"x","attach":["${file}"]}]}"#],
            load: LoadShape(users: 1, conversations: 2))
        run.service = .botyard
        run.data = "file\n\(scratch.path)/d\n/etc/hostname\n"
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(1)))
        #expect(counts.requests["botyard.files.upload"] == nil)
        #expect(result.summary.errors.map(\.errorClass) == ["script"])
        let example = try #require(result.summary.errors.first?.example)
        #expect(example.contains("is outside of the workload's folder"), "\(example)")
    }
}
