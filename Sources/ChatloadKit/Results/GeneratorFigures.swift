package import Base
import Networking

/// What the generator knows of itself and the log does not say: the content of `generator.json`.
///
/// Each worker fills in its own; they add up where the workers' aggregators are merged, and the
/// dispatcher adds what belongs to the whole run.
package struct GeneratorFigures: Codable, Sendable, Equatable {
    /// The version of the file's format.
    package var schema = "chatload.generator/1"
    /// How the load was scheduled; nil where nothing was.
    package var schedule: ScheduleFigures?
    /// How late the event loops were, looked at by a timer in each of them.
    package var loopLag = Histogram()
    /// When the event loops stood still.
    @Default package var stalls = LoopStalls()
    /// How long after their arrival responses were read, of each the most; of those alone of which the
    /// kernel told when they arrived, and not of the warm-up.
    @Default package var readLate = Histogram()
    /// Complete responses of which it did not: their times are those of their readings.
    @Default package var unstampedResponses = 0
    /// Late readings that may have found several segments: where a first byte waited with others, its
    /// time is an upper bound.
    @Default package var mergedReads = 0
    package var workers: [WorkerLoad] = []
    /// When the load ended, in nanoseconds since the run's start: with `--duration` or the stages,
    /// or where the run was cut short; nil where it ended because nothing was left to be done.
    package var loadEnd: Int64?
    package var quotas: [QuotaResult] = []
    /// Of these the label, the service's limits and whether it is out are read; the counts follow
    /// from the exchanges.
    package var credentials: [CredentialResult] = []
    /// What the machine lacked; nil where nothing was, or in files from before it was told.
    package var exhaustion: ResourceExhaustion?

    package init() {}

    enum CodingKeys: String, CodingKey {
        case schema, schedule
        case loopLag = "loop_lag_ns"
        case readLate = "read_late_ns"
        case unstampedResponses = "unstamped_responses"
        case mergedReads = "merged_reads"
        case stalls, workers
        case loadEnd = "load_end_ns"
        case quotas, credentials, exhaustion
    }

    /// Adds what an earlier part of the run said: one after the other, so that counts add up and the
    /// most at once is that of one of them.
    package mutating func merge(part other: GeneratorFigures) {
        let (schedules, end) = ((schedule, other.schedule), loadEnd)
        merge(other)
        loadEnd = end
        guard let (mine, theirs) = schedules.0.flatMap({ own in schedules.1.map { (own, $0) } })
        else { return }
        schedule?.requestedRate = nil
        schedule?.achievedRate = nil
        schedule?.wantedUsers = [mine.wantedUsers, theirs.wantedUsers].compactMap(\.self).max()
        schedule?.maxUsers = max(mine.maxUsers, theirs.maxUsers)
        schedule?.maxConnected = max(mine.maxConnected, theirs.maxConnected)
    }

    /// Adds what another worker says, or a shard or run with a clock of its own.
    mutating func merge(_ other: GeneratorFigures, onOneClock: Bool = true) {
        if let theirs = other.schedule { schedule = schedule?.merged(with: theirs) ?? theirs }
        if let theirs = other.exhaustion {
            exhaustion = exhaustion ?? ResourceExhaustion()
            exhaustion?.merge(theirs)
        }
        loopLag.merge(other.loopLag)
        stalls.merge(other.stalls, onOneClock: onOneClock)
        loadEnd = [loadEnd, other.loadEnd].compactMap(\.self).max()
        readLate.merge(other.readLate)
        unstampedResponses &+= other.unstampedResponses
        mergedReads &+= other.mergedReads
        workers = (workers + other.workers).sorted()
        for theirs in other.quotas {
            let index = quotas.firstIndex { $0.expression == theirs.expression }
            if let index { quotas[index].merge(theirs) } else { quotas.append(theirs) }
        }
        for theirs in other.credentials {
            let index = credentials.firstIndex { $0.label == theirs.label }
            if let index {
                credentials[index].mergeState(theirs)
            } else {
                credentials.append(theirs)
            }
        }
    }
}

/// How busy one worker's thread was.
package struct WorkerLoad: Codable, Sendable, Equatable, Comparable {
    /// The worker's number, from 0.
    package var worker: Int
    /// The processor time of its thread while the run was under way, in seconds.
    package var busySeconds: Double
    /// How long that was, in seconds.
    package var wallSeconds: Double
    /// The users it ever had; nil where nobody counted.
    package var users: Int?

    /// What worker `worker` with so many users used of `wall`.
    package init(worker: Int, busy: Nanoseconds, wall: Nanoseconds, users: Int? = nil) {
        self.worker = worker
        self.users = users
        busySeconds = busy.roundedSeconds
        wallSeconds = wall.roundedSeconds
    }

    enum CodingKeys: String, CodingKey {
        case worker
        case busySeconds = "busy_s"
        case wallSeconds = "wall_s"
        case users
    }

    /// Whether there was anything for it to do; the share of one that came and went says nothing.
    package var hadUsers: Bool { users != 0 }

    /// The share of one core it used; 0 where no time passed.
    package var share: Double { wallSeconds > 0 ? busySeconds / wallSeconds : 0 }

    package static func < (left: WorkerLoad, right: WorkerLoad) -> Bool {
        (left.worker, left.busySeconds, left.wallSeconds)
            < (right.worker, right.busySeconds, right.wallSeconds)
    }
}

/// Where the times of what was received come from.
package enum ArrivalSource: String, Codable, Sendable {
    /// The kernel's stamps: times do not depend on when this process read.
    case kernel
    /// The readings themselves: a late loop lengthens them.
    case reading
}

extension GeneratorFigures {
    /// Where the times of what was received come from: the kernel where it stamped any of it; nil
    /// where nothing was, or nobody took note.
    package var arrivalTimes: ArrivalSource? {
        if readLate.count > 0 { return .kernel }
        return unstampedResponses > 0 ? .reading : nil
    }

    /// When the load ended at the latest.
    var end: Nanoseconds { loadEnd.map { Nanoseconds($0) } ?? .never }

    /// Whether no time of what was received depends on when it was read.
    var readsExactly: Bool { arrivalTimes == .kernel && unstampedResponses == 0 }

    /// Counts how a response was read. Called for every exchange, also by whoever reads them from a
    /// log, which does not say it.
    @inline(__always)
    mutating func add(_ exchange: borrowing Exchange) {
        switch exchange.reading {
        case .unknown: break
        case .unstamped: unstampedResponses &+= 1
        case .late(let span, let merged):
            readLate.record(span)
            mergedReads &+= merged
        }
    }
}

/// How much later than recorded the turns of a replay were sent, on the played clock: actual send
/// minus recorded time. Whatever delayed it counts: a quota, a user that was not free, the reply
/// before, this machine.
struct ScheduleLagTally: Sendable, Equatable {
    /// Of the first turns.
    private(set) var starts = Histogram()
    /// Of the later turns that have a recorded time.
    private(set) var turns = Histogram()

    mutating func add(_ exchange: borrowing Exchange) {
        guard let recorded = exchange.recorded, let sent = exchange.sent else { return }
        if exchange.turn > 1 {
            turns.record(sent - recorded)
        } else {
            starts.record(sent - recorded)
        }
    }

    mutating func merge(_ other: borrowing ScheduleLagTally) {
        starts.merge(other.starts)
        turns.merge(other.turns)
    }

    var figures: Lateness {
        Lateness(starts: Distribution(starts), turns: Distribution(turns))
    }
}

/// How much later than recorded the turns of a replay were sent.
package struct Lateness: Codable, Equatable, Sendable {
    /// Of the conversations' first turns.
    package var starts = Distribution()
    /// Of the later turns that have a recorded time.
    package var turns = Distribution()
}

/// How often the generator lacked something of its own to send with: failures of class `exhausted`.
package struct ResourceExhaustion: Codable, Sendable, Equatable {
    /// No file descriptor was left.
    package var descriptors = 0
    /// No local port was left.
    package var ports = 0
    /// No memory was left; nil, as below, where that did not happen.
    package var memory: Int?
    /// No thread was left.
    package var threads: Int?
    /// Something was not left, and the log alone does not say what.
    package var others: Int?

    /// All of them.
    var total: Int { descriptors &+ ports &+ (memory ?? 0) &+ (threads ?? 0) &+ (others ?? 0) }

    /// Counts a failure for want of a resource; nil where it is not known of which.
    mutating func add(_ resource: SystemResource?) {
        switch resource {
        case .descriptors: descriptors &+= 1
        case .ports: ports &+= 1
        case .memory: memory = (memory ?? 0) &+ 1
        case .threads: threads = (threads ?? 0) &+ 1
        case nil: others = (others ?? 0) &+ 1
        }
    }

    mutating func merge(_ other: ResourceExhaustion) {
        descriptors &+= other.descriptors
        ports &+= other.ports
        memory = Self.sum(memory, other.memory)
        threads = Self.sum(threads, other.threads)
        others = Self.sum(others, other.others)
    }

    /// These counts, of which the log knows the total alone, with what the generator knows of them.
    func told(by generator: ResourceExhaustion) -> ResourceExhaustion {
        var known = generator
        let rest = total - generator.total
        if rest > 0 { known.others = (known.others ?? 0) &+ rest }
        return known
    }

    private static func sum(_ left: Int?, _ right: Int?) -> Int? {
        left == nil && right == nil ? nil : (left ?? 0) &+ (right ?? 0)
    }
}
