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
    /// A file that it was playing was changed.
    case inputChanged = "input_changed"
    /// It could not be written down any more.
    case failed
}
