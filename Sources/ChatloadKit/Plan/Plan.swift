package import Base
package import Networking

/// Everything that is decided before the first byte is sent: immutable, printable, and all the
/// dispatcher needs to know.
package struct Plan: Sendable {
    package var service: any ChatService
    package var target: Target
    package var workload: Workload
    /// Which conversations are played, and in which order.
    package var order: PlayOrder
    /// When the conversations of a replay start; nil for as soon as the load allows.
    package var clock: ReplayClock?
    package var load: LoadShape
    package var timeouts = Timeouts()
    package var connections = Connections()
    /// What connections to the target are encrypted with; nil where they are not.
    package var tls: TLSContext?
    package var seed: UInt64
    /// Limits that the run keeps of its own accord.
    package var quotas: [Quota] = []
    /// Identities towards the service, instead of the service's own; empty for that alone.
    package var credentials: [Credential] = []
    package var assignment = CredentialAssignment.sticky
    package var onReject = RejectionPolicy.record
    /// Where the values of the scripts' variables come from, besides the scripts.
    package var feeder: Feeder?
    package var retry = RetryPolicy()
    /// How tokens are counted that the service does not report.
    package var tokens = TokenEstimate.usual
    /// What names and keys that are made up follow from besides the seed, so that another run with the
    /// same seed does not go on with the conversations of this one.
    package var nonce: UInt64 = 0
    /// The most tokens of the replies, where they are drawn for each turn; nil where they are not.
    package var replyLengths: ReplyLengths?
}

extension Plan {
    /// The conversations that may begin; nil when nothing limits them.
    package var conversationLimit: Int? {
        guard let count = order.count else { return load.conversations }
        return min(count, load.conversations ?? .max)
    }
}

extension Plan {
    /// Sixteen hexadecimal digits that are the same for two plans that decide the same: workload,
    /// choices, load, timeouts, service and seed, but not where the service runs. Secrets are no
    /// part of it.
    package var digest: String {
        let settings = service.setup.settings.masked.sorted { $0.key < $1.key }
        var hash = FNV1a()
        hash.add("\(service.description.name) \(settings) \(load) \(timeouts) \(seed)")
        let limits = quotas.map(\.specification)
        let identities = credentials.map { credential in
            credential.label
                + " \(credential.service.setup.settings.masked.sorted { $0.key < $1.key })"
        }
        hash.add("\(order.isReplay) \(clock.map { "\($0.pace)" } ?? "")")
        hash.add("\(limits) \(identities) \(assignment) \(onReject) \(retry) \(tokens)")
        for digest in workload.digests { hash.add(digest) }
        if let feeder { hash.add(feeder.digest) }
        if let made = workload.made { hash.add(made.words) }
        if let replyLengths { hash.add(replyLengths.words) }
        if let digest = service.description.digest {
            hash.add("\(digest) \(service.setup.settings.history)")
            for (name, json) in service.setup.settings.bodyMembers {
                let value = String(decoding: json ?? [], as: UTF8.self)
                hash.add("\(name)=\(service.secrets.mask(value))")
            }
        }
        return hash.digits
    }
}

extension Plan {
    /// The files that are played, the workload's and then that of the data, each with a digest of its
    /// content.
    package var inputs: [(path: String, digest: String)] {
        Array(zip(workload.paths, workload.digests))
            + (feeder.map { [($0.table.path, $0.digest)] } ?? [])
    }

    /// What has happened to one of them since it was opened; nil where all are as they were.
    package var changedInput: Fault? { workload.change ?? feeder?.table.change }
}

extension Workload {
    /// Sixteen hexadecimal digits for each file, in the order of `paths`: the same for the same
    /// content.
    package var digests: [String] {
        sources.map(\.file.digest)
    }
}

extension Feeder {
    /// Sixteen hexadecimal digits that are the same for the same rows for the same conversations.
    package var digest: String {
        var hash = FNV1a()
        hash.add("\(order) \(per) \(table.file.digest)")
        return hash.digits
    }
}

extension MappedFile {
    /// Sixteen hexadecimal digits that are the same for the same content. Pages that have been read
    /// are given back.
    fileprivate var digest: String {
        var hash = FNV1a()
        var start = 0
        while start < count {
            let stretch = start..<min(start + ElementIndex.stretch, count)
            withBytes(in: stretch) { hash.add(words: $0) }
            forget(stretch)
            start = stretch.upperBound
        }
        return hash.digits
    }
}

/// Which conversations are played, and in which order.
///
/// Workers draw places, counted from 1. A run's place is its iteration. In a replay the iteration is the
/// conversation's number in the workload, so that it means the same conversation in every part of
/// a replay that was resumed.
package enum PlayOrder: Sendable {
    /// As often as the scripts' weights say, without end.
    case weighted(ScriptChooser)
    /// Each of the workload's first conversations once, whatever their weights.
    case once(Int)
    /// Those conversations once that are left of a replay.
    case remaining(ConversationSet)

    /// The number of places; nil when they never end.
    package var count: Int? {
        switch self {
        case .weighted: nil
        case .once(let count): count
        case .remaining(let left): left.count
        }
    }

    /// Of a replay, conversations from this one on are never played, not even by an earlier part.
    var limit: Int? {
        switch self {
        case .weighted: nil
        case .once(let count): count
        case .remaining(let left): left.limit
        }
    }

    /// Whether every conversation is played once.
    package var isReplay: Bool { count != nil }

    /// The iteration of a place, which must be in 1...count.
    package func iteration(atPlace place: Int) -> Int {
        switch self {
        case .weighted, .once: place
        case .remaining(let left): left.member(at: place - 1) + 1
        }
    }

    /// The index of the conversation that an iteration plays.
    package func script(forIteration iteration: Int) -> Int {
        switch self {
        case .weighted(let chooser): chooser.script(forIteration: iteration)
        case .once, .remaining: iteration - 1
        }
    }

    /// Whether the conversation at an index of the workload is played.
    func plays(_ index: Int) -> Bool {
        switch self {
        case .weighted: true
        case .once(let count): index < count
        case .remaining(let left): left.contains(index)
        }
    }
}

/// Which script the run's n-th conversation plays.
///
/// A pure function of seed and iteration: workers need not talk to each other, and a run's choices do
/// not depend on their number. Each round of `weights.total` iterations plays every script exactly as
/// often as its weight says, in an order of its own.
package struct ScriptChooser: Sendable {
    private let weights: ScriptWeights
    private let seed: UInt64

    /// The choice among scripts with these weights; there must be at least one.
    package init(weights: ScriptWeights, seed: UInt64) {
        precondition(weights.count > 0, "BUG: a choice among no scripts")
        self.weights = weights
        self.seed = seed
    }

    /// The index of the script that an iteration plays; iterations count from 1.
    package func script(forIteration iteration: Int) -> Int {
        let place = max(iteration, 1) - 1
        let order = Permutation(of: weights.total, seed: seed, index: UInt64(place / weights.total))
        return weights.script(at: order[place % weights.total])
    }
}

/// The times of the open model's starts, one after the other, counted from the run's start.
///
/// A pure function of seed and shape: every worker makes the whole sequence for itself and takes its
/// share of it, so the plan is the same on any number of workers. The gaps are drawn in units of
/// expected starts, with mean 1, and carried over to the clock by the inverse of the integrated rate
/// (time change; Brown et al. 2002), so all processes follow every curve. Each time is computed from
/// the sum, not from the time before, so nothing drifts.
struct ArrivalSequence {
    private let curve: LoadCurve
    private let process: ArrivalProcess
    private var random: SeededRandom
    private var area = 0.0
    private var count = 0

    init(_ process: ArrivalProcess, along curve: LoadCurve, seed: UInt64) {
        self.curve = curve
        self.process = process
        random = SeededRandom(seed: seed, stream: RandomStream.arrivals.rawValue)
    }

    /// The next start; nil when there is none any more.
    ///
    /// Constant starts begin at once, so that a whole number of periods has as many.
    mutating func next() -> Nanoseconds? {
        switch process {
        case .constant: area = Double(count)
        case .poisson: area += random.exponential(mean: 1)
        case .gamma(let burstiness): area += random.gamma(shape: burstiness) / burstiness
        }
        count += 1
        return curve.time(ofArea: area)
    }
}

/// The families of random numbers that a run draws from its seed.
enum RandomStream: UInt64 {
    case think = 0x7468_696E_6B
    case backoff = 0x6261_636B_6F66_66
    case retry = 0x7265_7472_79
    case arrivals = 0x6172_7269_7661_6C73
    case startJitter = 0x6A69_7474_6572
}
