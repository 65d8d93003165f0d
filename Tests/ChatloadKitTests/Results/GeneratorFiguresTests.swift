import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What the log does not say comes back from `generator.json`.
@Suite struct GeneratorFiguresTests {
    /// A generator that could not keep up.
    static var overloaded: GeneratorFigures {
        var figures = GeneratorFigures()
        var schedule = ScheduleFigures()
        (schedule.requestedRate, schedule.achievedRate, schedule.variation) = (50, 41.25, 1.02)
        (schedule.started, schedule.dropped, schedule.missed) = (990, 180, 30)
        (schedule.wantedUsers, schedule.maxUsers, schedule.maxConnected) = (50, 50, 49)
        (schedule.reconnects, schedule.repeatedRequests) = (12, 3)
        figures.schedule = schedule
        figures.loopLag = VerdictTests.lags(.milliseconds(250))
        figures.workers = VerdictTests.load(0.99)
        figures.stalls.add(LoopStall(at: .milliseconds(8_020), length: .milliseconds(250)))
        var quota = QuotaResult(expression: "credential:600 requests/m burst 10")
        (quota.used, quota.limit, quota.throttledSeconds, quota.spent) = (5_900, 600, 1.638, 0)
        figures.quotas = [quota]
        var credential = CredentialResult(label: "key 2")
        credential.serviceLimits = ["x-ratelimit-limit": "100", "x-ratelimit-remaining": "0"]
        credential.isOut = true
        figures.credentials = [credential]
        return figures
    }

    @Test func itSurvivesItsFile() throws {
        for figures in [GeneratorFigures(), Self.overloaded] {
            let bytes = try JSONReport.bytes(figures)
            let read = try JSONDecoder().decode(GeneratorFigures.self, from: Data(bytes))
            #expect(read == figures)
            #expect(read.loopLag.isConsistent)
        }
    }

    @Test func theReportAgreesWithTheRun() throws {
        let folder = try ScratchFolder()
        let run = SyntheticRun(seed: 5, count: 700)
        let path = try RunReaderTests.write(run, in: folder)
        var live = run.aggregator
        live.generator = Self.overloaded
        try ReportFolder.write(live.generator, to: path)
        var description = run.description
        description.name = "run"
        let rebuilt = try RunReader.summary(of: [path])
        #expect(rebuilt == live.summary(of: description))
        #expect(rebuilt.verdict.generator == .invalid)
        #expect(rebuilt.credentials.map(\.label) == SyntheticRun.credentials.sorted())
        #expect(rebuilt.quotas == live.generator.quotas)
    }

    @Test func withoutItTheLogIsJudgedAlone() throws {
        let folder = try ScratchFolder()
        let run = SyntheticRun(seed: 5, count: 700)
        let summary = try RunReader.summary(of: [try RunReaderTests.write(run, in: folder)])
        #expect(summary.verdict.generator == .valid)
        #expect(summary.verdict.reasons == ["judged by the log alone, without generator.json"])
    }

    @Test func workersAndShardsAddUpInAnyOrder() {
        var other = GeneratorFigures()
        other.loopLag = VerdictTests.lags(.milliseconds(3))
        other.workers = VerdictTests.load(0.2)
        other.schedule = VerdictTests.schedule(wanted: 7, users: 5)
        var (one, two) = (Self.overloaded, other)
        one.merge(other)
        two.merge(Self.overloaded)
        #expect(one == two)
        #expect(one.workers.count == 4)
        #expect(one.schedule?.started == 10_990)
        #expect(one.schedule?.wantedUsers == 57)
        #expect(one.schedule?.requestedRate == nil)
    }

    @Test func aDamagedFileIsRefusedAndNeverTraps() throws {
        let folder = try ScratchFolder()
        let path = try RunReaderTests.write(SyntheticRun(count: 5), in: folder)
        let whole = try JSONReport.bytes(Self.overloaded)
        let noise = Array("0123456789-,:\"[] ".utf8)
        var random = SeededRandom(seed: 12)
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0...random.next(upperBound: UInt64(3)) {
                let place = Int(random.next(upperBound: UInt64(bytes.count)))
                bytes[place] = noise[Int(random.next(upperBound: UInt64(noise.count)))]
            }
            let read = try? JSONDecoder().decode(GeneratorFigures.self, from: Data(bytes))
            #expect(read?.loopLag.isConsistent != false)
        }
        try Files.replace("\(path)/generator.json", with: Array("{}".utf8))
        let complaint = RunReaderTests.complaint { _ = try RunReader.summary(of: [path]) }
        #expect(complaint?.hasPrefix("\(path)/generator.json: is damaged") == true)
    }

    @Test(arguments: [
        #"{"bits":11,"least":0,"greatest":9,"sum":"9","squares":"81","slots":"9:2"}"#,
        #"{"bits":11,"least":9,"greatest":9,"sum":"18","squares":"162","slots":"8:2"}"#,
        #"{"bits":11,"least":9,"greatest":9,"sum":"18","squares":"162","slots":"9"}"#,
        #"{"bits":12,"least":9,"greatest":9,"sum":"18","squares":"162","slots":"9:2"}"#,
        #"{"bits":11,"least":9,"greatest":9,"sum":"-1","squares":"162","slots":"9:2"}"#,
        #"{"bits":11,"least":9,"greatest":18446744073709551615,"sum":"9","squares":"9","slots":"9:1"}"#,
        #"{"bits":11,"least":9,"greatest":9,"sum":"9","squares":"9","slots":"9:18446744073709551615"}"#,
    ])
    func whatCannotHaveBeenRecordedIsNoHistogram(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Histogram.self, from: Data(text.utf8))
        }
    }

    @Test func everyWorkerTellsHowLateItsLoopWas() async throws {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 3, conversations: 30))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        let verdict = result.summary.verdict
        // A look every 10 ms for as long as the run took.
        #expect((99...100).contains(verdict.loopLag.count))
        #expect(verdict.loopLag.max == 0)
        #expect(verdict.workers.map(\.wallSeconds) == [1])
        #expect(verdict.generator == .valid && verdict.reasons == [])
    }
}
