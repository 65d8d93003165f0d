package import Networking

/// How many users or how many starts, and when to stop: whichever limit comes first.
package struct LoadShape: Sendable, Equatable {
    /// Simulated users at once: as many as there are in the closed model, at most in the open one.
    package var users: Int
    /// When conversations start in the open model; nil in the closed one, where each user starts
    /// its next conversation when its last has ended.
    package var arrivals: Arrivals?
    /// The users wanted (closed) or the starts a second (open) over the run; nil when they do not
    /// change. Its peak is `users`, or the rate of `arrivals`.
    package var curve: LoadCurve?
    package var conversations: Int?
    package var exchanges: Int?
    package var duration: Nanoseconds?
    /// What is under way when the run ends may finish within this time.
    package var grace: Nanoseconds
    /// Think time before every turn instead of what the scripts say.
    package var thinkOverride: ThinkTime?
    /// The part at the beginning that is logged and left out of every figure; nil for none.
    package var warmup: Warmup?
    /// In the closed model each user begins up to this much later, drawn evenly.
    package var startJitter: Nanoseconds
    /// Whether the users of the closed model begin one after another where no curve says when.
    package var startsGently: Bool

    package init(
        users: Int, arrivals: Arrivals? = nil, curve: LoadCurve? = nil, conversations: Int? = nil,
        exchanges: Int? = nil, duration: Nanoseconds? = nil, grace: Nanoseconds = .seconds(30),
        thinkOverride: ThinkTime? = nil, warmup: Warmup? = nil, startJitter: Nanoseconds = .zero,
        startsGently: Bool = false
    ) {
        self.users = users
        self.arrivals = arrivals
        self.curve = curve
        self.conversations = conversations
        self.exchanges = exchanges
        self.duration = duration
        self.grace = grace
        self.thinkOverride = thinkOverride
        self.warmup = warmup
        self.startJitter = startJitter
        self.startsGently = startsGently
    }

    /// What is wanted over the run, changing or not: users, or starts a second.
    package var level: LoadCurve {
        curve ?? LoadCurve(constant: arrivals?.rate ?? Double(users))
    }

    /// So few users begin at once in any case: that is no burst.
    private static let handful = 20

    /// The time over which the users of the closed model begin, evenly, because nothing else was
    /// asked for: a thousand a second, and a tenth of the duration at most; nothing where they begin
    /// at once or along a curve. What is due meanwhile is a ramp.
    package var startSpan: Nanoseconds {
        guard startsGently, arrivals == nil, curve == nil, users > Self.handful else {
            return .zero
        }
        let span = Nanoseconds(seconds: Double(users) / 1_000)
        return duration.map { min(span, Nanoseconds($0.count / 10)) } ?? span
    }

    /// When user `number` of the closed model, from 1, is wanted first; nil for never. User k is
    /// wanted where the curve, rounded, is k or more.
    func firstStart(ofUser number: Int) -> Nanoseconds? {
        let span = startSpan
        if span == .zero { return level.firstTime(atLeast: Double(number) - 0.5, from: .zero) }
        return Nanoseconds(seconds: span.seconds * Double(number - 1) / Double(users))
    }

    /// The same shape at another level: so many users, or starts a second in the open model, at the
    /// peak of its curve.
    package func atPeak(_ level: Int) -> LoadShape {
        var shape = self
        if let curve, curve.peak > 0 { shape.curve = curve.scaled(by: Double(level) / curve.peak) }
        if arrivals == nil {
            shape.users = level
        } else {
            shape.arrivals?.rate = Double(level)
        }
        return shape
    }
}

/// How long a run warms up.
package enum Warmup: Sendable, Equatable {
    /// What is due within this time from the run's start.
    case time(Nanoseconds)
    /// The run's first conversations.
    case conversations(Int)
}

/// The starts of the open model.
package struct Arrivals: Sendable, Equatable {
    /// Starts a second, over all workers; with a curve its peak.
    package var rate: Double
    package var process: ArrivalProcess

    package init(rate: Double, process: ArrivalProcess = .constant) {
        self.rate = rate
        self.process = process
    }
}

/// How starts follow each other.
package enum ArrivalProcess: Sendable, Equatable {
    /// At equal gaps.
    case constant
    /// Independently of each other.
    case poisson
    /// At gamma-distributed gaps whose shape is the burstiness, as in vLLM: 1 is Poisson, less is
    /// burstier, more is more even. The gaps' coefficient of variation is 1/√burstiness.
    case gamma(burstiness: Double)

    /// The expected coefficient of variation of the gaps.
    package var variation: Double {
        switch self {
        case .constant: 0
        case .poisson: 1
        case .gamma(let burstiness): 1 / burstiness.squareRoot()
        }
    }
}
