import Base

/// `junit.xml`: the run itself, its SLOs and its expectations as test cases, in the form that
/// Jenkins, GitLab and Surefire's readers share.
enum JUnitXML {
    static func text(_ summary: Summary) -> String {
        let suites = [
            ("run", run(summary)), ("slo", summary.slo.map(slo)),
            ("expectations", expectations(summary)),
        ].filter { !$0.1.isEmpty }
        let body = Markup(
            suites.enumerated().map { id, suite in
                self.suite(suite.0, suite.1, id: id, of: summary)
            })
        let page: Markup =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n\(body)</testsuites>\n"
        return page.text
    }

    /// Test cases under one name.
    private static func suite(
        _ name: String, _ cases: [JUnitCase], id: Int, of summary: Summary
    ) -> Markup {
        func count(_ kind: JUnitCase.Fault.Kind) -> Int { cases.count { $0.fault?.kind == kind } }
        let started = summary.run.started
        // The schema knows whole seconds only.
        let stamp =
            started.isEmpty
            ? "1970-01-01T00:00:00" : String(started.prefix { $0 != "Z" && $0 != "." })
        let seconds = Figures.plain(summary.totals.durationSeconds, places: 3)
        let counts: Markup =
            "tests=\"\(cases.count)\" failures=\"\(count(.failure))\" errors=\"\(count(.error))\""
        let skipped: Markup = "skipped=\"\(count(.skipped))\""
        let head: Markup =
            "  <testsuite name=\"\(name)\" package=\"chatload\" id=\"\(id)\" \(counts) \(skipped)"
        let times: Markup = " hostname=\"localhost\" timestamp=\"\(stamp)\" time=\"\(seconds)\">\n"
        let properties: [Markup] = [
            ("run", summary.run.name), ("service", summary.run.service),
            ("target", summary.run.target), ("seed", String(summary.run.seed)),
            ("generator", summary.verdict.generator.rawValue),
            ("load", summary.verdict.load?.rawValue ?? ""),
        ].map { "      <property name=\"\($0.0)\" value=\"\($0.1)\"/>\n" }
        return head + times + "    <properties>\n\(properties)    </properties>\n"
            + Markup(cases.map { $0.markup(in: name) })
            + (id == 0 ? remarks(summary) : "    <system-out/>\n")
            + "    <system-err/>\n  </testsuite>\n"
    }

    /// What the reader of any report of the run has to know, said once, in the first suite.
    private static func remarks(_ summary: Summary) -> Markup {
        let lines = (summary.alarms + summary.notes).map { Markup("\n\($0)") }
        return lines.isEmpty
            ? "    <system-out/>\n" : "    <system-out>\(lines)\n    </system-out>\n"
    }

    /// What must be so before any figure counts.
    private static func run(_ summary: Summary) -> [JUnitCase] {
        let verdict = summary.verdict
        let fault: JUnitCase.Fault? =
            verdict.generator == .invalid
            ? .init(
                kind: .error, type: "invalid", message: "the run is invalid",
                text: verdict.reasons(on: .generator).joined(separator: "\n")) : nil
        let missed: JUnitCase.Fault? =
            verdict.load == .notReached
            ? .init(
                kind: .error, type: Verdict.Load.notReached.rawValue,
                message: "the offered load was not reached",
                text: verdict.reasons(on: .load).joined(separator: "\n")) : nil
        let nothing = JUnitCase.Fault(
            kind: .error, type: "nothing_succeeded", message: "not one exchange succeeded")
        return [
            JUnitCase(name: "the generator kept its schedule", fault: fault),
            JUnitCase(name: "the offered load was reached", fault: missed),
            JUnitCase(
                name: "an exchange succeeded", fault: summary.totals[.succeeded] > 0 ? nil : nothing
            ),
            JUnitCase(name: "the run reached its end", fault: end(of: summary.run)),
        ]
    }

    private static func end(of run: RunDescription) -> JUnitCase.Fault? {
        if let broken = run.brokenSLO {
            return .init(type: RunEnd.sloBroken.rawValue, message: broken)
        }
        if let change = run.changedInput {
            return .init(kind: .error, type: RunEnd.inputChanged.rawValue, message: change)
        }
        guard let end = run.ended, end == .interrupted || end == .failed else { return nil }
        return .init(kind: .error, type: end.rawValue, message: "it was \(end.rawValue)")
    }

    private static func slo(_ result: SLOResult) -> JUnitCase {
        guard !result.passed else { return JUnitCase(name: result.expression) }
        if result.isVoid {
            return JUnitCase(
                name: result.expression,
                fault: .init(kind: .skipped, type: "", message: result.remark))
        }
        let samples = "\(Figures.count(result.samples)) samples"
        let fault = JUnitCase.Fault(
            type: result.value == nil ? "not_measured" : "not_kept",
            message: result.value == nil ? result.remark : "\(result.valueText), \(samples)",
            text: TerminalReport.windows(of: result))
        return JUnitCase(name: result.expression, fault: fault)
    }

    /// A case for each step that something is expected of, or in which an expectation failed. The
    /// replies of a service that is polled come under the name of the poll, and say nothing of which
    /// turn they failed: then nothing is said of the others. What was never played is skipped.
    private static func expectations(_ summary: Summary) -> [JUnitCase] {
        let failures = summary.errors.filter { $0.errorClass == ErrorClass.expectation.rawValue }
        let failed = Set(failures.map(\.step))
        let expected = Set(summary.run.expectedSteps)
        let shown = failed.isSubset(of: expected) ? expected : failed
        return shown.sorted().map { step in
            let rows = failures.filter { $0.step == step }
            if rows.isEmpty {
                let isPlayed = summary.steps[step] != nil
                return JUnitCase(
                    name: step, fault: isPlayed ? nil : .init(kind: .skipped, type: "", message: "")
                )
            }
            let count = rows.reduce(0) { $0 + $1.count }
            let all = summary.steps[step]?[.exchanges] ?? count
            return JUnitCase(
                name: step,
                fault: .init(
                    type: ErrorClass.expectation.rawValue,
                    message: "\(Figures.count(count)) of \(Figures.count(all)) exchanges",
                    text: rows.map(\.example).joined(separator: "\n")))
        }
    }
}

/// One test case and what is wrong with it.
struct JUnitCase {
    struct Fault {
        enum Kind: String { case failure, error, skipped }
        var kind = Kind.failure
        var type: String
        var message: String
        var text = ""
    }

    var name: String
    var fault: Fault?

    func markup(in suite: String) -> Markup {
        let head: Markup =
            "    <testcase classname=\"chatload.\(suite)\" name=\"\(name)\" time=\"0\""
        guard let fault else { return head + "/>\n" }
        let lines = fault.text.split(separator: "\n").map { Markup("\n\(String($0))") }
        let message: Markup = fault.message.isEmpty ? "" : " message=\"\(fault.message)\""
        let content: Markup =
            fault.kind == .skipped
            ? "skipped\(message)/>"
            : """
            \(fault.kind.rawValue) type="\(fault.type)" message="\(fault.message)">\
            \(lines)</\(fault.kind.rawValue)>
            """
        return head + ">\n      <\(content)\n    </testcase>\n"
    }
}
