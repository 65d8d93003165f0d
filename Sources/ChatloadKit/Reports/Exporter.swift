package import Base
import FoundationEssentials

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

/// Writes the files that are made from a summary and its latencies.
package enum ReportFolder {
    /// Writes the file of every exporter that needs no asking into `folder`, each replaced as a
    /// whole, and says which.
    ///
    /// - Parameter logs: the folders of the runs whose logs the summary is of, in their order; the
    ///   run's own where nil.
    /// - Returns: the paths written.
    /// - Throws: when the folder or a file cannot be written.
    package static func write(
        _ summary: Summary, _ latencies: LatencyLog, to folder: String, logs: [String]? = nil
    ) throws(Fault) -> [String] {
        try Files.makeFolder(folder)
        let run = ExportedRun(summary, latencies, logs: logs ?? [folder])
        var paths: [String] = []
        for exporter in Exporter.all where !exporter.isOnDemand {
            let path = "\(folder)/\(exporter.name)"
            try exporter.write(run, in: Replacement(of: path))
            paths.append(path)
        }
        return paths
    }

    /// Writes `run.json` alone, as is done when the run starts: a killed run can be reported.
    package static func write(_ run: RunDescription, to folder: String) throws(Fault) {
        try Files.makeFolder(folder)
        try Files.replace("\(folder)/\(RunFolder.description)", with: try JSONReport.bytes(run))
    }

    /// Writes `service.json`, the description of the service that is played, as it is.
    package static func write(service source: [UInt8], to folder: String) throws(Fault) {
        try Files.replace("\(folder)/\(RunFolder.service)", with: source)
    }

    /// Writes `generator.json`, which only the run itself knows, when the run ends.
    package static func write(
        _ generator: GeneratorFigures, to folder: String
    ) throws(Fault) {
        try Files.replace(
            "\(folder)/\(RunFolder.generator)", with: try JSONReport.bytes(generator))
    }

    /// Writes the files of the replies that a run has kept into `folder`: the transcript, the batch
    /// output and the list of what was in flight, as far as there is anything for them.
    ///
    /// - Returns: the paths written, and how the replies differ from the recorded ones.
    package static func write(
        _ replies: KeptReplies, of run: RunDescription, to folder: String
    ) throws(Fault) -> (paths: [String], drift: ReplyDiffFigures) {
        if replies.hasJournal { try Files.makeFolder(folder) }
        var (paths, drift) = try replies.writeTranscript(to: folder, started: run.started)
        let inFlight = try replies.inFlight()
        if replies.hasJournal, !inFlight.isEmpty {
            let path = "\(folder)/\(RunFolder.inFlight)"
            try Files.replace(
                path, with: try JSONReport.bytes(InFlightList(conversations: inFlight)))
            paths.append(path)
        }
        return (paths, drift.figures)
    }

    /// Whether a summary has been written into `folder`.
    package static func hasSummary(_ folder: String) -> Bool {
        Files.exists("\(folder)/\(RunFolder.summary)")
    }
}

/// JSON with sorted keys and indents, so that files of two runs can be compared by line.
package enum JSONReport {
    /// A record as its file has it, for those who want it on stdout.
    package static func text(_ value: some Encodable) throws(Fault) -> String {
        String(decoding: try bytes(value), as: UTF8.self)
    }

    static func bytes(_ value: some Encodable) throws(Fault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return ShownJSON.bytes(try Array(encoder.encode(value))) + Array("\n".utf8)
        } catch {
            throw Fault("cannot be written as JSON: \(error)")
        }
    }
}
