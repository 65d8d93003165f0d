import ChatloadKit
import Networking

/// What `plan` shows: a pure function of the order and the preview.
struct PlanReport {
    /// Requests shown of the first conversation.
    static let mostRequests = 6

    let order: RunOrder
    let typed: Keyed<String>
    /// The script whose requests are shown.
    let script: String
    let preview: Preview

    /// The report for people.
    var text: String {
        let command = order.plan.order.isReplay ? "replay" : "run"
        var text = "The plan of a \(command); nothing was sent.\n\n"
        for (name, value) in rows {
            let lines = value.split(separator: "\n")
            for (place, line) in lines.enumerated() {
                let label = place == 0 ? name : ""
                let gap = String(repeating: " ", count: max(16 - label.count, 1))
                text += "  " + label + gap + Printable.line(String(line)) + "\n"
            }
        }
        return text + "\n" + requests
    }

    /// Names and values in the order shown.
    var rows: [(name: String, value: String)] {
        let settings = order.plan.service.settings.masked.sorted { $0.key < $1.key }
        var rows = [
            ("service", order.plan.service.name.rawValue), ("target", target), ("TLS", tls),
            ("workload", typed["workload"] ?? ""), ("format", formats),
        ]
        rows += workloadRows + replayRows + loadRows
        rows += [
            ("parameters", settings.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")),
            ("headers", typed["header"] ?? ""), ("labels", typed["label"] ?? ""),
        ]
        return rows.filter { !$0.1.isEmpty }
    }

    var target: String {
        if order.sandbox != nil { return "the embedded sandbox" }
        return order.plan.target.description
    }

    private var tls: String {
        typed["insecure"] == "true" ? "the server's certificate is not verified (--insecure)" : ""
    }

    private var workloadRows: [(String, String)] {
        let (once, round) = (order.census.once, order.census.round)
        var conversations = Self.count(once.conversations)
        if round.conversations != once.conversations, !order.plan.order.isReplay {
            conversations += ", \(Self.count(round.conversations)) in a round with their weights"
        }
        let fewest = Self.count(once.fewestExchanges)
        let isExact = once.fewestExchanges == once.mostExchanges
        let exchanges = isExact ? fewest : "\(fewest) to \(Self.count(once.mostExchanges))"
        return [
            ("conversations", conversations),
            (
                "turns",
                "\(Self.count(once.turns)): \(Self.count(once.says)) said,"
                    + " \(Self.count(once.calls)) called"
            ),
            ("exchanges", exchanges + ", besides what a session needs once"),
            (
                "prompt tokens",
                "\(Self.count(once.promptTokens)), \(order.plan.tokens.meaning)"
            ),
            ("checks", checks), ("system prompts", systemPrompts),
            ("data", order.plan.feeder?.inWords ?? ""),
            ("size", Units.format(bytes: order.census.bytes)),
            ("left out", leftOut),
            ("passed over", rejected),
        ]
    }

    private var checks: String {
        let (demands, captures) = (order.census.once.expectations, order.census.once.captures)
        if demands == 0, captures == 0 { return "" }
        return "\(Self.count(demands)) turn\(demands == 1 ? "" : "s") with expectations,"
            + " \(Self.count(captures)) capture\(captures == 1 ? "" : "s")"
    }

    private var systemPrompts: String {
        let count = order.census.once.systemPrompts
        if count == 0 { return "" }
        let service = order.plan.service
        return service.systemParameter.map { "\(Self.count(count)), sent as \($0)" }
            ?? "\(Self.count(count)), left out: \(service.name.rawValue) takes none"
    }

    private var loadRows: [(String, String)] {
        let load = order.plan.load
        let limits = [
            load.conversations.map { Self.count($0) + " conversations" },
            load.exchanges.map { Self.count($0) + " exchanges" },
            load.duration.map(Units.exact),
        ]
        let timeouts = order.plan.timeouts
        return [
            ("users", order.plan.usersInWords), ("starts", load.arrivalsInWords),
            ("load", load.curveInWords), ("warm-up", load.warmupInWords),
            (
                "start jitter",
                load.startJitter == .zero ? "" : "up to " + Units.exact(load.startJitter)
            ),
            ("connections", order.plan.connections.inWords),
            ("stops after", limits.compactMap(\.self).joined(separator: " or ")),
            ("grace", Units.exact(load.grace)), ("think time", think),
            (
                "timeouts",
                "\(Units.exact(timeouts.total)) an exchange, \(Units.exact(timeouts.connect)) to"
                    + " connect"
            ),
            ("quotas", order.plan.quotas.map(\.specification).joined(separator: "\n")),
            ("credentials", credentials),
            ("when rejected", rejection), ("retries", order.plan.retry.inWords),
            ("SLOs", order.objectives.thresholds.map(\.description).joined(separator: "\n")),
            ("goodput", order.objectives.goodput?.description ?? ""),
            ("workers", "\(order.workers)"),
            ("seed", "\(order.plan.seed)" + (typed["seed"] == nil ? ", drawn" : "")),
            ("reports", order.output),
        ]
    }

    private var credentials: String {
        let labels = order.plan.credentials.map(\.label)
        if labels.isEmpty { return "" }
        let names = labels.prefix(10).joined(separator: ", ") + (labels.count > 10 ? ", …" : "")
        return "\(Self.count(labels.count)), \(order.plan.assignment.rawValue): \(names)"
    }

    private var rejection: String {
        switch order.plan.onReject {
        case .record: ""
        case .wait: "the credential pauses, and the exchange is tried again"
        case .stop: "the credential is not used any more"
        }
    }

    private var think: String {
        if let spread = order.plan.load.thinkOverride {
            return spread.specification + " before every turn"
        }
        if order.plan.clock.map({ $0.pace.turns != .think }) ?? false { return "" }
        let round = order.census.round
        let mean = round.think.count / Int64(max(round.conversations, 1))
        return mean == 0 ? "none" : Units.format(Nanoseconds(mean)) + " a conversation on average"
    }

    private var requests: String {
        var text = "The first conversation's requests (\(Printable.line(script, limit: 60))):\n"
        for exchange in preview.exchanges {
            text += "\nturn \(exchange.turn), \(exchange.operation.rawValue)"
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

    private static func count(_ count: Int) -> String { Units.format(count: count) }
}
