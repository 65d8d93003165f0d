import Base
import ChatloadKit
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
