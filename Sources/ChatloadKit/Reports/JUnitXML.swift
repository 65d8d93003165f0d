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
        func count(_ kind: JUnitCase.Kind) -> Int { cases.count { $0.kind == kind } }
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
        func error(_ name: String, _ type: String, _ message: String, _ reasons: [String] = [])
            -> JUnitCase
        {
            JUnitCase(
                name: name, kind: .error, type: type, message: message,
                text: reasons.joined(separator: "\n"))
        }
        var generator = JUnitCase(name: "the generator kept its schedule")
        if verdict.generator == .invalid {
            generator = error(
                generator.name, "invalid", "the run is invalid", verdict.reasons(on: .generator))
        }
        var load = JUnitCase(name: "the offered load was reached")
        if verdict.load == .notReached {
            load = error(
                load.name, Verdict.Load.notReached.rawValue, "the offered load was not reached",
                verdict.reasons(on: .load))
        }
        var success = JUnitCase(name: "an exchange succeeded")
        if summary.totals[.succeeded] == 0 {
            success = error(success.name, "nothing_succeeded", "not one exchange succeeded")
        }
        var end = JUnitCase(name: "the run reached its end")
        if let broken = summary.run.brokenSLO {
            (end.kind, end.type, end.message) = (.failure, RunEnd.sloBroken.rawValue, broken)
        } else if let change = summary.run.changedInput {
            end = error(end.name, RunEnd.inputChanged.rawValue, change)
        } else if let how = summary.run.ended, how == .interrupted || how == .failed {
            end = error(end.name, how.rawValue, "it was \(how.rawValue)")
        }
        return [generator, load, success, end]
    }

    private static func slo(_ result: SLOResult) -> JUnitCase {
        if result.passed { return JUnitCase(name: result.expression) }
        if result.isVoid {
            return JUnitCase(name: result.expression, kind: .skipped, message: result.remark)
        }
        let samples = "\(Figures.count(result.samples)) samples"
        return JUnitCase(
            name: result.expression, kind: .failure,
            type: result.value == nil ? "not_measured" : "not_kept",
            message: result.value == nil ? result.remark : "\(result.valueText), \(samples)",
            text: TerminalReport.windows(of: result))
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
                return JUnitCase(
                    name: step, kind: summary.steps[step] == nil ? .skipped : .passed)
            }
            let count = rows.reduce(0) { $0 + $1.count }
            let all = summary.steps[step]?[.exchanges] ?? count
            return JUnitCase(
                name: step, kind: .failure, type: ErrorClass.expectation.rawValue,
                message: "\(Figures.count(count)) of \(Figures.count(all)) exchanges",
                text: rows.map(\.example).joined(separator: "\n"))
        }
    }
}

/// One test case, and what is wrong with it.
struct JUnitCase {
    enum Kind: String { case passed, failure, error, skipped }

    var name: String
    var kind = Kind.passed
    var type = ""
    var message = ""
    var text = ""

    func markup(in suite: String) -> Markup {
        let head: Markup =
            "    <testcase classname=\"chatload.\(suite)\" name=\"\(name)\" time=\"0\""
        let lines = text.split(separator: "\n").map { Markup("\n\(String($0))") }
        let skipped: Markup = message.isEmpty ? "" : " message=\"\(message)\""
        let content: Markup
        switch kind {
        case .passed: return head + "/>\n"
        case .skipped: content = "skipped\(skipped)/>"
        case .failure, .error:
            content = """
                \(kind.rawValue) type="\(type)" message="\(message)">\
                \(lines)</\(kind.rawValue)>
                """
        }
        return head + ">\n      <\(content)\n    </testcase>\n"
    }
}
