import ChatloadKit
import Networking

/// What `replay` was asked for besides what it shares with `run`.
struct ReplaySettings: Sendable {
    /// Whether the plan is a replay's.
    var isOn = false
    /// The folder of a replay to go on with.
    var resumes: String?
}

extension RunSettings {
    /// The options of `replay`: those of a run but what makes a load of it, and its own.
    static let replayOptions =
        options.filter { !loadOnly.contains($0.face.name) }.map(\.asInReplay) + resumeOptions

    /// Options that choose how much load there is, of which a replay has what was recorded.
    private static let loadOnly: Set<String> = [
        "rate", "arrivals", "burstiness", "ramp-up", "stage", "start-jitter", "warmup",
        "find-capacity", "transcript",
    ]
}

extension OptionRow<RunSettings> {
    /// The same option with what it means in a replay.
    fileprivate var asInReplay: Self {
        var row = self
        switch face.name {
        case "concurrency":
            row.face = face.told("simulated users at once", default: "10")
        case "conversations":
            row.face = face.told("replay the first N conversations only", default: nil)
        case "duration":
            row.face = face.told("start no conversation after this time", default: nil)
        case "think":
            row.face = face.told(face.help, default: "0")
        case "on-reject":
            row.face = face.told(face.help, default: "wait")
        default: break
        }
        return row
    }
}

extension OptionFace {
    /// The same option with another help text and default.
    fileprivate func told(_ help: String, default text: String?) -> OptionFace {
        OptionFace(
            names: names, placeholder: placeholder, kind: kind, defaultText: text, help: help,
            separator: separator)
    }
}
