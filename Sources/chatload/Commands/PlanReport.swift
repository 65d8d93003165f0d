import Base
import ChatloadKit
import Networking

/// Plan report: what `plan` shows of a prepared run.
struct PlanReport {
    /// Requests shown of the first conversation.
    static let mostRequests = 6

    let order: PreparedRun
    let settings: RunSettings
    /// The script whose requests are shown.
    let script: String
    let preview: Preview

    /// The report of a run that these settings ask for.
    init(of order: PreparedRun, _ settings: RunSettings) async throws(Fault) {
        let first = order.plan.order.script(forIteration: 1)
        let written = try order.plan.workload.conversation(at: first)
        let conversation =
            order.plan.replyLengths?.drawn(for: written, iteration: 1) ?? written
        let host = order.sandbox == nil ? order.plan.target.authority : "sandbox"
        self.order = order
        self.settings = settings
        script = conversation.id
        preview = await order.plan.service.preview(
            of: conversation, host: host, row: order.plan.feeder?.rowOfFirst ?? [],
            limit: Self.mostRequests)
    }

    /// The report for people.
    var text: String {
        let command = plan.order.isReplay ? "replay" : "run"
        var text = "The plan of a \(command); nothing was sent.\n\n"
        for (name, value) in rows {
            for (place, line) in value.split(separator: "\n").enumerated() {
                let label = TextLayout.left(place == 0 ? name : "", 16)
                text += "  " + label + Printable.line(String(line)) + "\n"
            }
        }
        return text + "\n" + requests
    }

    /// Names and values in the order shown.
    var rows: [(name: String, value: String)] {
        let parameters = plan.service.setup.settings.masked.sorted { $0.key < $1.key }
        var rows = [
            ("service", plan.service.description.name), ("target", order.targetInWords),
            (
                "TLS",
                settings.tls.isInsecure
                    ? "the server's certificate is not verified (--insecure)" : ""
            ),
            ("workload", settings.plan.workload.files.joined(separator: "\n")),
            ("format", made == nil ? plan.workload.formats.titles.joined(separator: "\n") : ""),
            ("made prompts", made ?? ""),
            ("reply lengths", plan.replyLengths?.words ?? ""),
        ]
        rows += workloadRows + replayRows + loadRows
        rows += [
            ("parameters", parameters.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")),
            ("headers", settings.service.headers.text(joinedBy: ": ")),
            ("labels", settings.output.labels.text(joinedBy: "=")),
        ]
        return rows.filter { !$0.1.isEmpty }
    }

    private var plan: Plan { order.plan }

    /// What is made instead of a workload; nil where nothing is.
    private var made: String? { plan.workload.made?.words }

    private var workloadRows: [(String, String)] {
        let (once, round) = (order.census.once, order.census.round)
        var conversations = Figures.count(once.conversations)
        if round.conversations != once.conversations, !plan.order.isReplay {
            conversations += ", \(Figures.count(round.conversations)) in a round with their weights"
        }
        if made != nil { conversations = "without end; of the first one:" }
        let fewest = Figures.count(once.fewestExchanges)
        let isExact = once.fewestExchanges == once.mostExchanges
        let exchanges = isExact ? fewest : "\(fewest) to \(Figures.count(once.mostExchanges))"
        return [
            ("conversations", conversations),
            (
                "turns",
                "\(Figures.count(once.turns)): \(Figures.count(once.says)) said,"
                    + " \(Figures.count(once.calls)) called"
            ),
            ("exchanges", exchanges + ", besides what a session needs once"),
            (
                "prompt tokens",
                "\(Figures.count(once.promptTokens)), \(plan.tokens.meaning)"
            ),
            ("checks", checks), ("system prompts", systemPrompts),
            ("data", plan.feeder?.inWords ?? ""),
            ("size", Figures.bytes(order.census.bytes)),
            ("left out", leftOut),
            ("passed over", rejected),
        ]
    }

    private var checks: String {
        let (demands, captures) = (order.census.once.expectations, order.census.once.captures)
        if demands == 0, captures == 0 { return "" }
        return "\(Figures.count(demands, "turn")) with expectations,"
            + " \(Figures.count(captures, "capture"))"
    }

    private var systemPrompts: String {
        let count = order.census.once.systemPrompts
        if count == 0 { return "" }
        let service = plan.service
        return service.description.systemParameter.map { "\(Figures.count(count)), sent as \($0)" }
            ?? "\(Figures.count(count)), left out: \(service.description.name) takes none"
    }

    private var loadRows: [(String, String)] {
        let load = plan.load
        let limits = [
            load.conversations.map { Figures.count($0) + " conversations" },
            load.exchanges.map { Figures.count($0) + " exchanges" },
            load.duration.map(Units.exact),
        ]
        let timeouts = plan.timeouts
        return [
            ("users", plan.usersInWords), ("starts", load.arrivalsInWords),
            ("load", load.curveInWords), ("warm-up", load.warmupInWords),
            ("begin", load.startInWords),
            ("connections", plan.connections.inWords),
            ("stops after", limits.compactMap(\.self).joined(separator: " or ")),
            ("grace", Units.exact(load.grace)), ("think time", think),
            (
                "timeouts",
                "\(Units.exact(timeouts.total)) an exchange, \(Units.exact(timeouts.connect)) to"
                    + " connect"
            ),
            ("quotas", plan.quotas.map(\.specification).joined(separator: "\n")),
            ("credentials", credentials),
            ("when rejected", rejection), ("retries", plan.retry.inWords),
            ("SLOs", order.objectives.thresholds.map(\.description).joined(separator: "\n")),
            ("goodput", order.objectives.goodput?.description ?? ""),
            ("workers", "\(order.workers)"),
            ("seed", "\(plan.seed)" + (settings.plan.seed == nil ? ", drawn" : "")),
            ("reports", order.output),
        ]
    }

    private var credentials: String {
        let labels = plan.credentials.map(\.label)
        if labels.isEmpty { return "" }
        let names = labels.prefix(10).joined(separator: ", ") + (labels.count > 10 ? ", …" : "")
        return "\(Figures.count(labels.count)), \(plan.assignment.rawValue): \(names)"
    }

    private var rejection: String {
        switch plan.onReject {
        case .record: ""
        case .wait: "the credential pauses, and the exchange is tried again"
        case .stop: "the credential is not used any more"
        }
    }

    private var think: String {
        if let spread = plan.load.thinkOverride {
            return spread.specification + " before every turn"
        }
        if plan.clock.map({ $0.pace.turns != .think }) ?? false { return "" }
        let round = order.census.round
        let mean = round.think.count / Int64(max(round.conversations, 1))
        return mean == 0 ? "none" : Units.format(Nanoseconds(mean)) + " a conversation on average"
    }

    private var requests: String {
        var text = "The first conversation's requests (\(Printable.line(script, limit: 60))):\n"
        for exchange in preview.exchanges {
            text += "\nturn \(exchange.turn), \(exchange.step)"
            if exchange.pause > .zero { text += ", \(Units.format(exchange.pause)) later" }
            text += "\n"
            var lines = exchange.request.split(separator: "\n", omittingEmptySubsequences: false)
            while lines.last?.isEmpty == true { lines.removeLast() }
            for line in lines {
                text += line.isEmpty ? "\n" : "  " + Printable.line(String(line), limit: 500) + "\n"
            }
        }
        if preview.isCutShort { text += "\nand more\n" }
        if let failure = preview.failure {
            text += "\nthe rest depends on the service's replies (\(failure.detail))\n"
        }
        return text
    }
}

/// What a plan says of a replay.
extension PlanReport {
    /// How many conversations are replayed, and over what time; nothing of a run.
    var replayRows: [(String, String)] {
        guard plan.order.isReplay else { return [] }
        let count = Figures.count(plan.conversationLimit ?? 0)
        var rows = [("replay", "\(count) conversations, once each, as fast as allowed")]
        guard let clock = plan.clock else { return rows }
        rows = [
            (
                "replay",
                "\(count) conversations that started over \(Units.format(clock.recordedSpan)),"
                    + " once each"
            ),
            ("speed", speed(of: clock)),
            ("later turns", later(clock.pace.turns)),
        ]
        return rows
    }

    private func speed(of clock: ReplayClock) -> String {
        let gap = clock.pace.maxGap.map { ", no gap over \(Units.exact($0))" } ?? ""
        let speed = clock.pace.speed
        let text = speed.rounded() == speed ? "\(Int(speed))" : "\(speed)"
        return "\(text)x\(gap): the last conversation starts after"
            + " \(Units.format(clock.end))"
    }

    private func later(_ turns: TurnTiming) -> String {
        let untimed = order.census.untimedTurns
        let rest =
            untimed == 0
            ? "" : ";\n\(Figures.count(untimed)) without one follow the reply before"
        return switch turns {
        case .recorded: "at their recorded times, but not before the reply before\(rest)"
        case .think: "the think time after the reply before"
        case .strict: "at their recorded times, whether or not the reply before is there"
        }
    }
}

extension [WorkloadFormat] {
    /// What files were recognised as, each format once.
    var titles: [String] {
        reduce(into: []) { titles, format in
            if !titles.contains(format.title) { titles.append(format.title) }
        }
    }
}

extension PlanReport {
    var leftOut: String {
        order.review.omissions.found.filter(\.kind.isLeftOut).map { $0.kind.words($0.count) }
            .joined(separator: "\n")
    }

    var rejected: String {
        let review = order.review
        if review.rejected.count == 0 { return "" }
        let all = Figures.count(review.rejected.count + order.census.once.conversations)
        var lines = [
            "\(Figures.count(review.rejected.count)) of \(all) conversations have errors:"
        ]
        lines += review.complaints.map(\.description)
        let others = review.complaintCount - review.complaints.count
        if others > 0 { lines.append("and \(Figures.count(others)) more errors") }
        return lines.joined(separator: "\n")
    }
}

extension PlanReport {
    /// The report for programs, one JSON object. Tokens are estimates, durations are nanoseconds.
    var json: String {
        var buffer = ByteBuffer()
        buffer.append { object in
            appendWorkload(to: &object)
            appendLoad(to: &object)
            object.append(key: "requests")
            object.append(array: preview.exchanges) { requests, exchange in
                requests.append { request in
                    request.append("turn", exchange.turn)
                    request.append("operation", exchange.step)
                    request.append("request", exchange.request)
                }
            }
        }
        return buffer.text + "\n"
    }

    /// Appends what is sent and where to.
    private func appendWorkload(to object: inout ByteBuffer) {
        let once = order.census.once
        object.append("schema", "chatload.plan/1")
        object.append("service", plan.service.description.name)
        object.append("target", order.sandbox == nil ? order.targetInWords : nil)
        object.append("formats", plan.workload.formats.map(\.rawValue))
        object.append("conversations", once.conversations)
        object.append("rejected", order.review.rejected.count)
        object.append("rejections", order.review.complaints.map(\.description))
        object.append("left_out") { kinds in
            for (kind, count) in order.review.omissions.found { kinds.append("\(kind)", count) }
        }
        object.append("made_prompts", plan.workload.made?.words)
        object.append("reply_length", plan.replyLengths?.words)
        object.append("turns", once.turns)
        object.append("exchanges_min", once.fewestExchanges)
        object.append("exchanges_max", once.mostExchanges)
        object.append("prompt_tokens", once.promptTokens)
        object.append("expectations", once.expectations)
        object.append("captures", once.captures)
        object.append("system_prompts", once.systemPrompts)
        if let feeder = plan.feeder {
            object.append("data", feeder.table.path)
            object.append("data_rows", feeder.table.count)
            object.append("data_columns", feeder.table.columns)
            object.append("data_order", feeder.order.rawValue)
            object.append("data_per", feeder.per.rawValue)
        }
        object.append("workload_bytes", order.census.bytes)
    }

    /// Appends when and how it is sent, and what is made of it.
    private func appendLoad(to object: inout ByteBuffer) {
        let load = plan.load
        object.append("users", load.users)
        if let arrivals = load.arrivals {
            object.append("rate_per_s", literal: arrivals.rate)
            object.append("gap_cv", literal: arrivals.process.variation)
        }
        object.append("curve", load.curve?.specification)
        appendReplay(to: &object)
        object.append("warmup", load.warmup == nil ? nil : load.warmupInWords)
        object.append("stop_conversations", load.conversations)
        object.append("stop_exchanges", load.exchanges)
        object.append("stop_duration_ns", literal: load.duration?.count)
        object.append("grace_ns", literal: load.grace.count)
        object.append("timeout_ns", literal: plan.timeouts.total.count)
        object.append("connect_timeout_ns", literal: plan.timeouts.connect.count)
        object.append("quotas", plan.quotas.map(\.specification))
        object.append("credentials", plan.credentials.map(\.label))
        object.append("on_reject", plan.onReject.rawValue)
        object.append("retry", plan.retry.most)
        object.append("retry_delay_ns", literal: plan.retry.delay.count)
        object.append("retry_unsafe", literal: plan.retry.repeatsUnsafe)
        object.append("tokens", plan.tokens.specification)
        object.append("slo", order.objectives.thresholds.map(\.description))
        object.append("goodput", order.objectives.goodput?.description)
        object.append("workers", order.workers)
        object.append("seed", literal: plan.seed)
        object.append("output", order.output)
    }

    /// Appends what is replayed; null of a run.
    private func appendReplay(to object: inout ByteBuffer) {
        guard plan.order.isReplay else { return object.append("replay", literal: nil) }
        let clock = plan.clock
        object.append("replay") { replay in
            replay.append("conversations", plan.conversationLimit)
            replay.append("speed", literal: clock?.pace.speed)
            replay.append("turns", clock?.pace.turns.rawValue)
            replay.append("max_gap_ns", literal: clock?.pace.maxGap?.count)
            replay.append("recorded_ns", literal: clock?.recordedSpan.count)
            replay.append("played_ns", literal: clock?.end.count)
            replay.append("turns_without_time", clock == nil ? nil : order.census.untimedTurns)
        }
    }
}
