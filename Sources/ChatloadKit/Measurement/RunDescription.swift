/// What a run was: the content of `run.json`, written when the run starts. Secrets are masked by
/// whoever fills it in.
package struct RunDescription: Codable, Equatable, Sendable {
    /// The version of the file's format.
    package var schema = "chatload.run/1"
    /// The folder's name.
    package var name: String
    /// The command that made it: `run`, `replay`.
    package var command = "run"
    /// The wall clock at the start, UTC, ISO 8601, to the nanosecond; of old to the second.
    package var started = ""
    package var service = ""
    package var target = ""
    /// The proxy on the way there, with the environment variable that named it; nil without one.
    package var proxy: String?
    /// The workload files, as given.
    package var workloads: [String] = []
    package var users = 0
    package var seed: UInt64 = 0
    /// This process's share of the plan, `I/N`.
    package var shard = "1/1"
    /// A digest of everything that was decided before the first byte was sent.
    package var planHash = ""
    /// Digests of the files that were played, in the order of `workloads`, and of the data's.
    package var digests: [String] = []
    /// How many conversations there are to be played; nil where their number is not limited.
    package var conversations: Int?
    /// How many conversations of the workload were passed over because something is wrong with them.
    package var rejected = 0
    /// The first part and those that went on with it.
    package var parts: [RunPart] = []
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
    package var expectedSteps: [String] = []
    package var logMode = LogMode.all
    /// The settings in effect by their flags' names, secrets masked.
    package var settings: [String: String] = [:]
    package var labels: [String: String] = [:]
    /// chatload, swift, kernel and whatever else has a version.
    package var versions: [String: String] = [:]
    /// What the generator ran on: cpus, memory and the like.
    package var machine: [String: String] = [:]
    /// The names of the runs whose logs were put together, this one's first; empty for one run.
    package var mergedRuns: [String] = []

    /// The description of a run called `name`, everything else to be filled in.
    package init(name: String) { self.name = name }

    enum CodingKeys: String, CodingKey {
        case schema, name, command, started, service, target, proxy, workloads, users, seed, shard
        case planHash = "plan_hash"
        case digests, conversations, rejected, parts
        case phases = "load_phases"
        case ended
        case arrivalTimes = "arrival_times"
        case brokenSLO = "broken_slo"
        case changedInput = "changed_input"
        case expectedSteps = "expected_steps"
        case logMode = "log_mode"
        case settings, labels, versions, machine
        case mergedRuns = "merged_runs"
    }
}
