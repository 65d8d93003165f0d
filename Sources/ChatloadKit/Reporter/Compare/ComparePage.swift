/// `compare.html`: a comparison in one file for people who look at it in a browser.
struct ComparePage {
    let comparison: Comparison

    /// The whole page.
    var html: String {
        Page(
            title:
                "\(names(of: comparison.new)) and \(names(of: comparison.base)): chatload compare",
            head: head,
            sections: [
                Page.Section(id: "main", title: "Whole run", content: figures(ofSteps: false)),
                Page.Section(id: "curves", title: "Latency by percentile", content: curves),
                Page.Section(id: "steps", title: "Steps", content: figures(ofSteps: true)),
                Page.Section(id: "runs", title: "Runs", content: runs),
                Page.Section(id: "settings", title: "What differs besides", content: settings),
                Page.Section(id: "reading", title: "How to read this", content: reading),
            ]
        ).html
    }

    private func names(of side: ComparedSide) -> String {
        HTMLText.clipped(side.runs.joined(separator: ", "), to: 200)
    }

    private var reading: Markup {
        """
        <p>\(CompareWords.explanation(of: comparison))</p>
        <p>“No evidence” does not mean that nothing has changed: its interval says how large a \
        change may still be. “Too few samples” says that not even that can be told.</p>
        <p>How intervals and verdicts are made stands in <code>reports/README.md</code>; all \
        figures are in <code>compare.json</code> and <code>compare.csv</code>.</p>

        """
    }
}

/// What a reader must see first: what the comparison says, and whether it can be trusted.
extension ComparePage {
    private var head: Markup {
        let sides = [("BASE", comparison.base), ("NEW", comparison.new)].map { name, side in
            "\(name): \(names(of: side))"
        }
        return """
            <header>
            <h1>Has anything changed?</h1>
            <p class="soft">\(sides.joined(separator: " · "))</p>
            \(alarms)\(verdict)\(list(comparison.warnings, style: "notes alarm"))\
            \(list(comparison.notes, style: "soft"))\(limits)</header>

            """
    }

    private var alarms: Markup {
        if comparison.alarms.isEmpty { return "" }
        return """
            <div class="verdict invalid" role="alert"><b>Not to be believed</b>\
            \(list(comparison.alarms, style: ""))</div>

            """
    }

    private var verdict: Markup {
        let style =
            switch comparison.verdict {
            case .faster, .failsLess: "valid"
            case .slower, .mixed, .changed, .more, .fewer, .failsMore: "suspect"
            case .noEvidence, .tooFew, .biased: "unjudged"
            }
        let word = comparison.verdict.rawValue
        return """
            <div class="verdict \(style)"><b>\(word.prefix(1).uppercased() + word.dropFirst())</b>
            <p>\(CompareWords.sentence(of: comparison)).</p></div>

            """
    }

    private var limits: Markup {
        if comparison.limits.isEmpty { return "" }
        let items = comparison.limits.map { limit -> Markup in
            let style =
                switch limit.state {
                case .kept: "passed"
                case .broken, .notKept: "failed"
                case .unclear, .notJudged: "unjudged"
                }
            return """
                <li class="\(style)"><b>\(limit.state.rawValue)</b> \
                \(CompareWords.text(of: limit, in: comparison))</li>
                """
        }
        return "<ul class=\"badges\">\(items)</ul>\n"
    }

    private func list(_ sentences: [String], style: String) -> Markup {
        if sentences.isEmpty { return "" }
        let items = sentences.map { "<li>\(HTMLText.clipped($0))</li>" as Markup }
        return "<ul class=\"\(style)\">\(items)</ul>\n"
    }
}
