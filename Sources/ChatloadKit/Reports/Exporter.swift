package import Base

/// Exporter: a form in which the figures of a run, or of several put together, become a file. Which
/// files a run's folder has, and which options ask for more, stands in `all` and nowhere else.
package struct Exporter: Sendable {
    /// The file's name in a run's folder; of a file on demand the option that says where it goes,
    /// without its dashes.
    package let name: String
    /// What is said of the option in the help; nil for the files that every run's folder gets.
    package let help: String?
    /// Whether it is made of the log's rows and not of the figures alone.
    package let needsLog: Bool
    fileprivate let content: @Sendable (ExportedRun, inout Replacement) throws(Fault) -> Void

    /// Whether it is written only where an option asks for it.
    package var isOnDemand: Bool { help != nil }

    /// Those that an option asks for.
    package static let onDemand = all.filter(\.isOnDemand)

    /// All of them, in the order in which they are written.
    package static let all = [
        Exporter(RunFolder.description) { run throws(Fault) in
            try JSONReport.bytes(run.summary.run)
        },
        Exporter(RunFolder.summary) { run throws(Fault) in try JSONReport.bytes(run.summary) },
        Exporter("summary.csv") { Array(SummaryCSV.text($0.summary).utf8) },
        Exporter("timeline.csv") { Array(SummaryCSV.timeline($0.summary).utf8) },
        Exporter("errors.csv") { Array(SummaryCSV.errors($0.summary).utf8) },
        Exporter("report.html") { Array(ReportPage($0).html.utf8) },
        Exporter("junit.xml") { Array(JUnitXML.text($0.summary).utf8) },
        Exporter("latency.hgrm") { $0.percentiles(.response) },
        Exporter("latency-service.hgrm") { $0.percentiles(.service) },
        Exporter("latency-reply.hgrm") { $0.percentiles(.reply) },
        Exporter("latency.hlog") { Array(HdrHistogramLog.text($0.latencies, of: $0.summary).utf8) },
        Exporter(
            name: "jtl", help: "write the exchanges as JMeter's results (JTL, CSV) too",
            needsLog: true, content: JTLRows.write),
        Exporter(
            "k6-summary", help: "write the summary in the form of k6's handleSummary too"
        ) { run throws(Fault) in try JSONReport.bytes(K6Summary(run.summary)) },
    ]

    /// Writes the file of a run.
    ///
    /// - Throws: when a log cannot be read or the file not be written; then what was there before
    ///   stays.
    func write(_ run: ExportedRun, in file: Replacement) throws(Fault) {
        var file = file
        do throws(Fault) {
            try content(run, &file)
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }
}

extension Exporter {
    /// A file that is made of the figures.
    private init(
        _ name: String, help: String? = nil,
        bytes: @escaping @Sendable (ExportedRun) throws(Fault) -> [UInt8]
    ) {
        self.init(name: name, help: help, needsLog: false) { run, file throws(Fault) in
            let content = try bytes(run)
            try file.append(content.span)
        }
    }
}

/// Exported run: what the files of a run, or of several put together, are made of.
package struct ExportedRun: Sendable {
    let summary: Summary
    let latencies: LatencyLog
    /// The folders of the runs whose logs the figures are of, in their order.
    let logs: [String]

    package init(_ summary: Summary, _ latencies: LatencyLog, logs: [String]) {
        (self.summary, self.latencies, self.logs) = (summary, latencies, logs)
    }

    fileprivate func percentiles(_ metric: DistributionMetric) -> [UInt8] {
        HdrHistogramText.bytes(latencies.tally[metric], partialNote: summary.partialNote)
    }
}

/// Export: a file on demand that was asked for, and its place, found to be one.
package struct Export: Sendable {
    private let exporter: Exporter
    private let place: ExportPlace

    /// Looks at the places of the files on demand, and opens what is to be written into.
    ///
    /// - Parameters:
    ///   - paths: the files' paths by their exporters' names.
    ///   - output: a folder that may be missing yet and will be made.
    /// - Throws: what cannot be written at the end.
    package static func opened(
        _ paths: [String: String], output: String? = nil
    ) throws(Fault) -> [Export] {
        var exports: [Export] = []
        for exporter in Exporter.onDemand {
            guard let path = paths[exporter.name] else { continue }
            do throws(Fault) {
                let place = try ExportPlace(path, output: output)
                exports.append(Export(exporter: exporter, place: place))
            } catch {
                throw Fault(error.description, at: .flag("--\(exporter.name)"))
            }
        }
        return exports
    }

    /// Writes all of them.
    ///
    /// - Returns: the paths written.
    /// - Throws: when a log cannot be read or a file not be written.
    package static func write(
        _ exports: [Export], of run: ExportedRun
    ) throws(Fault) -> [String] {
        for export in exports {
            try export.exporter.write(run, in: export.place.replacement())
        }
        return exports.map(\.place.path)
    }
}
