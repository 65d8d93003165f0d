import Base
import Networking

@testable import ChatloadKit

/// A made-up run that follows from its seed: what the tests of figures, logs and reports feed on.
struct SyntheticRun {
    static let stepNames = ["say", "poll", "login", "refund, \"urgent\"", "=cmd|' /C calc'!A0"]

    static let credentials = ["key, 1", "key 2"]

    let exchanges: [Exchange]
    let conversations: [ConversationRecord]

    /// With `streams` every second reply is streamed.
    init(seed: UInt64 = 7, count: Int = 6_000, streams: Bool = false) {
        var random = SeededRandom(seed: seed)
        var pieces = SeededRandom(seed: seed, stream: 1)
        exchanges = (0..<count).map { number in
            var exchange = Self.exchange(number: number, &random)
            if streams, exchange.step.index == 0 { SyntheticStream.fill(&exchange, &pieces) }
            return exchange
        }
        conversations = (0..<count / 5).map { Self.conversation(number: $0, &random) }
    }

    /// What it is to keep: some of it is kept, some is not, and some cannot be told.
    static let objectives: Objectives = {
        let thresholds = [
            "response.p99<800ms", "errors<1%", "step.say.reply.p95<500ms over 10s", "goodput>90%",
            "response.p99.9<2s", "exchanges_per_s>10",
        ]
        return Objectives(
            thresholds: thresholds.compactMap { try? Threshold(parsing: $0) },
            goodput: try? GoodputLimits(parsing: "response:150"))
    }()

    /// Nothing counted yet, for the same objectives.
    static var nothing: Aggregator { Aggregator(steps: StepTable(), objectives: objectives) }

    var steps: StepTable { StepTable(names: Self.stepNames) }

    /// Everything in one aggregator.
    var aggregator: Aggregator {
        var aggregator = Aggregator(
            steps: steps, credentials: Self.credentials, objectives: Self.objectives)
        for exchange in exchanges { aggregator.add(exchange) }
        for conversation in conversations { aggregator.add(conversation) }
        return aggregator
    }

    var description: RunDescription {
        var run = RunDescription(name: "20260102T030405Z-synthetic")
        run.started = "2026-01-02T03:04:05Z"
        run.service = "tamako"
        run.target = "http://127.0.0.1:8080"
        run.workloads = ["workloads/support.jsonl"]
        run.users = 50
        run.seed = 7
        run.settings = [
            "token": "****", "users": "50", "goodput": Self.objectives.goodput?.description ?? "",
            "slo": Self.objectives.thresholds.map(\.description).joined(separator: "\n"),
        ]
        run.versions = ["chatload": "0.1.0"]
        run.machine = ["cpus": "2"]
        return run
    }

    /// The two files of the log.
    var log: (exchanges: [UInt8], conversations: [UInt8]) {
        var rows = ByteBuffer()
        rows.append(ExchangeColumn.header)
        var encoder = RowEncoder(service: "tamako", credentials: Self.credentials)
        for exchange in exchanges {
            encoder.append(exchange, step: steps[exchange.step], to: &rows)
        }
        var talks = ByteBuffer()
        talks.append(ConversationColumn.header)
        for conversation in conversations { encoder.append(conversation, to: &talks) }
        return (rows.bytes, talks.bytes)
    }

    private static func exchange(number: Int, _ random: inout SeededRandom) -> Exchange {
        var exchange = Exchange()
        exchange.worker = number % 2
        exchange.user = number % 50 + 1
        exchange.iteration = number / 5 + 1
        exchange.script = number.isMultiple(of: 7) ? "re\"fund,\(number)" : "refund-\(number % 9)"
        exchange.turn = number % 5
        exchange.credential = number / 5 % 2
        exchange.attempt = number.isMultiple(of: 37) ? 2 : 1
        exchange.phase = phase(of: number)
        exchange.step = StepID(index: Int(random.next(upperBound: UInt64(stepNames.count))))
        let intended = Nanoseconds(Int64(number) * 10_000_000 + 12_345)
        let late = Nanoseconds(seconds: random.exponential(mean: 0.000_2))
        let service = Nanoseconds(seconds: random.logNormal(median: 0.04, sigma: 0.8))
        exchange.intended = intended
        if number.isMultiple(of: 11) { exchange.throttled = .milliseconds(3) }
        if number.isMultiple(of: 50) { exchange.connect = .microseconds(180) }
        let sent = intended + late + exchange.throttled + (exchange.connect ?? .zero)
        exchange.sent = sent
        exchange.firstByte = sent + Nanoseconds(service.count / 2)
        exchange.end = sent + service
        exchange.bytesOut = 200 + number % 100
        exchange.bytesIn = 300 + number % 1_000
        exchange.promptTokens = number % 13
        exchange.replyTokens = number % 40
        exchange.tokenSource = number.isMultiple(of: 3) ? .reported : .estimated
        exchange.status = 200
        if exchange.step.index == 0 {
            exchange.reply = service + .milliseconds(2)
            exchange.turnTime = exchange.end - intended + .milliseconds(2)
        }
        if random.unit() < 0.03 { fail(&exchange, &random) }
        return exchange
    }

    private static func phase(of number: Int) -> RunPhase {
        if number < 10 { return .warmup }
        if number < 20 { return .ramp }
        return number.isMultiple(of: 13) ? .drain : .main
    }

    private static func fail(_ exchange: inout Exchange, _ random: inout SeededRandom) {
        exchange.reply = nil
        switch random.next(upperBound: UInt64(5)) {
        case 0:
            exchange.outcome = .failed(.http5xx)
            exchange.status = 503
            exchange.detail = "=HYPERLINK(\"http://x\"), \"busy\"\r\nsecond line \u{1B}[31mred"
        case 1:
            exchange.outcome = .failed(.rejected)
            exchange.status = 429
            exchange.detail = "'quoted' first, Retry-After: \(random.next(upperBound: UInt64(9)))"
        case 2:
            exchange.outcome = .failed(.connectRefused)
            exchange.sent = nil
            exchange.firstByte = nil
            exchange.status = nil
        case 3:
            exchange.outcome = .failed(.malformedReply)
            exchange.detail = String(repeating: "机器人没有回答。", count: 12) + "\u{202E}end"
        default:
            exchange.outcome = .failed(.timeout)
            exchange.firstByte = nil
            exchange.status = nil
            exchange.end = exchange.intended + .seconds(60)
            exchange.detail = "no answer within 60 s from " + String(repeating: "x", count: 90)
        }
    }

    private static func conversation(
        number: Int, _ random: inout SeededRandom
    ) -> ConversationRecord {
        var conversation = ConversationRecord()
        conversation.worker = number % 2
        conversation.user = number % 50 + 1
        conversation.iteration = number + 1
        conversation.script = number.isMultiple(of: 4) ? "-dash" : "refund-\(number % 9)"
        conversation.started = Nanoseconds(Int64(number) * 50_000_000)
        let length = Nanoseconds(seconds: random.logNormal(median: 0.3, sigma: 0.5))
        conversation.ended = conversation.started + length
        conversation.turns = 4
        conversation.phase = phase(of: number * 5)
        conversation.exchanges = 5
        switch random.next(upperBound: UInt64(20)) {
        case 0: conversation.outcome = .failed
        case 1: conversation.outcome = .aborted
        default: break
        }
        return conversation
    }
}
