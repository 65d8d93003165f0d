import Support
import Testing

@testable import ChatloadKit

@Suite struct JUnitTests {
    /// A run in which everything is wrong that can be.
    static let broken: Summary = {
        var summary = ReportTests.empty
        summary.run.name = "a \"b\" <c> & d\u{1B}"
        summary.run.ended = .sloBroken
        summary.notes = ["the server's certificate was not verified (--insecure)"]
        summary.run.brokenSLO = "errors<1% was 3.00 % after 12.0 s"
        summary.verdict.generator = .invalid
        summary.verdict.findings = ["late", "busy"].map { VerdictFinding(.logAlone, .invalid, $0) }
        var windowed = SLOResult(expression: "response.p99<1s over 5s", unit: .milliseconds)
        windowed.value = 1_234
        windowed.samples = 12_345
        windowed.windows = .init(seconds: 5, judged: 10, failed: 2, worstStart: 15)
        var missing = SLOResult(expression: "step.none.errors<1%", unit: .share)
        missing.remark = "no exchange had the step none"
        var kept = SLOResult(expression: "errors<1%", unit: .share)
        kept.passed = true
        summary.slo = [windowed, missing, kept]
        for (step, status, count) in [("say", 200, 3), ("re\"fund", 200, 1), ("say", 500, 2)] {
            summary.errors.append(
                ErrorSummary(
                    errorClass: "expectation", step: step, status: status, count: count, first: 1,
                    last: 2, example: "contains: wanted \"<b>\"\nfound ]]>"))
        }
        summary.errors.append(
            ErrorSummary(
                errorClass: "timeout", step: "say", status: nil, count: 3, first: 1, last: 2,
                example: "late"))
        return summary
    }()

    @Test func everyFaultIsACase() {
        let text = JUnitXML.text(Self.broken)
        #expect(Golden.difference(text, from: "reports/junit-broken.xml") == nil)
        #expect(text.contains("name=\"expectations\""))
        #expect(!text.contains("timeout"))
    }

    @Test func aRunWithoutObjectivesIsStillACase() {
        let text = JUnitXML.text(ReportTests.empty)
        #expect(text.contains("tests=\"4\" failures=\"0\" errors=\"1\""))
        #expect(text.contains("timestamp=\"1970-01-01T00:00:00\""))
        #expect(!text.contains("name=\"slo\""))
    }
    /// Every step that something is expected of is a case; of a service that is polled the failures
    /// do not say whose they are.
    @Test(arguments: [
        ([], ["refund", "say", "unplayed"]), (["say"], ["refund", "say", "unplayed"]),
        (["poll"], ["poll"]), (["poll", "say"], ["poll", "say"]),
    ])
    func everyExpectationIsACase(failed: [String], cases: [String]) {
        var summary = ReportTests.empty
        summary.run.expectedSteps = ["say", "refund", "unplayed"]
        for step in ["say", "refund", "poll", "login"] { summary.steps[step] = StepSummary() }
        summary.errors = failed.map {
            ErrorSummary(
                errorClass: "expectation", step: $0, status: 200, count: 2, first: 1, last: 2,
                example: "contains: wanted a")
        }
        let lines = JUnitXML.text(summary).split(separator: "\n")
        let found = lines.filter { $0.contains("classname=\"chatload.expectations\"") }
        #expect(found.count == cases.count)
        for (line, name) in zip(found, cases) { #expect(line.contains("name=\"\(name)\"")) }
        #expect(lines.count { $0.contains("<failure") } == failed.count)
        #expect(lines.count { $0.contains("<skipped/>") } == (cases.contains("unplayed") ? 1 : 0))
    }
}
