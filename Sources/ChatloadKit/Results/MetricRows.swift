/// Unit of a metric's values, by its word in files.
package enum MetricUnit: String, Codable, Sendable {
    case milliseconds = "ms"
    /// A part of a whole, from 0 to 1.
    case share
    case perSecond = "1/s"
    case count
    case seconds = "s"
    case bytes = "B"
    case tokens
}

/// Row of a distribution in the table of metrics.
package struct DistributionRow: Sendable {
    /// What has a value.
    package enum Population: Sendable {
        case successes, failures, all
    }

    /// Where it is counted, and stands in a summary.
    package enum Place: Sendable {
        /// Of exchanges: among the latencies of the run, its steady window and each step.
        case exchanges
        /// Of conversations.
        case conversations
        /// Of streamed replies, and told of the run alone.
        case replies
        /// Of the generator itself.
        case generator
        /// Nowhere: the verdict alone goes by it.
        case verdict
    }

    /// Its name in every file, threshold and report.
    package var name: String
    /// Its name in captions.
    package var title: String
    /// What it is, in a sentence.
    package var help: String
    package var unit = MetricUnit.milliseconds
    package var population = Population.successes
    package var place = Place.exchanges
    /// Whether it is told of the steady window, and has a file of its own.
    package var isMain = false
    /// Whether it is kept by the interval.
    package var isOverTime = false
    /// Whether two runs are compared by it.
    package var isCompared = false
    /// What `--goodput` calls it: first its own name, then those that other tools have for it.
    package var goodput: [String] = []
    /// Its names in k6's summary, and whether each step has the first of them.
    package var k6: [String] = []
    package var k6OfSteps = false
    /// Whether reports leave it out where nothing was measured.
    package var isOptional = false
    /// Whether only streamed replies have it.
    package var isOfStreams = false
    /// Whether it follows from a number of tokens.
    package var isOfTokens = false

}

/// Row of a counter in the table of metrics.
package struct CounterRow: Sendable {
    /// What it is told of.
    package enum Level: Sendable {
        /// Of the run and its steady window.
        case run
        /// The same, and counted exchange by exchange.
        case exchanges
        /// Of each step too.
        case steps
    }

    /// Its name in files, behind a dot where it stands in an object of its own.
    package var name: String
    /// What it counts, in a sentence.
    package var help: String
    package var unit = MetricUnit.count
    package var level = Level.steps
    package var isOfCredentials = false
    /// Whether there is none without `--goodput`.
    package var needsGoodput = false
    /// Whether a live view tells of it.
    package var isLive = false
    /// Whether a limit can be set to it.
    package var isLimited = false
    /// Its metric and statistic in `summary.csv`.
    package var csv: (metric: String, statistic: String)
    /// The label and the words of a line of its own in text reports, shown where there are any; nil
    /// where a sentence tells of it.
    package var line: (label: String, words: String)?
    /// Its name in k6's summary.
    package var k6: String?
    /// Its name in OpenMetrics, without what each name begins and ends with.
    package var openMetrics: String?

}

/// Row of a derived metric in the table of metrics.
package struct DerivedRow: Sendable {
    /// What it is made of.
    package enum Formula: Sendable {
        case share(CounterMetric, of: CounterMetric)
        /// What ended within the span of load, by its length.
        case rate(CounterMetric)
        /// How replies differ from recorded ones.
        case ofReplies
    }

    /// Its name in every file, threshold and report.
    package var name: String
    /// What it is, in a sentence.
    package var help: String
    package var formula: Formula
    /// Whether two runs are compared by it.
    package var isCompared = false
    /// Whether it follows from a number of tokens.
    package var isOfTokens = false
    /// Its metric and statistic in `summary.csv`; nil where the counters tell it.
    package var csv: (metric: String, statistic: String)?
    /// As of a counter.
    package var line: (label: String, words: String)?
    /// A share's name in k6's summary; a rate stands beside its counter there.
    package var k6: String?

    /// Whether it is a number by the second, of which more is better.
    package var isRate: Bool { counter != nil }

    /// What a rate counts; nil of a share.
    var counter: CounterMetric? {
        if case .rate(let counter) = formula { counter } else { nil }
    }

    /// A rate's name for what it counts, among what ended within the span of load.
    var counted: String { name.hasSuffix("_per_s") ? String(name.dropLast(6)) : name }

    package var unit: MetricUnit { isRate ? .perSecond : .share }

    /// Whether each step has it too.
    package var isOfSteps: Bool {
        guard case .share(let part, let whole) = formula else { return false }
        return part.row.level == .steps && whole.row.level == .steps
    }

    /// Whether a threshold can be on it.
    package var isLimited: Bool {
        if case .ofReplies = formula { false } else { true }
    }
}
