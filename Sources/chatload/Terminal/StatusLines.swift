import Base
import Glibc
import Networking

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
