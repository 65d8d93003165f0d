import Support
import Testing

@testable import ChatloadKit

/// SLOs of the built binary: what it says of them, and how it ends.
@Suite struct SLOTests {
    static func run(
        _ options: [String], to folder: String
    ) throws -> Child.Ending {
        let arguments = ["run", "workloads/support.jsonl", "-n", "60", "-q", "-o", folder]
        return try Child(arguments + quickly + options).ending()
    }

    @Test func whatIsKeptIsExitZeroAndWhatIsNotIsNinetyNine() throws {
        let scratch = try ScratchFolder()
        let kept = [
            "--slo", "response.p90<10s", "--slo", "errors<=0%", "--slo", "response.p50<9s over 1h",
        ]
        let good = try Self.run(kept, to: scratch.path + "/good")
        #expect(good.code == 0, "\(good.messages)")
        #expect(good.output.contains("SLOs: all 3 kept\n"))
        let bad = try Self.run(
            kept + ["--slo", "response.p50<1us", "--slo", "step.poll.errors<1%"],
            to: scratch.path + "/bad")
        #expect(bad.code == 99, "\(bad.messages)")
        #expect(bad.output.contains("SLOs: 2 of 5 not kept\n"))
        #expect(bad.output.contains("no exchange had the step poll"))
        #expect(
            try summary(of: scratch.path + "/bad").slo.map(\.passed) == [
                true, true, true, false, false,
            ])
    }

    @Test func theReportJudgesByTheRunsOwnAndByOthers() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let options = [
            "--slo", "goodput>=100%", "--goodput", "response:1us", "--slo", "errors<=0%",
        ]
        #expect(try Self.run(options, to: folder).code == 99)
        let before = text(of: folder + "/summary.json")
        let again = try Child(["report", folder]).ending()
        #expect(again.code == 99, "\(again.messages)")
        #expect(text(of: folder + "/summary.json") == before)
        let other = try Child(
            ["report", folder, "--slo", "goodput>99%", "--goodput", "e2e:60000"]
        ).ending()
        #expect(other.code == 0, "\(other.messages)")
        #expect(other.output.contains("SLOs: all 1 kept\n"))
        #expect(text(of: folder + "/summary.json") == before)
        let written = try Child(
            ["report", folder, "--slo", "errors<=0%", "-o", folder]
        ).ending()
        #expect(written.code == 0, "\(written.messages)")
        #expect(text(of: folder + "/summary.json") != before)
        let odd = try Child(["report", folder, "--goodput", "itl:20"]).ending()
        #expect(odd.code == 104 && odd.messages.contains("hint: icl (vLLM's ITL"))
    }

    @Test func anInvalidRunComesBeforeItsSLOs() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let nobody = try LocalServer(listens: false)
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "--service", "stammer", "--target", nobody.url,
                "--set",
                "token=env:TOKEN", "--set", "chatbot_uuid=\(RefusalTests.uuid)", "-n", "3",
                "--think", "0", "-o", folder, "--slo", "errors<1%",
            ], environment: ["TOKEN": "any"]
        ).ending()
        #expect(run.code == 1, "\(run.messages)")
        #expect(run.output.contains("  FAILED  errors<1%"))
    }

    @Test func whatIsNotKeptEndsTheRun() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "-d", "30s", "-o", folder, "--slo",
                "response.p50<1us", "--abort-on-slo",
            ] + quickly
        ).ending()
        #expect(run.code == 99)
        #expect(run.messages.contains("ending the run (--abort-on-slo)"))
        #expect(run.output.contains("ended early by --abort-on-slo: response.p50<1us was "))
        #expect(try summary(of: folder).totals.durationSeconds < 20)
        let again = try Child(["report", folder]).ending()
        #expect(again.code == 99)
        #expect(again.output.contains("ended early by --abort-on-slo: response.p50<1us was "))
    }

    @Test func whatIsKnownEndsTheRun() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "-c", "20", "-o", folder, "--until",
                "response.p50 ±40%", "--until", "turns_per_s +-40%", "--sandbox-latency",
                "lognormal:400ms,0.2", "--think", "0", "--until-required",
            ]
        ).ending()
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.messages.contains("all that --until names is known after"))
        #expect(run.output.contains("- response.p50 ±40%: known to ±"))
        let summary = try summary(of: folder)
        #expect(summary.run.ended == .known && summary.precision.map(\.isKnown) == [true, true])
        #expect(summary.totals.durationSeconds < 60)
        let again = try Child(["report", folder]).ending()
        #expect(again.code == 0 && again.output.contains("- turns_per_s ±40%: known to ±"))
    }

    @Test func aWarmupEndsByItself() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "-c", "8", "-d", "8s", "-o", folder, "--warmup",
                "auto", "--sandbox-latency", "fixed:10ms", "--think", "0",
            ]
        ).ending()
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.messages.contains("the warm-up ends after "))
        let first = try summary(of: folder)
        #expect(first.warmup.exchanges > 0 && first.totals.span.begin >= 3)
        #expect(first.totals.span.begin <= 4)
        // The log says the same.
        _ = try Child(["report", folder]).ending()
        let again = try summary(of: folder)
        #expect(again.totals == first.totals && again.warmup == first.warmup)
        #expect(again.intervals == first.intervals)
    }

    @Test func whatMustBeKnownAndIsNotFails() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "-d", "1s", "-o", folder, "--until",
                "response.p99 ±0.1%", "--until-required", "--think", "0",
            ]
        ).ending()
        #expect(run.code == 99, "\(run.messages)")
        #expect(run.output.contains("! response.p99 ±0.1%: "))
        let again = try Child(["report", folder]).ending()
        #expect(again.code == 99)
    }

    @Test(arguments: [
        (["--slo", "step.refnd.errors<1%"], "--slo: no turn has the name 'refnd'"),
        (["--jtl", "x.jtl", "--log", "none"], "--jtl: the results are made of the log"),
        (["--jtl", "no/such/x.jtl"], "--jtl: no/such/: there is no such folder"),
        (["--k6-summary", "workloads"], "--k6-summary: workloads: is a folder"),
        (
            ["--metrics-listen", "192.0.2.1:9464"],
            "--metrics-listen: cannot listen on 192.0.2.1:9464: not an address of this machine"
        ),
        (["--metrics-listen", "nowhere:1"], "--metrics-listen: 'nowhere:1' is no address"),
        (["--abort-on-slo"], "--abort-on-slo: there is no SLO to abort on"),
        (["--slo", "p99<1s"], "--slo: 'p99<1s' names no figure"),
        (["--until", "response.p99<1s"], "does not say how well a figure is to be known"),
        (["--until", "step.refnd.response.p50 ±5%"], "--until: no turn has the name 'refnd'"),
        (["--until", "goodput ±5%"], "--until: goodput ±5% needs --goodput"),
        (["--until-required"], "--until-required: there is nothing to be known"),
        (["--slo", "goodput>9%"], "--slo: goodput>9% needs --goodput"),
        (["--goodput", "speed:4"], "--goodput: 'speed:4' limits no time of a turn"),
    ])
    func nonsenseSendsNothing(options: [String], complaint: String) throws {
        let scratch = try ScratchFolder()
        let run = try Self.run(options, to: scratch.path + "/run")
        #expect(run.code == 104)
        #expect(run.messages.contains(complaint))
        #expect(names(in: scratch.path) == [])
    }
}
