import Glibc
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// A run against a sandbox that misbehaves in every way: what both say of it agrees.
@Suite struct FaultTests {
    /// Connections that are refused lose what waits to be accepted, so that fault has no part in what
    /// must agree to the request.
    static let options = InjectedFault.allCases.filter { $0 != .refuse && !$0.isOfStreams }
        .flatMap { fault in
            ["--fault", "\(fault.rawValue):0.15%"]
        }

    @Test func bothSidesCountTheSameAndNothingStaysOpen() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let (server, port) = try serve(Self.options + ["--seed", "11"])
        // What it opens for itself late is little; a leak would be hundreds.
        let most = server.descriptors + 5
        let run = try Child(
            [
                "run", "workloads/stammer.jsonl", "--service", "stammer", "--target",
                "http://127.0.0.1:\(port)", "--set",
                "token=env:TOKEN", "--set", "chatbot_uuid=\(RefusalTests.uuid)", "-d", "3s",
                "-c", "8", "--think", "0", "--timeout", "1s", "--seed", "12", "-o", folder,
            ], environment: ["TOKEN": "any"])
        #expect(wait(for: folder + "/exchanges.csv") { $0.utf8.count > 100_000 })
        #expect(run.descriptors <= 60)
        let ending = run.ending()
        #expect([0, 110].contains(ending.code), "\(ending.messages)")

        let counts = try get("/_sandbox/counts", port: port)
        let sent = try Self.sentByStatus(folder + "/exchanges.csv")
        let route = sent.sorted { $0.key < $1.key }.map { status, count in
            "\"\(SandboxCounts.name(ofStatus: status))\":\(count)"
        }
        #expect(
            counts.contains("\"stammer.message\":{\(route.joined(separator: ","))}"), "\(counts)")
        let kinds = counts.split(separator: "\"faults\":{")[1].prefix { $0 != "}" }
        #expect(kinds.split(separator: ",").count > 20, "\(kinds)")
        // A byte a second notices a client that has left after two.
        #expect(wait(upTo: 30) { server.descriptors <= most }, "\(server.descriptors) of \(most)")
        server.signal(SIGTERM)
        #expect(server.ending().code == 0)
    }

    /// How many exchanges were sent, by status; 0 for those without.
    private static func sentByStatus(_ path: String) throws -> [Int: Int] {
        let lines = try #require(text(of: path)).split(separator: "\n")
        let names = lines[0].split(separator: ",")
        let sent = try #require(names.firstIndex(of: "sent_ns"))
        let status = try #require(names.firstIndex(of: "status"))
        var counts: [Int: Int] = [:]
        for line in lines.dropFirst() {
            // What may hold a comma comes behind these.
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            if cells[sent].isEmpty { continue }
            counts[Int(cells[status]) ?? 0, default: 0] += 1
        }
        return counts
    }
}
