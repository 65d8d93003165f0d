import Base
import ChatloadKit
import Glibc
import Networking

/// A plain line on stderr every five seconds of a run, where no terminal could redraw one.
struct ProgressLine: Sendable {
    static let interval = Nanoseconds.seconds(5)

    private let write: @Sendable (String) -> Void
    private var next = ProgressLine.interval
    /// Whether it has been said that nothing succeeds.
    private var hasToldOutage = false

    /// A line that goes wherever `write` puts it.
    init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Takes new figures; to be called a few times a second.
    mutating func update(_ figures: ProgressFigures) {
        if let outage = figures.outage, !hasToldOutage {
            hasToldOutage = true
            write(Printable.line(outage) + "\n")
        }
        guard figures.elapsed >= next else { return }
        next = figures.elapsed + Self.interval
        write(Self.text(of: figures) + "\n")
    }

    /// The figures in one line.
    static func text(of figures: ProgressFigures) -> String {
        let total = figures.planned.map { " of " + clock($0) } ?? ""
        var parts = [clock(figures.elapsed) + total]
        if figures.phase != .main { parts.append(figures.phase.inWords) }
        if let limit = figures.conversations {
            let done = Figures.count(limit.done) + " of " + Figures.count(limit.all)
            parts.append(done + " conversations")
        }
        parts.append(Figures.count(figures.users, "user"))
        parts.append(Figures.count(figures.exchanges, "exchange"))
        parts.append("turns " + Figures.rate(figures.turnsPerSecond))
        if let p50 = figures.p50 { parts.append("p50 " + Units.format(p50)) }
        if let p99 = figures.p99 { parts.append("p99 " + Units.format(p99)) }
        if figures.streamed > 0 {
            parts.append("tokens " + Figures.rate(figures.tokensPerSecond))
            if let p50 = figures.firstTokenP50 { parts.append("ttft p50 " + Units.format(p50)) }
        }
        parts.append(Figures.count(figures.errors, "error"))
        if figures.dropped > 0 { parts.append("\(Figures.count(figures.dropped)) dropped") }
        let use = figures.credentials
        if use.longestWait >= Self.interval {
            let wait = clock(use.longestWait)
            parts.append(
                "\(Figures.count(use.waiting, "credential")) rejected, waiting for up to \(wait)")
        }
        parts += figures.verdict.inWords
        return parts.joined(separator: "  ")
    }

    /// Whole seconds below a minute, so that nothing flickers.
    static func clock(_ span: Nanoseconds) -> String {
        let seconds = span.count / 1_000_000_000
        return seconds < 60 ? "\(seconds)s" : Units.format(Nanoseconds.seconds(seconds))
    }
}

extension RunPhase {
    /// What a live view calls it.
    var inWords: String {
        switch self {
        case .warmup: "warm-up"
        case .ramp: "ramp"
        case .main: "load"
        case .drain: "draining"
        }
    }
}

extension Verdict {
    /// What is wrong so far, a few words each; empty while nothing is.
    fileprivate var inWords: [String] {
        var words: [String] = []
        if generator > .valid { words.append("generator \(generator.rawValue) so far") }
        if load == .notReached { words.append("load not reached so far") }
        return words
    }
}

/// The line on stderr that tells how much of some files has been read: share, size and speed.
struct CheckingLine {
    /// A workload that is checked in the wink of an eye needs no line.
    private static let quietTime = Nanoseconds.milliseconds(300)
    private static let interval = Nanoseconds.milliseconds(100)

    private let isShown: Bool
    /// What is done with the files, in words.
    private let task: String
    private let start = CheckingLine.clock()
    private var next = CheckingLine.quietTime
    private var isDrawn = false
    /// Bytes that have been read, where the line counts them.
    private var read = 0

    init(isShown: Bool, doing task: String = "checking scripts") {
        self.isShown = isShown
        self.task = task
    }

    /// Shows that `count` bytes more of logs of `bytes` have been read.
    mutating func advance(_ count: Int, of bytes: Int) {
        read += count
        if bytes > 0 { update(share: Double(read) / Double(bytes), bytes: bytes) }
    }

    /// Shows that this share (0…1) of all bytes has been read.
    mutating func update(share: Double, bytes: Int) {
        draw { [task] in Self.text(task, share: share, bytes: bytes, elapsed: $0) }
    }

    /// Shows that so many bytes have come, of nobody knows how many.
    mutating func update(bytes: Int) {
        draw { [task] in
            "\(task): \(Figures.bytes(bytes)), \(Self.speed(Double(bytes), $0))"
        }
    }

    private mutating func draw(_ text: (Nanoseconds) -> String) {
        let elapsed = Self.clock() - start
        if !isShown || elapsed < next { return }
        next = elapsed + Self.interval
        isDrawn = true
        Terminal.messages.write("\r" + text(elapsed) + "\u{1B}[K")
    }

    /// Takes the line away.
    mutating func finish() {
        if isDrawn { Terminal.messages.write("\r\u{1B}[K") }
        isDrawn = false
    }

    /// `checking scripts: 45% of 1.20 GB, 350 MB/s`.
    static func text(
        _ task: String = "checking scripts", share: Double, bytes: Int, elapsed: Nanoseconds
    ) -> String {
        let share = share.isFinite ? min(max(share, 0), 1) : 0
        return "\(task): \(Int(share * 100))% of \(Figures.bytes(bytes)), "
            + speed(share * Double(bytes), elapsed)
    }

    private static func speed(_ bytes: Double, _ elapsed: Nanoseconds) -> String {
        let speed = bytes / max(elapsed.seconds, 1e-3)
        return Figures.bytes(Int(min(speed, 1e15))) + "/s"
    }

    private static func clock() -> Nanoseconds { .reading(CLOCK_MONOTONIC) }
}
