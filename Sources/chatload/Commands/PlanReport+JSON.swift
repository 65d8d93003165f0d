import ChatloadKit
import Networking

extension PlanReport {
    /// The report for programs, one JSON object. Tokens are estimates, durations are nanoseconds.
    var json: String {
        let (load, once) = (order.plan.load, order.census.once)
        var object = JSONObjectText()
        object.add("schema", "chatload.plan/1")
        object.add("service", order.plan.service.name.rawValue)
        object.add("target", order.sandbox == nil ? target : nil)
        object.add("formats", order.plan.workload.formats.map(\.rawValue))
        object.add("conversations", once.conversations)
        object.add("rejected", order.review.rejected.count)
        object.add("rejections", order.review.complaints.map(\.description))
        object.add(key: "left_out", raw: leftOutObject)
        object.add("turns", once.turns)
        object.add("exchanges_min", once.fewestExchanges)
        object.add("exchanges_max", once.mostExchanges)
        object.add("prompt_tokens", once.promptTokens)
        object.add("expectations", once.expectations)
        object.add("captures", once.captures)
        object.add("system_prompts", once.systemPrompts)
        if let feeder = order.plan.feeder {
            object.add("data", feeder.table.path)
            object.add("data_rows", feeder.table.count)
            object.add("data_columns", feeder.table.columns)
            object.add("data_order", feeder.order.rawValue)
            object.add("data_per", feeder.per.rawValue)
        }
        object.add("workload_bytes", order.census.bytes)
        object.add("users", load.users)
        if let arrivals = load.arrivals {
            object.add(key: "rate_per_s", raw: "\(arrivals.rate)")
            object.add(key: "gap_cv", raw: "\(arrivals.process.variation)")
        }
        object.add("curve", load.curve?.specification)
        object.add(key: "replay", raw: replay ?? "null")
        object.add("warmup", load.warmup == nil ? nil : load.warmupInWords)
        object.add("stop_conversations", load.conversations)
        object.add("stop_exchanges", load.exchanges)
        object.add("stop_duration_ns", load.duration.map { Int($0.count) })
        object.add("grace_ns", Int(load.grace.count))
        object.add("timeout_ns", Int(order.plan.timeouts.total.count))
        object.add("connect_timeout_ns", Int(order.plan.timeouts.connect.count))
        object.add("quotas", order.plan.quotas.map(\.specification))
        object.add("credentials", order.plan.credentials.map(\.label))
        object.add("on_reject", order.plan.onReject.rawValue)
        object.add("retry", order.plan.retry.most)
        object.add("retry_delay_ns", Int(order.plan.retry.delay.count))
        object.add(key: "retry_unsafe", raw: "\(order.plan.retry.repeatsUnsafe)")
        object.add("tokens", order.plan.tokens.specification)
        object.add("slo", order.objectives.thresholds.map(\.description))
        object.add("goodput", order.objectives.goodput?.description)
        object.add("workers", order.workers)
        object.add(key: "seed", raw: "\(order.plan.seed)")
        object.add("output", order.output)
        let requests = preview.exchanges.map { exchange in
            var request = JSONObjectText()
            request.add("turn", exchange.turn)
            request.add("operation", exchange.operation.rawValue)
            request.add("request", exchange.request)
            return request.text
        }
        object.add(key: "requests", raw: "[" + requests.joined(separator: ",") + "]")
        return object.text + "\n"
    }
}

extension PlanReport {
    /// What was left out, by its kind's name.
    fileprivate var leftOutObject: String {
        var object = JSONObjectText()
        for (kind, count) in order.review.omissions.found { object.add("\(kind)", count) }
        return object.text
    }

    /// What is replayed; nil of a run.
    private var replay: String? {
        guard order.plan.order.isReplay else { return nil }
        let clock = order.plan.clock
        var object = JSONObjectText()
        object.add("conversations", order.plan.conversationLimit)
        object.add(key: "speed", raw: clock.map { "\($0.pace.speed)" } ?? "null")
        object.add("turns", clock?.pace.turns.rawValue)
        object.add("max_gap_ns", clock?.pace.maxGap.map { Int($0.count) })
        object.add("recorded_ns", clock.map { Int($0.recordedSpan.count) })
        object.add("played_ns", clock.map { Int($0.end.count) })
        object.add("turns_without_time", clock == nil ? nil : order.census.untimedTurns)
        return object.text
    }
}

/// Writes one JSON object, member by member.
private struct JSONObjectText {
    private var members: [String] = []

    var text: String { "{" + members.joined(separator: ",") + "}" }

    mutating func add(_ key: String, _ value: String?) {
        add(key: key, raw: value.map(Self.quoted) ?? "null")
    }

    mutating func add(_ key: String, _ value: Int?) {
        add(key: key, raw: value.map { "\($0)" } ?? "null")
    }

    mutating func add(_ key: String, _ values: [String]) {
        add(key: key, raw: "[" + values.map(Self.quoted).joined(separator: ",") + "]")
    }

    mutating func add(key: String, raw: String) { members.append(Self.quoted(key) + ":" + raw) }

    private static func quoted(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.append(jsonEscaped: text)
        return "\"" + buffer.text + "\""
    }
}
