/// `report.html`: a run in one file for people who look at it in a browser.
///
/// A function of the summary and of the waterfalls of its slowest conversations. It is bounded
/// however long the run was: what is beyond the limits below is in the other files.
struct ReportPage {
    let summary: Summary
    let waterfalls: [Waterfall]

    /// The most rows of a table that grows with the errors, the credentials or the settings.
    static let rowLimit = 100
    /// The most steps in their table, the busiest ones.
    static let stepLimit = 500

    /// The whole page.
    var html: String {
        Page(
            title: "\(summary.run.name): chatload report", head: head,
            sections: [
                Page.Section(id: "figures", title: "Key figures", content: tiles),
                Page.Section(id: "latency", title: "Latency", content: latency),
                Page.Section(id: "time", title: "Over time", content: overTime),
                Page.Section(id: "steps", title: "Steps", content: steps),
                Page.Section(id: "errors", title: "Errors", content: errors),
                Page.Section(id: "limits", title: "Credentials and quotas", content: limits),
                Page.Section(id: "replay", title: "Replay", content: replay),
                Page.Section(
                    id: "conversations", title: "Slowest conversations", content: conversations),
                Page.Section(id: "load", title: "Load and generator", content: load),
                Page.Section(id: "settings", title: "Settings and machine", content: settings),
                Page.Section(id: "reading", title: "How to read this", content: reading),
            ]
        ).html
    }

    private var reading: Markup {
        """
        <p>Response time counts from when a request should have left, service time from when it \
        did. When they differ, a quota, this machine or a connection was late, and response time \
        is what a user would have felt. Failures are in no latency but “failed”.</p>
        <p>A percentile is shown only where enough samples stand behind it: ⌈ln 0.01 / ln p⌉, so \
        that at 99 % confidence it is no higher than the greatest of them. p50 takes 7, p90 44, \
        p99 459, p99.9 4,603. Otherwise there is a –.</p>
        <p>All figures are in <code>summary.json</code> and <code>summary.csv</code>, the points \
        over time in <code>timeline.csv</code>, every kind of error in <code>errors.csv</code>, and \
        every exchange in <code>exchanges.csv</code>, unless the run kept no log.</p>

        """
    }
}
