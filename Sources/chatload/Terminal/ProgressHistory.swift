import ChatloadKit
import Glibc
import Networking

/// What happened lately, from looks at figures that only grow.
struct ProgressHistory {
    /// A minute of seconds is all that a sparkline shows.
    private static let mostSeconds = 60

    private struct Look {
        var figures = LiveFigures()
        var time = Nanoseconds.zero
        var cpu = Nanoseconds.zero
    }

    /// The past seconds, the latest last.
    private(set) var seconds: [ProgressFigures.Second] = []
    /// Turns that succeeded, over the last second or so.
    private(set) var turnsPerSecond = 0.0
    /// The share of all cores that the process has used in the last second or so, 0…1.
    private(set) var cpuShare = 0.0
    /// Looks of the last second, the oldest first.
    private var looks = [Look()]
    /// The look at the last full second.
    private var second = Look()

    /// Takes a look: figures, the time since the run's start, and the processor time used so far.
    mutating func add(_ figures: LiveFigures, at time: Nanoseconds, cpu: Nanoseconds) {
        let look = Look(figures: figures, time: time, cpu: cpu)
        looks.append(look)
        while looks.count > 2, time - looks[1].time >= .seconds(1) { looks.removeFirst() }
        let first = looks[0]
        if time > first.time {
            let span = (time - first.time).seconds
            turnsPerSecond = Double(figures.turns - first.figures.turns) / span
            cpuShare = (cpu - first.cpu).seconds / span / Double(max(Processors.usable, 1))
        }
        if time - second.time >= .seconds(1) { endSecond(with: look) }
    }

    private mutating func endSecond(with look: Look) {
        let span = (look.time - second.time).seconds
        let turns = look.figures.turns - second.figures.turns
        seconds.append(
            ProgressFigures.Second(
                turnsPerSecond: Double(turns) / span,
                p99: look.figures.response(at: .p99, since: second.figures)
                    ?? look.figures.response(at: .p90, since: second.figures)))
        if seconds.count > Self.mostSeconds { seconds.removeFirst() }
        second = look
    }
}

/// The processor time of this process.
enum ProcessorTime {
    /// User and system time so far.
    static func used() -> Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + Nanoseconds(Int64(time.tv_nsec))
    }
}
