import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Values that scripts take from replies and use again.
@Suite struct CaptureRunTests {
    @Test func laterTurnsUseWhatWasCaptured() async throws {
        let peer = AnsweringPeer { .saying("ticket \($0)\($0) of ${user} \\u00e9") }
        let result = try await run(
            #"{"turns":[{"say":"a","capture":{"ticket":"ticket (\\d+)","all":"of .*","chat":"$.data.chat_id"}},"#
                + #"{"say":"${ticket} ${all} ${chat}","capture":{"ticket":"\\d+"}},"#
                + #"{"say":"${ticket} $${ticket}"},{"say":"${reply}"}]}"#, peer)
        #expect(result.summary.totals[.failed] == 0)
        // What a reply says is said as it stands, whatever it looks like.
        #expect(
            peer.queries == [
                "a", "11 of ${user} é 42", "22 ${ticket}", "ticket 33 of ${user} é",
            ])
    }

    @Test(arguments: [
        ("ticket (\\\\d+)", #"capture "v": nothing at "ticket (\d+)" in "no luck""#),
        ("(x)|luck", #"capture "v": nothing at "(x)|luck" in "no luck""#),
        (
            "$.data.state",
            #"capture "v": nothing at "$.data.state" in "{"data":{"answer":"no luck","chat_id":42}}""#
        ),
    ])
    func nothingFoundIsAScriptsFailure(source: String, detail: String) async throws {
        let peer = AnsweringPeer { _ in .saying("no luck") }
        let result = try await run(
            #"{"turns":[{"say":"a","capture":{"v":"\#(source)"}},{"say":"${v}","name":"b"},{"say":"c"}]}"#,
            peer)
        // The turn that lacks the value sends nothing, and the user goes on.
        #expect(peer.queries == ["a", "c"])
        let errors = result.summary.errors.sorted { $0.step > $1.step }
        #expect(errors.map(\.errorClass) == ["script", "script"])
        #expect(errors.map(\.step) == ["say", "b"])
        #expect(
            errors.map(\.example) == [
                detail, "${v} has no value: no turn before has captured it",
            ])
        #expect(result.summary.totals[.exchanges] == 3)
        #expect(result.summary.totals[.conversationsFailed] == 1)
    }

    /// Of what is beyond the limits nothing is used.
    @Test func longRepliesAreBounded() async throws {
        let long = String(repeating: "y", count: 70_000)
        let peer = AnsweringPeer { _ in .saying(long + "end") }
        let result = try await run(
            #"{"turns":[{"say":"a","capture":{"v":"y+"}},{"say":"b","capture":{"w":"y(end)"},"name":"b"}]}"#,
            peer)
        #expect(
            result.summary.errors.map(\.example) == [
                "capture \"v\": 70000 bytes are more than the 65536 that are kept"
            ])
    }

    /// Every conversation has values of its own.
    @Test func valuesAreNotShared() async throws {
        let script =
            #"{"turns":[{"say":"order 1000${conversation}","capture":{"n":"order (\\d+)"}},"#
            + #"{"say":"x","expect":{"not_contains":"${n}"}},{"say":"order ${n}","expect":{"contains":"1000${conversation}"}}]}"#
        var run = VirtualRun(scripts: [script], load: LoadShape(users: 9, conversations: 90))
        run.workers = 2
        let (result, _) = try await run.againstSandbox(.logNormal)
        #expect(result.summary.errors == [])
        #expect(result.summary.totals[.exchanges] == 270)
    }

    @Test func callsAreLookedAtToo() async throws {
        let script =
            #"{"turns":[{"call":"bots.list","capture":{"bot":"$[0].id","raw":"\"name\":\"([^\"]+)"}},"#
            + #"{"call":"bots.get","with":{"bot":"${bot}"},"expect":{"json":{"id":"${bot}","name":"${raw}"}}},"#
            + #"{"say":"Hello","with":{"bot":"${bot}"},"expect":{"contains":"Hello","within":"2s"}},"#
            + #"{"call":"messages.send","with":{"body":"I am ${user}"},"expect":{"status":201,"json":{"$.body":"I am ${user}"}}},"#
            + #"{"call":"messages.list","expect":{"json":{"messages[0].nobody":1}},"name":"list"}]}"#
        var run = VirtualRun(
            scripts: [script.replacing("messages[0]", with: "$.messages[0]")],
            load: LoadShape(users: 1, conversations: 1))
        run.service = .botyard
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(
            result.summary.errors.map { "\($0.step): \($0.example)" } == [
                "list: expected $.messages[0].nobody to be 1, got nothing"
            ])
    }

    /// A refused session that the script expects is not renewed.
    @Test func anExpectedRefusalStands() async throws {
        let peer = AnsweringPeer { number in
            number == 1
                ? .init(status: 201, body: #"{"id":"u","nickname":"n"}"#)
                : .init(status: 401, body: #"{"message":"User is unauthorized."}"#)
        }
        var run = VirtualRun(
            scripts: [
                #"{"turns":[{"call":"user.get","expect":{"status":401,"contains":"unauthorized"}}]}"#
            ],
            load: LoadShape(users: 1, conversations: 1))
        run.service = .botyard
        let result = try await run.against { try await peer.serve($0, $1) }
        #expect(result.summary.totals[.failed] == 0)
        #expect(peer.requests.count == 2)
    }

    private func run(_ script: String, _ peer: AnsweringPeer) async throws -> VirtualRun.Result {
        try await VirtualRun(scripts: [script], load: LoadShape(users: 1, conversations: 1))
            .against { try await peer.serve($0, $1) }
    }
}
