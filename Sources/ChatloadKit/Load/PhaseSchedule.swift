import Base
import Networking

/// A schedule of phases: in which part of the run something was due. Each worker has its own.
final class PhaseSchedule {
    /// When the run began to drain, counted from its start.
    var drainStart = Nanoseconds.never

    private let phases: LoadPhases
    /// The stretch that was asked for last; most questions are about the same.
    private var latest = 0

    init(_ load: LoadShape) { phases = LoadPhases(load) }

    /// The phase of what was due at a time counted from the run's start, in the conversation with
    /// this number.
    func phase(due time: Nanoseconds, iteration: Int) -> RunPhase {
        if time >= drainStart { return .drain }
        if iteration <= phases.warmupTickets { return .warmup }
        return phases.phase(at: time, from: &latest)
    }
}

extension LoadPhases {
    /// The phases of a load.
    init(_ load: LoadShape) {
        var warmupEnd = Nanoseconds.zero
        var tickets = 0
        switch load.warmup {
        case .time(let span): warmupEnd = span
        case .conversations(let count): tickets = count
        case nil: break
        }
        self.init(warmupTickets: tickets)
        let end = load.duration ?? .never
        append(.warmup, until: min(warmupEnd, end))
        append(.ramp, until: min(load.startSpan, end))
        for stretch in load.level.stretches {
            let phase = stretch.from == stretch.to ? RunPhase.main : .ramp
            append(phase, until: min(Nanoseconds(seconds: stretch.end), end))
        }
        append(.main, until: end)
    }
}

extension Plan {
    /// What the run means to do when; nil for a replay, which follows its recording.
    package var phases: LoadPhases? { order.isReplay ? nil : LoadPhases(load) }
}
