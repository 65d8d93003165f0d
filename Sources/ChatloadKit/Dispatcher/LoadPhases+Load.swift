import Networking

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
