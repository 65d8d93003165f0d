import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Whole seeded runs in virtual time with everything that they write, file by file, as recorded: what
/// a change of the code that changes no behaviour must leave alone to the last byte.
@Suite struct MoveFixtureTests {
    private static let scripts = [
        #"{"id":"ana","user":"ana","weight":3,"turns":[{"say":"Hi, I am ${user}"},{"say":"Refund order 4711","think":"400ms","name":"refund","expect":{"contains":"Refund"}}]}"#,
        #"{"turns":[{"say":"机器人, \"quoted\"","think":"100ms"},{"say":"=1+1"},{"say":"Bye"}]}"#,
    ]

    private static func sandbox(
        _ change: (inout SandboxSettings) -> Void = { _ in }
    ) -> SandboxSettings {
        var sandbox = SandboxSettings.logNormal
        sandbox.seed = 5
        change(&sandbox)
        return sandbox
    }

    private static func made(
        _ name: String
    ) throws -> (run: VirtualRun, sandbox: SandboxSettings) {
        let closed = LoadShape(users: 4, duration: .seconds(6))
        var run = VirtualRun(scripts: scripts, load: closed)
        switch name {
        case "closed":
            run.load.warmup = .time(.seconds(1))
            run.objectives = Objectives(thresholds: [
                try Threshold(parsing: "response.p95<1s"), try Threshold(parsing: "errors<1%"),
            ])
            return (run, sandbox())
        case "open":
            run.load = LoadShape(
                users: 3, arrivals: Arrivals(rate: 4, process: .poisson), duration: .seconds(6))
            return (run, sandbox())
        case "replay":
            run.scripts = (0..<12).map {
                #"{"id":"c\#($0)","at":\#(Double($0) / 4),"turns":[{"say":"x","reply":"y"},{"say":"z","think":"100ms"}]}"#
            }
            run.load = LoadShape(users: 5)
            run.pace = ReplayPace(speed: 2)
            return (run, sandbox())
        case "faults":
            run.timeouts = Timeouts(total: .seconds(2))
            let faults = try [
                "reset:5%", "no-answer:3%", "reject-seconds:5%", "garbage:5%", "html-page:5%",
            ]
            .map { try FaultRule(parsing: $0) }
            return (run, sandbox { $0.faults = faults })
        case "quotas":
            let quotas = try ["run:3 requests/s", "user:200 tokens/m burst 20"].map {
                try Quota(parsing: $0)
            }
            run.adjust = { $0.quotas = quotas }
            return (run, sandbox())
        case "credentials":
            run.adjust = { plan in
                plan.assignment = .roundRobin
                plan.onReject = .wait
                plan.credentials = ["one", "two"].compactMap { label in
                    let service = try? ServiceDescription.stammer.configured(
                        ["token": "token-\(label)"], inSandbox: true)
                    return service.map { Credential(label: label, service: $0) }
                }
            }
            let limit = ServiceLimit(parsing: "4 requests/s")
            return (run, sandbox { $0.stammer.requestLimit = limit })
        default:
            run.load = LoadShape(
                users: 12,
                curve: LoadCurve(
                    from: 1,
                    through: (1...4).map { LoadStage(length: .seconds(2), level: Double($0 * 3)) }),
                duration: .seconds(8))
            return (run, sandbox())
        }
    }

    @Test(arguments: ["closed", "open", "replay", "faults", "quotas", "credentials", "stages"])
    func everyFileIsAsRecorded(name: String) async throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/run"
        var (run, sandbox) = try Self.made(name)
        let log = try RunLog(
            folder: path, mode: .all, keeping: name == "replay" ? .progress : .nothing)
        run.log = log
        let (result, _) = try await run.againstSandbox(sandbox)
        try log.close()
        var description = RunDescription(name: name)
        description.started = "2026-01-02T03:04:05.000000000Z"
        (description.service, description.target) = ("stammer", "http://127.0.0.1:7000")
        description.command = name == "replay" ? "replay" : "run"
        description.phases = LoadPhases(run.load)
        try ReportFolder.write(description, to: path)
        let replies = try KeptReplies(in: path)
        _ = try ReportFolder.write(replies, of: description, to: path)
        let (summary, latencies) = try RunReader.figures(of: [path], by: run.objectives)
        _ = try ReportFolder.write(summary, latencies, to: path)
        let exports = ["jtl": path + "/run.jtl", "k6-summary": path + "/k6.json"]
        _ = try Export.write(
            Export.opened(exports), of: ExportedRun(summary, latencies, logs: [path]))
        for file in names(in: path) where file != "journal.tsv" && !file.hasPrefix(".") {
            let written = try #require(text(of: "\(path)/\(file)"))
            let shown = file == "report.html" ? ReportPageTests.content(written) : written
            #expect(Golden.difference(shown, from: "moves/\(name)/\(file)") == nil)
        }
        let live = try JSONReport.text(result.summary)
        #expect(Golden.difference(live, from: "moves/\(name)/live.json") == nil)
    }
}
