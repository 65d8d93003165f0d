import Base
import Networking

/// What a run was: the content of `run.json`, written when the run starts. Secrets are masked by
/// whoever fills it in.
package struct RunDescription: Codable, Equatable, Sendable {
    /// The version of the file's format.
    package var schema = "chatload.run/1"
    /// The folder's name.
    package var name: String
    /// The command that made it: `run`, `replay`.
    @Default package var command = "run"
    /// The wall clock at the start, UTC, ISO 8601, to the nanosecond; of old to the second.
    @Default package var started = ""
    @Default package var service = ""
    /// A digest of the file that describes the service; nil of one that none describes.
    package var serviceDigest: String?
    @Default package var target = ""
    /// The proxy on the way there, with the environment variable that named it; nil without one.
    package var proxy: String?
    /// The workload files, as given.
    @Default package var workloads: [String] = []
    @Default package var users = 0
    @Default package var seed: UInt64 = 0
    /// What names and keys that are made up follow from besides the seed; nil where none are.
    package var nonce: UInt64?
    /// This process's share of the plan, `I/N`.
    @Default package var shard = "1/1"
    /// A digest of everything that was decided before the first byte was sent.
    @Default package var planHash = ""
    /// Digests of the files that were played, in the order of `workloads`, and of the data's.
    @Default package var digests: [String] = []
    /// How many conversations there are to be played; nil where their number is not limited.
    package var conversations: Int?
    /// How many conversations of the workload were passed over because something is wrong with them.
    @Default package var rejected = 0
    /// The first part and those that went on with it.
    @Default package var parts: [RunPart] = []
    /// What it meant to do when; nil of a replay, and of a run that did not write it down yet.
    package var phases: LoadPhases?
    /// How it ended; nil while it is under way, and of a run that was killed.
    package var ended: RunEnd?
    /// Where the times of what was received came from; nil while it is under way, where nothing was
    /// received, and of a run that was killed.
    package var arrivalTimes: ArrivalSource?
    /// What was not kept when `--abort-on-slo` ended it, and when; nil where nothing did.
    package var brokenSLO: String?
    /// The file that was changed while it was played, in words; nil where none was.
    package var changedInput: String?
    /// The steps that scripts expect something of.
    @Default package var expectedSteps: [String] = []
    @Default package var logMode = LogMode.all
    /// What had been decided; nil of a run that recorded its options as text alone.
    package var plan: RecordedPlan?
    /// The settings in effect by their flags' names, secrets masked.
    @Default package var settings: [String: String] = [:]
    @Default package var labels: [String: String] = [:]
    /// chatload, swift, kernel and whatever else has a version.
    @Default package var versions: [String: String] = [:]
    /// What the generator ran on: cpus, memory and the like.
    @Default package var machine: [String: String] = [:]
    /// The names of the runs whose logs were put together, this one's first; empty for one run.
    @Default package var mergedRuns: [String] = []

    /// The description of a run called `name`, everything else to be filled in. Of a file `schema` and
    /// `name` must be there.
    package init(name: String) { self.name = name }

    enum CodingKeys: String, CodingKey {
        case schema, name, command, started, service
        case serviceDigest = "service_digest"
        case target, proxy, workloads, users, seed, nonce, shard
        case planHash = "plan_hash"
        case digests, conversations, rejected, parts
        case phases = "load_phases"
        case ended
        case arrivalTimes = "arrival_times"
        case brokenSLO = "broken_slo"
        case changedInput = "changed_input"
        case expectedSteps = "expected_steps"
        case logMode = "log_mode"
        case plan, settings, labels, versions, machine
        case mergedRuns = "merged_runs"
    }
}

extension KeyedDecodingContainer<RunDescription.CodingKeys> {
    /// Reads a text of `run.json`; what an older version did not write yet keeps its default.
    func decode(_: Default<String>.Type, forKey key: Key) throws -> Default<String> {
        let text = try decodeIfPresent(String.self, forKey: key)
        let unwritten = RunDescription(name: "")
        switch key {
        case .command: return Default(wrappedValue: text ?? unwritten.command)
        case .shard: return Default(wrappedValue: text ?? unwritten.shard)
        default: return Default(wrappedValue: text ?? "")
        }
    }
}

/// Recorded plan: what a run had decided, as far as its figures are judged by it.
package struct RecordedPlan: Codable, Equatable, Sendable {
    package var objectives: Objectives
    /// Whether a server had to show a certificate that is trusted.
    package var verifiesCertificate: Bool

    package init(objectives: Objectives, verifiesCertificate: Bool) {
        self.objectives = objectives
        self.verifiesCertificate = verifiesCertificate
    }

    /// What options say that were recorded as text, one threshold a line. The one of a search for the
    /// capacity is the first.
    ///
    /// - Throws: what is wrong with one of them.
    init(options: [String: String]) throws(Fault) {
        let lines = ["find-capacity", "slo"].flatMap { (options[$0] ?? "").split(separator: "\n") }
        objectives = Objectives(
            thresholds: try lines.map { (line) throws(Fault) in
                try Threshold(parsing: String(line))
            },
            goodput: try options["goodput"].map(GoodputLimits.init(parsing:)))
        verifiesCertificate = options["insecure"] != "true"
    }

    enum CodingKeys: String, CodingKey {
        case objectives
        case verifiesCertificate = "verifies_certificate"
    }
}

extension RunDescription {
    /// What had been decided.
    ///
    /// - Throws: what is wrong with the options of a run that recorded them as text alone.
    func decided() throws(Fault) -> RecordedPlan {
        if let plan { return plan }
        return try RecordedPlan(options: settings)
    }
}

/// One of the parts of a run: the first, or one that went on after an interruption.
package struct RunPart: Codable, Equatable, Sendable {
    /// The wall clock at its start, UTC, ISO 8601, to the nanosecond; of old to the second.
    package var started: String
    /// Where it begins on the run's time axis, in seconds: where the part before it ended.
    package var begins: Double
    /// The settings of the run that are others in this part, by their flags' names.
    package var settings: [String: String]
    /// Which start of the machine it saw, so that the next part knows whether the machine has kept
    /// what was written.
    package var boot: String

    package init(
        started: String, begins: Double = 0, settings: [String: String] = [:], boot: String = ""
    ) {
        self.started = started
        self.begins = begins
        self.settings = settings
        self.boot = boot
    }

    enum CodingKeys: String, CodingKey {
        case started
        case begins = "begins_s"
        case settings, boot
    }
}

/// How a run ended; one that was killed does not say.
package enum RunEnd: String, Codable, Sendable {
    /// All that was to be done has been done.
    case completed
    /// Somebody asked for its end.
    case interrupted
    /// A limit ended a replay before every conversation had been played.
    case stopped
    /// An SLO was not kept, and `--abort-on-slo` given.
    case sloBroken = "slo_broken"
    /// All that `--until` names was known.
    case known
    /// A file that it was playing was changed.
    case inputChanged = "input_changed"
    /// It could not be written down any more.
    case failed
}

/// What a reader of a run's figures must know of how it went, in sentences.
extension RunDescription {
    /// The conversations that are named; all of them are in `in_flight.json`.
    private static let mostNamed = 3

    /// The notes on a run that left these conversations in flight.
    func notes(inFlight: [InFlight]) -> [String] {
        let isInsecure = (try? decided())?.verifiesCertificate == false
        let isPortable = settings["transport"] == "urlsession"
        let notes = [
            isInsecure ? "the server's certificate was not verified (--insecure)" : nil,
            isPortable
                ? "sent through URLSession (--transport urlsession), which costs more time and tells"
                    + " less" : nil,
            proxy.map { "everything went through the proxy \($0)" },
            endNote, rejectedNote, pausesNote, Self.note(on: inFlight),
        ]
        return notes.compactMap(\.self)
    }

    private var endNote: String? {
        // Older runs do not say how they ended.
        if parts.isEmpty { return nil }
        switch ended {
        case .completed, .known: return nil
        case .interrupted: return "interrupted before its end"
        case .stopped: return "ended by a limit before every conversation was played"
        case .sloBroken: return "ended early by --abort-on-slo: \(brokenSLO ?? "")"
        case .inputChanged: return "ended early: \(changedInput ?? "an input was changed")"
        case .failed: return "ended because it could not be written down any more"
        case nil: return "without an end: it was killed, or is still under way"
        }
    }

    private var rejectedNote: String? {
        switch rejected {
        case 0: nil
        case 1: "1 conversation of the workload was passed over: it has an error"
        default: "\(rejected) conversations of the workload were passed over: they have errors"
        }
    }

    private var pausesNote: String? {
        guard parts.count > 1 else { return nil }
        let places = parts.dropFirst().prefix(Self.mostNamed).map {
            Units.format(Nanoseconds(seconds: $0.begins))
        }
        let more = parts.count - 1 > Self.mostNamed ? " …" : ""
        return "played in \(parts.count) parts: the pauses, at "
            + "\(places.joined(separator: ", "))\(more), are cut out of all times"
    }

    private static func note(on inFlight: [InFlight]) -> String? {
        if inFlight.isEmpty { return nil }
        let names = inFlight.prefix(Self.mostNamed).map { "\($0.conversation) (turn \($0.turn))" }
        let more = inFlight.count > Self.mostNamed ? " …" : ""
        let count =
            inFlight.count == 1 ? "1 conversation was" : "\(inFlight.count) conversations were"
        return "\(count) in flight when a part of the run ended (\(RunFolder.inFlight)): "
            + names.joined(separator: ", ") + more
    }
}
