import Networking

/// Tells in which part of the run something was due. Each worker has its own.
final class PhaseClock {
    private struct Span {
        var end: Nanoseconds
        var phase: RunPhase
    }

    /// When the run began to drain, counted from its start.
    var drainStart = Nanoseconds.never

    private let spans: [Span]
    private let warmupTickets: Int
    /// The span that was asked for last; most questions are about the same.
    private var place = 0

    init(_ load: LoadShape) {
        var warmupEnd = Nanoseconds.zero
        var tickets = 0
        switch load.warmup {
        case .time(let span): warmupEnd = span
        case .conversations(let count): tickets = count
        case nil: break
        }
        warmupTickets = tickets
        var spans = [Span(end: warmupEnd, phase: .warmup)]
        if load.startSpan > warmupEnd { spans.append(Span(end: load.startSpan, phase: .ramp)) }
        for stretch in load.level.stretches {
            let isLevel = stretch.from == stretch.to
            spans.append(
                Span(end: Nanoseconds(seconds: stretch.end), phase: isLevel ? .main : .ramp))
        }
        spans.append(Span(end: .never, phase: .main))
        self.spans = spans
    }

    /// The phase of what was due at a time counted from the run's start, in the conversation with
    /// this ticket.
    func phase(due time: Nanoseconds, ticket: Int) -> RunPhase {
        if time >= drainStart { return .drain }
        if ticket <= warmupTickets { return .warmup }
        if place > 0, time < spans[place - 1].end { place = 0 }
        while place < spans.count - 1, time >= spans[place].end { place += 1 }
        return spans[place].phase
    }
}
