import FoundationEssentials
import Glibc
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Replays that end in all kinds of ways and are gone on with.
@Suite struct ResumeTests {
    /// A workload of conversations with three turns each.
    static func workload(_ count: Int, in scratch: ScratchFolder) throws -> String {
        let lines = (0..<count).map { number in
            #"{"id":"c-\#(number)","turns":[{"say":"Hello \#(number)","reply":"Hello"},"#
                + #"{"say":"And then?"},{"say":"Bye"}]}"# + "\n"
        }
        return try scratch.write(lines.joined(), to: "workload.jsonl")
    }

    static func target(_ port: Int) -> [String] {
        [
            "--target", "http://127.0.0.1:\(port)", "--set", "token=env:TOKEN", "--set",
            "chatbot_uuid=\(RefusalTests.uuid)",
        ]
    }

    static func child(_ arguments: [String]) throws -> Child {
        try Child(["replay"] + arguments, environment: ["TOKEN": "any"])
    }

    /// The ids of a transcript's lines.
    static func ids(of folder: String) throws -> [String] {
        let lines = try #require(text(of: folder + "/transcript.jsonl"))
        return lines.split(separator: "\n").map { String($0.dropFirst(7).prefix { $0 != "\"" }) }
    }

    static func inFlight(_ folder: String) throws -> [InFlight] {
        guard let list = text(of: folder + "/in_flight.json") else { return [] }
        return try JSONDecoder().decode(InFlightList.self, from: Data(list.utf8)).conversations
    }

    /// Messages that the sandbox has received.
    static func messages(_ port: Int) throws -> Int {
        let counts = try get("/_sandbox/counts", port: port)
        let number = counts.firstRange(of: "\"total\":").map { counts[$0.upperBound...] }
        return number.flatMap { Int($0.prefix(while: \.isNumber)) } ?? -1
    }

    @Test func twentyTimesKilledEverythingIsPlayedOnce() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let (count, kills) = (2_000, 20)
        let workload = try Self.workload(count, in: scratch)
        let (server, port) = try serve(["stammer", "--latency", "10ms", "--seed", "1"])
        defer { server.signal(SIGKILL) }
        var random = SeededRandom(seed: 2_026)
        let start = [workload, "-o", folder, "-c", "20", "-q"] + Self.target(port)
        for kill in 0..<kills {
            let isBegun = names(in: folder).contains("journal.tsv")
            let run = try Self.child(isBegun ? ["--resume", folder, "-q"] : start)
            poll(nil, 0, 20 + Int32(random.next(upperBound: UInt64(160))))
            run.signal(SIGKILL)
            let ending = run.ending()
            #expect(ending.code == 128 + SIGKILL, "kill \(kill): \(ending.messages)")
            if kill % 6 == 5 {
                #expect(try Child(["report", folder]).ending().code == 0)
                let ids = try Self.ids(of: folder)
                #expect(ids == ids.sorted { number(of: $0) < number(of: $1) })
            }
        }
        let last = try Self.child(["--resume", folder, "-q"]).ending()
        #expect(last.code == 0, "\(last.messages)")
        #expect(try Self.ids(of: folder) == (0..<count).map { "c-\($0)" })
        let summary = try summary(of: folder)
        #expect(summary.totals.conversations.completed == count)
        #expect(summary.totals.conversations.started == count)
        #expect(summary.run.ended == .completed && !names(in: folder).contains("journal.tsv"))
        // Each conversation in flight had sent the turns before the one that is listed, and that
        // one perhaps.
        let inFlight = try Self.inFlight(folder)
        let sure = 3 * count + inFlight.reduce(0) { $0 + $1.turn - 1 }
        let messages = try Self.messages(port)
        #expect((sure...sure + inFlight.count).contains(messages), "\(messages), \(inFlight)")
        #expect(inFlight.count <= 20 * kills && !inFlight.isEmpty)
    }

    private func number(of id: String) -> Int { Int(id.dropFirst(2)) ?? -1 }
}
