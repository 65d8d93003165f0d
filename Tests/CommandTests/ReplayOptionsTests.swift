@testable import ChatloadKit
import Base
import Networking
import Support
import Testing

@testable import chatload

@Suite struct ReplayOptionsTests {
    private static let timed = """
        {"at":"1s","weight":5,"turns":[{"say":"a"},{"say":"b","at":"3s"},{"say":"c"}]}
        {"at":"61s","turns":[{"say":"a"}]}

        """

    /// The settings that a `replay` or `plan` line gives its plan.
    private func settings(_ line: String, _ environment: [String: String] = [:]) throws
        -> RunSettings
    {
        switch try Invocation(words(line), in: .made(environment)) {
        case .replay(let settings, _), .plan(let settings): return settings
        default: throw Fault("BUG: neither a replay nor a plan")
        }
    }

    /// What such a line says of recorded times; nil where it is no replay.
    private func replay(_ line: String, _ environment: [String: String] = [:]) throws
        -> ReplaySettings?
    {
        let settings = try settings(line, environment)
        if case .replay(let replay) = settings.plan.play { return replay }
        return nil
    }

    private func plan(_ line: String, script: String = timed) throws -> Plan {
        let folder = try ScratchFolder()
        let path = try folder.write(script, to: "w.jsonl")
        let settings = try settings(line + " " + path)
        return try settings.prepared(in: .made()).plan
    }

    @Test func `a replay plays each conversation once, without thinking`() throws {
        let plan = try plan("replay")
        #expect(plan.order.count == 2 && plan.order.isReplay && plan.clock == nil)
        #expect(plan.load.users == 10 && plan.load.thinkOverride == .fixed(.zero))
        #expect(plan.load.duration == nil && plan.onReject == .wait)
    }

    @Test func `a speed plays the recorded times`() throws {
        let plan = try plan("replay --speed 2x --max-gap 10s --turns think")
        let clock = try #require(plan.clock)
        #expect(clock.pace == ReplayPace(speed: 2, maxGap: .seconds(10), turns: .think))
        #expect(clock.end == .milliseconds(10_500) && clock.recordedSpan == .seconds(60))
        #expect(plan.load.users == 1_000 && plan.load.thinkOverride == nil)
    }

    @Test func `the first conversations only`() throws {
        #expect(try plan("replay -n 1").order.count == 1)
        #expect(try plan("replay -n 9").order.count == 2)
        #expect(try plan("replay -n 1 --speed 1").clock?.count == 1)
    }

    @Test(arguments: [
        ("1x", 1.0), ("2x", 2), ("0.5x", 0.5), ("60", 60), ("1000000000x", 1e9),
    ])
    func speeds(text: String, speed: Double) throws {
        #expect(try replay("replay w --speed " + text)?.speed == speed)
    }

    @Test(arguments: ["0", "0x", "x", "-1", "1xx", "fast", "2X", "1e3", "inf", "10000000000"])
    func `no speeds`(text: String) {
        #expect(complaint("replay w --speed=" + text).contains("is not a speed"))
    }

    @Test(arguments: ["--replay", "--speed 1x", "--speed 1x --turns strict", "--turns think"])
    func `plan shows a replay`(options: String) throws {
        let settings = try settings("plan w " + options)
        #expect(try replay("plan w " + options) != nil)
        #expect(settings.plan.access.onReject == .wait)
        #expect(try self.settings("plan w").plan.access.onReject == .record)
    }

    @Test func `a setting of a replay can come from the environment`() throws {
        #expect(try replay("plan w", ["CHATLOAD_SPEED": "3x"])?.speed == 3)
    }

    @Test(
        arguments: [
            ("plan --replay --rate 5", "--rate"), ("plan --speed 1 --warmup 5", "--warmup"),
            ("replay --max-gap 5s", "--max-gap"), ("replay --turns strict", "--turns"),
            ("replay --turns recorded", "--turns"), ("replay --speed 1 --think 2s", "--think"),
            ("replay --speed 1 --turns strict --service botyard", "--turns"),
        ])
    func `what does not go together is refused`(line: String, flag: String) throws {
        let complaint = #expect(throws: Fault.self) { try plan(line) }
        #expect(complaint?.place == .flag(flag) && complaint?.hint != nil)
    }

    @Test func `options of a load test are none of a replay`() {
        #expect(complaint("replay w --rate 5").contains("--rate is an option of chatload run"))
    }

    @Test(
        arguments: [
            ("replay --speed 1", #"{"turns":[{"say":"a"}]}"#, "w.jsonl:1: no at"),
            (
                "replay --speed 1 --turns strict", #"{"at":1,"turns":[{"say":"a"},{"say":"b"}]}"#,
                "w.jsonl:1: a turn without an at"
            ),
        ])
    func `recorded times must be there`(line: String, script: String, text: String) {
        let complaint = #expect(throws: Fault.self) { try plan(line, script: script) }
        #expect(complaint?.rendered.contains(text) == true)
    }

    @Test func `the report of a replay's plan`() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.timed, to: "w.jsonl")
        let line = "plan \(path) --speed 60x --max-gap 5s --seed 7 --workers 2"
        let settings = try settings(line)
        let report = try await PlanReport(
            of: settings.prepared(in: .made(), now: .seconds(1_795_225_512)), settings)
        let text = report.text.replacing(path, with: "w.jsonl")
        #expect(Golden.difference(text, from: "plan-replay.txt") == nil)
        #expect(report.json.contains(#""replay":{"#))
    }
}
