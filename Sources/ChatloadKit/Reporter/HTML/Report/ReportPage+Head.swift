/// What a reader must see first: whether the figures can be trusted, and how the SLOs did.
extension ReportPage {
    var head: Markup {
        let run = summary.run
        let notes = Self.items(summary.notes)
        let noteList: Markup = notes.isEmpty ? "" : "<ul class=\"notes\">\(notes)</ul>\n"
        let workloads = run.workloads.joined(separator: " ")
        return """
            <header>
            <h1>\(run.name)</h1>
            <p class="soft">\(run.command) of \(workloads) on \(run.service) at \
            \(run.target), \(run.started)</p>
            \(outcome)\(verdict)\(noteList)\(badges)</header>

            """
    }

    private var outcome: Markup {
        guard let words = summary.failureInWords else { return "" }
        return
            "<div class=\"verdict invalid\" role=\"alert\"><b>\(HTMLText.clipped(words, to: 400))</b></div>\n"
    }

    private var verdict: Markup {
        let grade = summary.verdict.generator
        let style =
            switch grade {
            case .notJudged: "unjudged"
            case .valid: "valid"
            case .suspect: "suspect"
            case .invalid: "invalid"
            }
        let role: Markup = grade == .invalid ? " role=\"alert\"" : ""
        return """
            <div class="verdict \(style)"\(role)><b>Generator \(grade.rawValue)</b>
            <p>\(Self.sentence(grade.meaning))</p>\(reasons(on: .generator))</div>
            \(offeredLoad)
            """
    }

    /// Only where the load was not reached: that it was is what everybody takes for granted.
    private var offeredLoad: Markup {
        guard let load = summary.verdict.load, load == .notReached else { return "" }
        return """
            <div class="verdict invalid" role="alert"><b>\(load.sentence).</b>\
            \(reasons(on: .load))</div>

            """
    }

    private func reasons(on subject: VerdictFinding.Subject) -> Markup {
        let items = Self.items(summary.verdict.reasons(on: subject))
        return items.isEmpty ? "" : "<ul>\(items)</ul>"
    }

    private var badges: Markup {
        if summary.slo.isEmpty { return "" }
        let items = summary.slo.prefix(Self.rowLimit).map { result -> Markup in
            let style = result.isVoid ? "void" : result.passed ? "passed" : "failed"
            let details = [
                Self.number(result.samples, "sample"), TerminalReport.windows(of: result),
                result.remark,
            ].filter { !$0.isEmpty }
            let expression = HTMLText.clipped(result.expression, to: 200)
            let more = HTMLText.clipped(details.joined(separator: "; "), to: 200)
            return """
                <li class="\(style)"><b>\(result.word)</b> <code>\(expression)</code>: \
                \(result.valueText)<br><small>\(more)</small></li>
                """
        }
        return "<h2 class=\"slos\">\(summary.slo.title)</h2>\n<ul class=\"badges\">\(items)</ul>\n"
    }

    /// The figures that most people came for.
    var tiles: Markup {
        let totals = summary.totals
        let failed = totals.failed
        var tiles = [
            tile(
                "Turns/s", Figures.decimal(totals.turnsPerSecond, places: 2),
                "that succeeded, over \(Figures.duration(totals.span.length * 1_000)) of load"),
            tile(
                "Successes/s", Figures.decimal(totals.successesPerSecond, places: 2),
                "of \(Figures.decimal(totals.exchangesPerSecond, places: 2)) exchanges/s"),
            tile("Response p50", .p50, \.p50), tile("Response p95", .p95, \.p95),
            tile("Response p99", .p99, \.p99),
            tile("Slowest response", Figures.duration(summary.latency.response.max)),
            tile(
                "Failed", Figures.count(failed),
                "\(Figures.share(failed, of: totals.exchanges)) of the exchanges",
                isAlarm: failed > 0),
            tile(
                "Rejected", Figures.count(totals.rejected),
                "of those that failed, status 429 or 529",
                isAlarm: totals.rejected > 0),
            tile(
                "Exchanges", Figures.count(totals.exchanges),
                "in \(Figures.decimal(totals.durationSeconds, places: 1)) s"),
        ]
        tiles += furtherTiles
        return "<dl class=\"tiles\">\(tiles)</dl>\n"
    }

    private var furtherTiles: [Markup] {
        let totals = summary.totals
        let talks = totals.conversations
        var tiles = [
            tile(
                "Conversations", Figures.count(talks.started),
                "\(Figures.count(talks.completed)) completed, \(Figures.count(talks.failed)) "
                    + "failed, \(Figures.count(talks.aborted)) cut off by the end")
        ]
        if let users = summary.verdict.schedule?.maxUsers {
            tiles.append(tile("Most users at once", Figures.count(users)))
        }
        if let goodput = totals.goodput {
            tiles.append(
                tile("Goodput", "\(Figures.decimal(goodput * 100, places: 1)) %", "of the turns"))
        }
        if totals.retries > 0 {
            tiles.append(
                tile(
                    "Retries", Figures.count(totals.retries),
                    "\(Figures.count(totals.saved)) saved their turn"))
        }
        if totals.throttled > 0 {
            tiles.append(
                tile(
                    "Throttled", Figures.count(totals.throttled),
                    "\(Figures.duration(totals.throttledSeconds * 1_000)) in all"))
        }
        if totals.promptTokens + totals.replyTokens > 0 {
            tiles.append(
                tile(
                    "Reply tokens", Figures.count(totals.replyTokens),
                    "\(Figures.count(totals.promptTokens)) in prompts, \(totals.tokenSource)"))
        }
        return tiles
    }

    /// A percentile of the response time, or how many samples it takes.
    private func tile(
        _ name: String, _ percentile: Percentile, _ place: KeyPath<Distribution, Double?>
    ) -> Markup {
        let latency = summary.latency
        guard let value = latency.response[keyPath: place] else {
            return tile(name, Figures.missing, "takes \(percentile.samplesNeeded) successes")
        }
        let service = Figures.duration(latency.service[keyPath: place])
        return tile(name, Figures.duration(value), "service \(service)")
    }

    private func tile(
        _ name: String, _ value: String, _ more: String = "", isAlarm: Bool = false
    ) -> Markup {
        let small: Markup = more.isEmpty ? "" : "<small>\(more)</small>"
        let style: Markup = isAlarm ? " class=\"alarm\"" : ""
        return "<div><dt>\(name)</dt><dd\(style)>\(value)\(small)</dd></div>\n"
    }

    private static func items(_ texts: [String]) -> Markup {
        Markup(texts.prefix(50).map { "<li>\(HTMLText.clipped($0, to: 500))</li>" })
    }

    private static func sentence(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst() + "."
    }
}
