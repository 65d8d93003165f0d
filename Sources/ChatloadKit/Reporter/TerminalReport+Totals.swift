extension TerminalReport {
    /// That nothing succeeded, where nothing did: then nothing else is worth reading before it.
    var outcome: [Line] {
        summary.failureInWords.map { wrapped($0, label: "", indent: 0) }?
            .map { Line($0.text, .alarm) } ?? []
    }

    /// Whether the figures can be trusted, and why not: what a reader must see first.
    var verdict: [Line] {
        let verdict = summary.verdict
        let isFine = verdict.generator == .valid || verdict.generator == .notJudged
        let title = "Generator \(verdict.generator.rawValue): \(verdict.generator.meaning)"
        var lines = [Line(title, isFine ? .title : .alarm)]
        lines += reasons(verdict.reasons(on: .generator), isFine: isFine)
        if let load = verdict.load, load == .notReached {
            lines += wrapped(load.sentence, label: "", indent: 0).map { Line($0.text, .alarm) }
            lines += reasons(verdict.reasons(on: .load), isFine: false)
        }
        return lines
    }

    private func reasons(_ reasons: [String], isFine: Bool) -> [Line] {
        reasons.flatMap { wrapped($0, label: isFine ? "-" : "!", indent: 2) }
            .map { Line($0.text, isFine ? .plain : .alarm) }
    }

    /// What was counted over the whole run.
    var totals: [Line] {
        let totals = summary.totals
        var lines = [Line("Totals", .title)]
        lines += wrapped(text(of: totals.conversations), label: "conversations")
        if totals.goodTurns != nil { lines += wrapped(turns(of: totals), label: "turns") }
        lines += wrapped(exchanges(of: totals), label: "exchanges")
        if totals.retries > 0 {
            lines += wrapped(
                "\(Figures.count(totals.retries)) attempts beyond the first, "
                    + "\(Figures.count(totals.saved)) of which succeeded and saved their turn",
                label: "retries")
        }
        if let interims = totals.interimResponses, interims > 0 {
            lines += wrapped(
                "\(Figures.count(interims)) interim responses (1xx), in no time to first byte",
                label: "interim")
        }
        if totals.throttled > 0 {
            lines += wrapped(
                "\(Figures.count(totals.throttled)) held back by our quotas, "
                    + "\(Figures.duration(totals.throttledSeconds * 1_000)) in all",
                label: "throttled")
        }
        if totals.span.length > 0 { lines += wrapped(rate(of: totals), label: "rate") }
        lines += wrapped(
            "\(Figures.bytes(totals.bytesOut)) sent, \(Figures.bytes(totals.bytesIn)) received",
            label: "bytes")
        lines += wrapped(
            "\(Figures.count(totals.promptTokens)) in prompts, "
                + "\(Figures.count(totals.replyTokens)) in replies (\(totals.tokenSource))",
            label: "tokens")
        let warmup = summary.warmup
        if warmup.exchanges + warmup.conversations > 0 {
            lines += wrapped(
                "\(Figures.count(warmup.exchanges)) exchanges in "
                    + "\(Figures.count(warmup.conversations)) conversations, in no other figure",
                label: "warm-up")
        }
        return lines
    }

    /// The load that was made beside the one that was asked for, and how late the generator was.
    var schedule: [Line] {
        var lines = [Line("Schedule", .title)]
        let verdict = summary.verdict
        if let schedule = verdict.schedule { lines += self.lines(of: schedule) }
        for (figures, label) in [
            (summary.lateness.starts, "starts late"), (summary.lateness.turns, "turns late"),
        ] where figures.count > 0 {
            lines += wrapped(lateness(figures), label: label)
        }
        lines += wrapped(lateness(verdict.scheduleLag), label: "sent late")
        if verdict.loopLag.count > 0 {
            lines += wrapped(lateness(verdict.loopLag), label: "loops late")
        }
        lines += arrivals
        if !verdict.stalls.isEmpty { lines += wrapped(verdict.stalls.inWords, label: "stalls") }
        if let load = verdict.greatestLoad {
            let percent = Figures.decimal(load * 100, places: 0)
            lines += wrapped("\(percent) % of a core by the busiest worker", label: "busy")
        }
        return lines
    }

    /// The window without warm-up, ramps and drain, where it is not the whole run.
    var steady: [Line] {
        let totals = summary.steady.totals
        if totals.exchanges == summary.totals.exchanges || totals.exchanges == 0 { return [] }
        var lines = [Line("Steady window, without warm-up, ramps and drain", .title)]
        lines += wrapped(text(of: totals.conversations), label: "conversations")
        lines += wrapped(exchanges(of: totals), label: "exchanges")
        if totals.span.length > 0 { lines += wrapped(rate(of: totals), label: "rate") }
        let latency = summary.steady.latency
        return lines + [percentileHead, row("response", latency.response)]
            + [row("service", latency.service), row("reply", latency.reply)]
            + notes { $0.scope == .steady }
    }

    private func lines(of schedule: ScheduleFigures) -> [Line] {
        var lines: [Line] = []
        if let requested = schedule.requestedRate, let achieved = schedule.achievedRate {
            let spread = schedule.variation.map { Figures.decimal($0, places: 2) }
            lines += wrapped(
                "\(Figures.decimal(requested, places: 2)) conversations/s requested, "
                    + "\(Figures.decimal(achieved, places: 2)) achieved; "
                    + "gap cv \(spread ?? Figures.missing)",
                label: "rate")
            lines += wrapped(
                "\(Figures.count(schedule.started)) of \(Figures.count(schedule.due)); "
                    + "\(Figures.count(schedule.dropped)) found no free user, "
                    + "\(Figures.count(schedule.missed)) given up after a stall",
                label: "starts")
        }
        let wanted = schedule.wantedUsers.map { " of \(Figures.count($0)) wanted" } ?? ""
        let waited = schedule.waited.map { ", \(Figures.count($0)) starts waited for one" } ?? ""
        lines += wrapped(
            "at most \(Figures.count(schedule.maxUsers))\(wanted) at work, "
                + "\(Figures.count(schedule.maxConnected)) connected\(waited)",
            label: "users")
        if let span = schedule.startSpan {
            lines += wrapped(
                "evenly over \(Figures.duration(span * 1_000)), which is the ramp "
                    + "(--start-jitter 0 for all at once)", label: "begin")
        }
        if let seconds = schedule.backedOffSeconds, seconds > 0 {
            lines += wrapped(
                "users waited \(Figures.duration(seconds * 1_000)) in all after immediate failures",
                label: "backed off")
        }
        if let reconnects = schedule.reconnects, reconnects > 0 {
            lines += wrapped(
                "\(Figures.count(reconnects)) after the service had closed an idle connection, "
                    + "\(Figures.count(schedule.repeatedRequests ?? 0)) requests sent again",
                label: "reconnects")
        }
        return lines
    }

    private func text(of talks: ConversationCounts) -> String {
        "\(Figures.count(talks.started)) started: \(Figures.count(talks.completed)) completed, "
            + "\(Figures.count(talks.failed)) failed, "
            + "\(Figures.count(talks.aborted)) cut off by the end"
    }

    private func turns(of totals: Totals) -> String {
        let good = totals.goodTurns ?? 0
        return "\(Figures.count(totals.turns)), \(Figures.count(good)) within the limits of the "
            + "goodput (\(Figures.share(good, of: totals.turns)))"
    }

    /// All that did not succeed failed; the rejected ones are some of these.
    private func exchanges(of totals: Totals) -> String {
        let failed = totals.failed
        let rejected =
            totals.rejected == 0
            ? "" : ", of which \(Figures.count(totals.rejected)) rejected (429 or 529)"
        return "\(Figures.count(totals.exchanges)): \(Figures.count(totals.succeeded)) succeeded, "
            + "\(Figures.count(failed)) failed (\(Figures.share(failed, of: totals.exchanges)))"
            + rejected
    }

    private func rate(of totals: Totals) -> String {
        let span = totals.span
        let (begin, end) = (
            Figures.duration(span.begin * 1_000), Figures.duration(span.end * 1_000)
        )
        return "\(Figures.decimal(totals.turnsPerSecond, places: 2)) turns/s succeeded; "
            + "\(Figures.decimal(totals.exchangesPerSecond, places: 2)) exchanges/s, "
            + "\(Figures.decimal(totals.successesPerSecond, places: 2)) of them succeeded; over "
            + "\(Figures.duration(span.length * 1_000)) of load, from \(begin) to \(end)"
    }

    func lateness(_ lag: Distribution) -> String {
        "p50 \(Figures.duration(lag.p50)), p99 \(Figures.duration(lag.p99)), "
            + "max \(Figures.duration(lag.max))"
    }
}
