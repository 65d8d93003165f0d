import ChatloadKit
import Glibc
import Base
import Networking
import Testing

@testable import chatload

@Suite struct TerminalTests {
    @Test func `the figures in one line`() {
        var figures = ProgressFigures(
            elapsed: .milliseconds(12_345), planned: .seconds(60), users: 50, exchanges: 15_000,
            turnsPerSecond: 1_234.5, p50: .microseconds(12_340), p99: .milliseconds(150),
            errors: 3)
        #expect(
            ProgressLine.text(of: figures)
                == "12s of 1m 00s  50 users  15,000 exchanges  turns 1,235/s  p50 12.3 ms  p99 150 ms"
                + "  3 errors")
        figures = ProgressFigures(phase: .drain, users: 1, conversations: (7, 9))
        #expect(
            ProgressLine.text(of: figures)
                == "0s  draining  7 of 9 conversations  1 user  0 exchanges  turns 0.00/s  0 errors"
        )
    }

    @Test func `a plain line comes every five seconds`() {
        let written = Written()
        var line = ProgressLine { written.add($0) }
        for tenth in 0..<160 {
            line.update(ProgressFigures(elapsed: .milliseconds(Int64(tenth) * 100)))
        }
        let starts = written.texts.map { $0.prefix(3) }
        #expect(starts == ["5s ", "10s", "15s"])
        #expect(written.texts.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
    }

    @Test(arguments: [
        (["LANG": "C.UTF-8"], true), (["LANG": "de_DE.utf8"], true), (["LANG": "C"], false),
        ([:], false),
        (["LC_ALL": "POSIX", "LANG": "C.UTF-8"], false), (["LC_ALL": "", "LANG": "C.UTF-8"], true),
    ])
    func `the locale tells whether characters are Unicode's`(
        environment: [String: String], isUnicode: Bool
    ) {
        #expect(Terminal.showsUnicode(environment) == isUnicode)
    }

    @Test func `the check of a big file`() {
        let text = CheckingLine.text(share: 0.45, bytes: 1_200_000_000, elapsed: .seconds(2))
        #expect(text == "checking scripts: 45% of 1.20 GB, 270 MB/s")
        _ = CheckingLine.text(share: .nan, bytes: .max, elapsed: .zero)
    }

    @Test func `the first and the second interrupt are told apart`() async {
        let (events, continuation) = AsyncStream.makeStream(of: Int.self)
        let interrupts = Interrupts(
            of: [SIGUSR1, SIGUSR2], patience: 600_000_000, first: { continuation.yield(1) },
            second: {
                continuation.yield(2)
                continuation.finish()
            })
        kill(getpid(), SIGUSR1)
        var seen: [Int] = []
        for await event in events {
            seen.append(event)
            if event == 1 { kill(getpid(), SIGUSR2) }
        }
        interrupts.stop()
        #expect(seen == [1, 2])
    }

    @Test func `a long line's excerpt is cut around the caret`() {
        let line = String(repeating: "a", count: 100) + "é!" + String(repeating: "b", count: 100)
        let complaint = Fault(
            "bad", at: .file("f", line: 2, column: 102), excerpt: line, hint: "good")
        let parts = complaint.rendered.split(separator: "\n")
        #expect(parts.count == 4 && parts[0] == "chatload: error: f:2:102: bad")
        let caret = parts[2].count - 1
        #expect(Array(parts[1])[caret] == "!")
        #expect(parts[1].count <= 80)
    }
}
