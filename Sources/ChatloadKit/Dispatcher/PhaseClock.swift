import Networking

/// Tells in which part of the run something was due. Each worker has its own.
final class PhaseClock {
    /// When the run began to drain, counted from its start.
    var drainStart = Nanoseconds.never

    private let phases: LoadPhases
    /// The stretch that was asked for last; most questions are about the same.
    private var place = 0

    init(_ load: LoadShape) { phases = LoadPhases(load) }

    /// The phase of what was due at a time counted from the run's start, in the conversation with
    /// this ticket.
    func phase(due time: Nanoseconds, ticket: Int) -> RunPhase {
        if time >= drainStart { return .drain }
        if ticket <= phases.warmupTickets { return .warmup }
        return phases.phase(at: time, from: &place)
    }
}
