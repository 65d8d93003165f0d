import Glibc
import Support
import Testing

/// What the built binary gives to other tools.
@Suite struct MetricsTests {
    @Test func metricsAreServedWhileTheRunLasts() throws {
        let scratch = try ScratchFolder()
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "-d", "30s", "-c", "4", "-o",
                scratch.path + "/run",
                "--metrics-listen", "0", "--no-progress", "--think", "0", "--sandbox-latency",
                "5ms",
            ])
        let place = try #require(run.words(after: "metrics at http://127.0.0.1:"))
        let port = try #require(Int(place.prefix { $0.isNumber }))
        var page = ""
        // The first looks may come before the first exchange.
        for _ in 0..<20_000 where !page.contains("outcome=\"ok\"") {
            page = try get("/metrics", port: port)
        }
        #expect(page.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4;"))
        #expect(page.contains("\nchatload_users 4\n"))
        #expect(page.contains("chatload_exchanges_total{step=\"say\",outcome=\"ok\"}"))
        #expect(try get("/", port: port).hasPrefix("HTTP/1.1 404 "))
        run.signal(SIGINT)
        #expect(run.ending().code == 105)
    }

    @Test func aTakenPortIsSaidSo() throws {
        let scratch = try ScratchFolder()
        let taken = try LocalServer(listens: true)
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "-n", "1", "-o", scratch.path + "/run",
                "--metrics-listen", "127.0.0.1:\(taken.port)",
            ]
        ).ending()
        #expect(run.code == 104, "\(run.messages)")
        #expect(run.messages.contains("--metrics-listen: cannot listen on 127.0.0.1:"))
        #expect(names(in: scratch.path) == [])
    }

    @Test func otherToolsFilesAreMadeByRunAndReport() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let (jtl, k6) = (scratch.path + "/a.jtl", scratch.path + "/a.json")
        let files = ["--jtl", jtl, "--k6-summary", k6]
        let run = try Child(
            ["run", "workloads/support.jsonl", "-n", "10", "-o", folder] + quickly + files
        ).ending()
        #expect(run.code == 0, "\(run.messages)")
        let (results, summary) = (text(of: jtl), text(of: k6))
        #expect(results?.hasPrefix("timeStamp,elapsed,label,") == true)
        #expect(summary?.contains("\"http_req_duration\"") == true)
        #expect(try Child(["report", folder] + files).ending().code == 0)
        #expect(text(of: jtl) == results && text(of: k6) == summary)
    }
}
