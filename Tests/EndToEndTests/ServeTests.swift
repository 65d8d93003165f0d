import Glibc
import Support
import Testing

@testable import ChatloadKit

/// `serve` of the built binary, and runs against it.
@Suite struct ServeTests {
    @Test func countsWhatTheRunCounts() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let (server, port) = try serve(["--error-rate", "10%", "--seed", "1"])
        let run = try Child(
            [
                "run", "workloads/stammer.jsonl", "--service", "stammer", "--target",
                "http://127.0.0.1:\(port)", "--set",
                "token=env:TOKEN", "--set", "chatbot_uuid=\(RefusalTests.uuid)", "-n", "30",
                "-c", "5", "--think", "0", "-o", folder,
            ], environment: ["TOKEN": "any"]
        ).ending()
        #expect(run.code == 0, "\(run.messages)")
        let totals = try summary(of: folder).totals
        #expect(totals[.failed] > 0 && totals[.succeeded] > 0)
        let counts = try get("/_sandbox/counts", port: port)
        #expect(counts.contains(#""200":\#(totals[.succeeded])"#), "\(counts)")
        #expect(counts.contains(#""total":\#(totals[.exchanges]),"#), "\(counts)")
        server.signal(SIGTERM)
        let ending = server.ending()
        #expect(ending.code == 0)
        #expect(ending.messages.contains("200  \(totals[.succeeded])"), "\(ending.messages)")
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func stopsCleanly(signal: Int32) throws {
        let (server, port) = try serve(["-q"])
        server.signal(signal)
        let ending = server.ending()
        #expect(ending.code == 0)
        #expect(ending.output == "http://127.0.0.1:\(port)\n")
        #expect(ending.messages.isEmpty)
    }

    @Test func aPortInUseIsRefused() throws {
        let taken = try LocalServer()
        let ending = try Child(["serve", "--port", "\(taken.port)"]).ending()
        #expect(ending.code == 104)
        #expect(ending.messages.hasPrefix("chatload: error: --port:"), "\(ending.messages)")
    }
}

/// A sandbox, its latency a millisecond, and the port in its first line.
func serve(_ options: [String], scheme: String = "http") throws -> (Child, port: Int) {
    let child = try Child(["serve", "--latency", "1ms"] + options)
    let line = child.firstLine() ?? ""
    let start = "\(scheme)://127.0.0.1:"
    guard line.hasPrefix(start), let port = Int(line.dropFirst(start.count)) else {
        throw Unavailable(what: "a sandbox: \(child.ending().messages)")
    }
    return (child, port)
}
