import Networking

/// One line on stderr that is redrawn in place while a run lasts; where nobody looks, a plain line
/// every five seconds instead.
struct ProgressLine: Sendable {
    /// How long a stream that is not a terminal stays quiet.
    static let plainInterval = Nanoseconds.seconds(5)

    private let isInteractive: Bool
    private let showsColour: Bool
    private let width: @Sendable () -> Int
    private let write: @Sendable (String) -> Void
    private var nextPlain = ProgressLine.plainInterval
    private var isDrawn = false

    /// A line on `terminal`.
    init(on terminal: Terminal, environment: [String: String]) {
        self.init(
            isInteractive: terminal.isInteractive(environment),
            showsColour: terminal.showsColour(environment), width: { terminal.width },
            write: terminal.write)
    }

    /// A line that goes wherever `write` puts it.
    init(
        isInteractive: Bool, showsColour: Bool, width: @escaping @Sendable () -> Int,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.isInteractive = isInteractive
        self.showsColour = showsColour
        self.width = width
        self.write = write
    }

    /// Shows new figures; to be called a few times a second.
    mutating func update(_ figures: ProgressFigures) {
        if isInteractive {
            let line = Self.text(of: figures, width: max(width() - 1, 1))
            write("\r" + (showsColour ? Self.coloured(line, figures) : line) + "\u{1B}[K")
            isDrawn = true
        } else if figures.elapsed >= nextPlain {
            nextPlain = figures.elapsed + Self.plainInterval
            write(Self.text(of: figures, width: .max) + "\n")
        }
    }

    /// Takes the line away, so that what follows starts on a clean one.
    mutating func finish() {
        if isDrawn { write("\r\u{1B}[K") }
        isDrawn = false
    }

    /// The figures in at most `width` columns; what matters least goes first.
    static func text(of figures: ProgressFigures, width: Int) -> String {
        var parts = parts(of: figures)
        while joined(parts).count > width, parts.count > 1 {
            let least = parts.indices.max { parts[$0].rank < parts[$1].rank }
            parts.remove(at: least ?? 0)
        }
        return String(joined(parts).prefix(width))
    }

    /// The parts in the order shown; a low rank matters most.
    private static func parts(of figures: ProgressFigures) -> [(text: String, rank: Int)] {
        let total = figures.planned.map { " of " + clock($0) } ?? ""
        var parts = [(clock(figures.elapsed) + total, 0)]
        if figures.phase == .draining { parts.append(("draining", 3)) }
        if let (done, all) = figures.conversations {
            let share = Units.format(count: done) + " of " + noun(all, "conversation")
            parts.append((share + (figures.left.map { ", " + clock($0) + " left" } ?? ""), 1))
        }
        parts.append((noun(figures.users, "user"), 5))
        parts.append((noun(figures.exchanges, "exchange"), 6))
        parts.append((Units.format(rate: figures.exchangesPerSecond), 2))
        if let p50 = figures.p50 { parts.append(("p50 " + Units.format(p50), 7)) }
        if let p99 = figures.p99 { parts.append(("p99 " + Units.format(p99), 4)) }
        parts.append((noun(figures.errors, "error"), 1))
        return parts
    }

    private static func joined(_ parts: [(text: String, rank: Int)]) -> String {
        parts.map(\.text).joined(separator: "  ")
    }

    private static func noun(_ count: Int, _ word: String) -> String {
        Units.format(count: count) + " " + word + (count == 1 ? "" : "s")
    }

    /// Whole seconds below a minute, so that the line does not flicker.
    private static func clock(_ span: Nanoseconds) -> String {
        let seconds = span.count / 1_000_000_000
        return seconds < 60 ? "\(seconds)s" : Units.format(Nanoseconds.seconds(seconds))
    }

    private static func coloured(_ line: String, _ figures: ProgressFigures) -> String {
        let errors = noun(figures.errors, "error")
        if figures.errors == 0 || !line.hasSuffix(errors) { return line }
        return line.dropLast(errors.count) + "\u{1B}[31m" + errors + "\u{1B}[0m"
    }
}
