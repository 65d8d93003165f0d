import Base

@preconcurrency import Dispatch
import Glibc
import Networking

/// The line on stderr that tells how far the check of a workload is: share, size and speed.
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

    init(isShown: Bool, doing task: String = "checking scripts") {
        self.isShown = isShown
        self.task = task
    }

    /// Shows that this share (0…1) of all bytes has been read.
    mutating func update(share: Double, bytes: Int) {
        draw { [task] in Self.text(task, share: share, bytes: bytes, elapsed: $0) }
    }

    /// Shows that so many bytes have come, of nobody knows how many.
    mutating func update(bytes: Int) {
        draw { [task] in "\(task): \(Figures.bytes(bytes)), \(Self.speed(Double(bytes), $0))"
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

    private static func clock() -> Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + Nanoseconds(Int64(time.tv_nsec))
    }
}

/// The line on stderr that tells how much of the logs has been read.
struct ReadingLine {
    private var line: CheckingLine
    private let bytes: Int
    private var read = 0

    /// Nothing has been read of so many bytes.
    init(isShown: Bool, bytes: Int) {
        line = CheckingLine(isShown: isShown && bytes > 0, doing: "reading the log")
        self.bytes = bytes
    }

    /// So many bytes more have been read.
    mutating func advance(_ count: Int) {
        read += count
        line.update(share: Double(read) / Double(max(bytes, 1)), bytes: bytes)
    }

    /// Takes the line away.
    mutating func finish() { line.finish() }
}

/// Calls something at a steady pace on a thread of its own, for the progress line.
final class Ticker: Sendable {
    private let timer: any DispatchSourceTimer

    /// Starts ticking; `action` is never called twice at once.
    init(every interval: Nanoseconds, action: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "chatload.progress")
        timer = DispatchSource.makeTimerSource(queue: queue)
        let step = DispatchTimeInterval.nanoseconds(Int(interval.count))
        timer.schedule(deadline: .now() + step, repeating: step)
        timer.setEventHandler { action() }
        timer.activate()
    }

    /// Stops; an action under way ends first or runs on, none begins after.
    func stop() { timer.cancel() }
}
