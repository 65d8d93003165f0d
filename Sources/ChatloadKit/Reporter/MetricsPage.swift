import Networking

/// The text of metrics, line by line, in one of the two forms.
struct MetricsPage {
    enum Kind: String {
        case counter, gauge, histogram, info
    }

    /// The upper bounds of the buckets, in seconds.
    static let bounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private let form: OpenMetrics.Form
    private var text = ""
    private var name = ""

    init(form: OpenMetrics.Form) { self.form = form }

    /// Begins a metric; counters are named without `_total`, infos without `_info`.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        let suffix =
            switch kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram: ""
            }
        self.name = name + suffix
        switch form {
        case .openMetrics:
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
            for unit in ["seconds", "bytes"] where name.hasSuffix("_" + unit) {
                text += "# UNIT \(name) \(unit)\n"
            }
        case .prometheus:
            let type = kind == .info ? .gauge : kind
            text += "# HELP \(self.name) \(help)\n# TYPE \(self.name) \(type.rawValue)\n"
        }
    }

    /// Adds a value of the metric.
    mutating func add(_ labels: [(String, String)], _ value: Double) {
        text += name + Self.text(labels) + " " + Self.number(value) + "\n"
    }

    /// Adds a histogram of the metric.
    mutating func add(_ labels: [(String, String)], _ histogram: Histogram) {
        let counts = histogram.counts(between: Self.bounds.map { UInt64($0 * 1e9) + 1 })
        var sum = 0
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], counts) {
            sum += count
            text += "\(name)_bucket\(Self.text(labels + [("le", bound)])) \(sum)\n"
        }
        let seconds = histogram.total.seconds
        text += "\(name)_count\(Self.text(labels)) \(histogram.count)\n"
        text += "\(name)_sum\(Self.text(labels)) \(seconds)\n"
    }

    /// All of it.
    func end() -> String {
        switch form {
        case .openMetrics: text + "# EOF\n"
        case .prometheus: text
        }
    }

    private static func text(_ labels: [(String, String)]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}
