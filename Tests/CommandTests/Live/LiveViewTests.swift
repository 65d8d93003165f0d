import ChatloadKit
import Base
import Networking
import Support
import Testing

@testable import chatload

@Suite struct LiveViewTests {
    /// A run in which everything that can be shown is there to be shown.
    private static let busy: ProgressFigures = {
        var figures = ProgressFigures()
        figures.elapsed = .milliseconds(72_345)
        figures.planned = .seconds(120)
        figures.users = 1_050
        figures.wanted = "of 1,200"
        figures.conversationsDone = 8_123
        figures.exchangeLimit = (51_234, 100_000)
        figures.exchanges = 51_234
        figures.turnsPerSecond = 1_234.5
        figures.p50 = .microseconds(12_340)
        figures.p90 = .milliseconds(80)
        figures.p99 = .milliseconds(150)
        figures.errors = 1_230
        figures.cpuShare = 0.346
        figures.failures = [("timeout", 1_000), ("http_5xx", 200), ("rejected", 30)]
        for second in 0..<60 {
            let p99 = second % 7 == 3 ? nil : Nanoseconds.milliseconds(Int64(100 + second))
            let rate = Double(second % 9) * 150
            figures.seconds.append((rate, p99))
        }
        var quota = QuotaResult(expression: "run:100000 tokens/m")
        (quota.used, quota.throttledSeconds) = (98_765, 12.34)
        figures.quotas = [quota]
        figures.credentials = CredentialUse(
            all: 5, out: 1, waiting: 2, longestWait: .seconds(3_600))
        figures.dropped = 1_265
        figures.verdict.generator = .suspect
        figures.verdict.load = .notReached
        figures.verdict.scheduleLag.p99 = 24
        return figures
    }()

    private static let idle = ProgressFigures()

    @Test(arguments: [("busy", 80), ("busy", 40), ("busy", 200), ("idle", 80), ("idle", 20)])
    func `the view fits the window and says what matters`(name: String, columns: Int) {
        let figures = name == "busy" ? Self.busy : Self.idle
        for (isUnicode, kind) in [(true, "unicode"), (false, "plain")] {
            let frame = LiveFrame(
                figures, columns: columns, isColoured: false, isUnicode: isUnicode)
            for line in frame.lines { #expect(line.count <= columns) }
            let text = frame.lines.joined(separator: "\n") + "\n"
            if !isUnicode {
                #expect(
                    text.unicodeScalars.allSatisfy { $0.isASCII || "–µ…".contains(Character($0)) })
            }
            let file = "live-\(name)-\(columns)-\(kind).txt"
            #expect(Golden.difference(text, from: file) == nil)
        }
    }

    @Test(arguments: 1...130)
    func `no window is too small, and colours take no room`(columns: Int) {
        for figures in [Self.busy, Self.idle] {
            let plain = LiveFrame(figures, columns: columns, isColoured: false, isUnicode: true)
            let painted = LiveFrame(figures, columns: columns, isColoured: true, isUnicode: true)
            var screen = TerminalModel()
            screen.write(painted.lines.joined(separator: "\n"))
            #expect(screen.text == plain.lines.joined(separator: "\n"))
            #expect(plain.lines.allSatisfy { $0.count <= columns })
        }
    }

    @Test func `how far the run is follows the nearest limit`() {
        #expect(Self.idle.share == nil && Self.idle.left == nil)
        let byTime = ProgressFigures(elapsed: .seconds(30), planned: .seconds(120))
        #expect(byTime.share == 0.25 && byTime.left == .seconds(90))
        var both = byTime
        both.conversations = (50, 100)
        #expect(both.share == 0.5 && both.left == .seconds(30))
        both.exchangeLimit = (200, 100)
        #expect(both.share == 1)
        #expect(ProgressFigures(elapsed: .seconds(9), planned: .zero).share == 1)
    }

    @Test func `that nothing succeeds is said in words, once`() {
        var figures = Self.idle
        figures.outage = "nothing has succeeded yet (100 failures): dns at http://x: no such host"
        let frame = LiveFrame(figures, columns: 80, isColoured: false, isUnicode: true)
        #expect(frame.lines.contains { $0.hasPrefix("outage") && $0.contains("dns at http://x") })
        let written = Written()
        var line = ProgressLine { written.add($0) }
        for second in 0..<12 {
            figures.elapsed = .seconds(Int64(second))
            line.update(figures)
        }
        #expect(written.texts.filter { $0.contains("nothing has succeeded yet") }.count == 1)
    }

    @Test func `tokens are told where replies are streamed`() {
        var figures = Self.busy
        #expect(!ProgressLine.text(of: figures).contains("tokens "))
        (figures.streamed, figures.tokensPerSecond) = (12, 1_234)
        figures.firstTokenP50 = .milliseconds(300)
        let frame = LiveFrame(figures, columns: 80, isColoured: false, isUnicode: true)
        #expect(frame.lines.contains("first token  p50 300 ms  p99 –   tokens 1,234/s"))
        #expect(ProgressLine.text(of: figures).contains("  tokens 1,234/s  ttft p50 300 ms  "))
    }

    @Test func `a long wait after a rejection is told`() {
        var figures = Self.idle
        figures.credentials = CredentialUse(all: 1, waiting: 1, longestWait: .seconds(31_536_000))
        let frame = LiveFrame(figures, columns: 80, isColoured: false, isUnicode: true)
        #expect(
            frame.lines.contains { $0.contains("1 waiting after a rejection, for up to 8760h") })
        #expect(ProgressLine.text(of: figures).contains("waiting for up to 8760h"))
        figures.credentials.longestWait = .milliseconds(900)
        #expect(!ProgressLine.text(of: figures).contains("waiting"))
    }

    @Test func `frames replace each other and messages stand above them`() {
        let screen = Screen()
        let live = LiveScreen(size: { screen.size }, write: { screen.model.write($0) })
        screen.model.write("before\n")
        live.draw { _ in ["one", "two", "three"] }
        #expect(screen.model.text == "before\none\ntwo\nthree")
        live.draw { _ in ["\u{1B}[31m1\u{1B}[0m", "2"] }
        #expect(screen.model.text == "before\n1\n2")
        live.say("a message\n")
        #expect(screen.model.text == "before\na message")
        live.draw { _ in ["x", "y"] }
        #expect(screen.model.text == "before\na message\nx\ny")
        live.finish()
        live.finish()
        #expect(screen.model.text == "before\na message")
        live.draw { _ in ["too late"] }
        live.say("after\n")
        #expect(screen.model.text == "before\na message\nafter")
    }

    @Test func `a low window gets the first lines, a narrower one is cleared in full`() {
        let screen = Screen()
        let live = LiveScreen(size: { screen.size }, write: { screen.written.add($0) })
        screen.size = (80, 3)
        live.draw { columns in (1...9).map { "\(columns) \($0)" } }
        #expect(screen.written.texts.last == "80 1\u{1B}[K\n80 2\u{1B}[K\u{1B}[J")
        live.draw { _ in [String(repeating: "a", count: 45), "b"] }
        screen.size = (20, 24)
        live.finish()
        // Forty-five columns are three rows of twenty, and the second line is one more.
        #expect(screen.written.texts.last == "\r\u{1B}[3A\u{1B}[J")
    }

    @Test(
        arguments: [
            ([0, 1, 2, 3, 4, 5, 6, 7], 8, "▁▂▃▄▅▆▇█", "_.-=+*%#"), ([0, 0, 0], 8, "▁▁▁", "___"),
            ([1, nil, 1], 8, "█ █", "# #"), ([9, 1, .infinity, .nan, 2], 3, "  █", "  #"),
            ([5], 0, "", ""), ([], 4, "", ""), ([3], -1, "", ""),
        ] as [([Double?], Int, String, String)])
    func `a sparkline's tallest bar is the greatest value`(
        values: [Double?], width: Int, blocks: String, plain: String
    ) {
        #expect(LiveFrame.sparkline(values, width: width, isUnicode: true) == blocks)
        #expect(LiveFrame.sparkline(values, width: width, isUnicode: false) == plain)
    }

    @Test func `the past is kept second by second, for a minute`() {
        var history = ProgressHistory()
        for quarter in 1...400 {
            history.add(
                LiveFigures(), at: .milliseconds(Int64(quarter) * 250),
                cpu: .milliseconds(Int64(quarter) * 25))
        }
        #expect(history.seconds.count == 60)
        #expect(history.turnsPerSecond == 0)
        #expect(abs(history.cpuShare * Double(ThisProcess.usableProcessors) - 0.1) < 1e-9)
    }
}

/// A window of a terminal.
/// Used by one thread only.
private final class Screen: @unchecked Sendable {
    var size = (columns: 80, rows: 24)
    var model = TerminalModel()
    let written = Written()
}
