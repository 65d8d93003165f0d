import ChatloadKit
import Networking

/// Files in the forms of other tools, besides those of a run's folder.
struct ExportSettings: Sendable {
    /// JMeter's results, as CSV.
    var jtl: String?
    /// The summary as k6 hands it to `handleSummary`.
    var k6: String?

    /// Looks at the places and opens what is to be written into.
    ///
    /// - Parameter output: a folder that may be missing yet and will be made.
    /// - Throws: what cannot be written at the end.
    func opened(output: String? = nil) throws(Complaint) -> Exports {
        Exports(
            jtl: try Self.place(jtl, "--jtl", output),
            k6: try Self.place(k6, "--k6-summary", output)
        )
    }

    private static func place(
        _ path: String?, _ flag: String, _ output: String?
    ) throws(Complaint) -> ExportPlace? {
        do throws(LogComplaint) {
            guard let path else { return nil }
            return try ExportPlace(path, output: output)
        } catch {
            throw Complaint(error.description, at: .flag(flag))
        }
    }
}

/// The places of those files, at which something can be written.
struct Exports: Sendable {
    var jtl: ExportPlace?
    var k6: ExportPlace?

    /// Writes those that are wanted, of runs by their folders.
    ///
    /// - Returns: the paths written.
    func write(_ summary: Summary, of folders: [String]) throws(LogComplaint) -> [String] {
        if let jtl { try ExportFiles.writeJTL(of: folders, to: jtl) }
        if let k6 { try ExportFiles.writeK6(summary, to: k6) }
        return [jtl, k6].compactMap(\.self?.path)
    }
}

extension RunSettings {
    /// The options on what a run has to keep and on what comes out of it.
    static let reportOptions: [OptionRow<RunSettings>] = [
        .list(
            ["slo"], "LIMIT", .threshold, into: \.slos,
            "a limit the run is to keep, or exit with 99: 'response.p99<800ms', 'errors<1%',"
                + " 'step.NAME.reply.p95<2s', 'turns_per_s>200', 'goodput>95%'; with"
                + " ' over 30s' in every window of 30 seconds"),
        .toggle(
            ["abort-on-slo"], into: \.abortsOnSLO,
            "end the run as soon as an SLO is not kept, with enough samples to tell"),
        .value(
            ["goodput"], "LIMITS", .goodput, into: \.goodput,
            "when a turn is a good one: response:800ms,ttfb:200,e2e:5000; a bare number is in"
                + " milliseconds"),
        .value(
            ["metrics-listen"], "HOST:PORT", .listenAddress, into: \.metricsAddress,
            "serve the figures of the run under way as OpenMetrics at /metrics; without a host on"
                + " this machine only, and port 0 takes a free one"),
        .value(
            ["o", "output"], "DIR", .folder, into: \.output,
            default: "(reports/<UTC time>-<workload>)", "folder of the run's reports"),
        .value(
            ["format"], "F", .choice("format"), into: \.format, default: "text",
            "what stdout gets: text or json"),
        .value(
            ["log"], "WHICH", .choice("choice"), into: \.log, default: "all",
            "exchanges to log: all, errors or none"),
        .toggle(
            ["transcript"], into: \.keepsReplies,
            "keep the replies, in transcript.jsonl beside the reports"),
        .keyed(["label"], "K=V", .setting, into: \.labels, "a label for the reports"),
        .value(
            ["jtl"], "FILE", .text, into: \.exports.jtl,
            "write the exchanges as JMeter's results (JTL, CSV) too"),
        .value(
            ["k6-summary"], "FILE", .text, into: \.exports.k6,
            "write the summary in the form of k6's handleSummary too"),
    ]
}
