import Base
import ChatloadKit
import Networking

/// A probe for programs: one JSON object when it is over. Spans of time are nanoseconds.
struct ProbeJSON: ProbeWriter {
    let opening = ""
    private var object = JSONObjectText()
    private var mask: ProbeMask
    private var exchanges: [String] = []

    init(of order: PreparedRun, conversation: String, mask: ProbeMask) {
        self.mask = mask
        object.add("schema", "chatload.probe/1")
        object.add("service", order.plan.service.description.name)
        object.add("target", order.sandbox == nil ? "\(order.plan.target)" : nil)
        object.add("proxy", order.plan.connections.proxy?.description)
        object.add("conversation", conversation)
    }

    var ending: String {
        var whole = object
        whole.add(key: "exchanges", raw: "[" + exchanges.joined(separator: ",\n") + "]")
        return ShownJSON.text(whole.text) + "\n"
    }

    mutating func text(of event: WitnessedEvent) -> String {
        if case .ended(let witnessed) = event {
            mask.learn(from: witnessed.head)
            exchanges.append(json(of: witnessed))
        }
        return ""
    }

    private func json(of witnessed: TracedExchange) -> String {
        let exchange = witnessed.exchange
        var object = JSONObjectText()
        object.add("turn", exchange.turn)
        object.add("step", witnessed.step)
        object.add("operation", witnessed.attempt?.step)
        object.add("attempt", exchange.attempt)
        object.add("outcome", exchange.outcome.label)
        object.add("detail", exchange.detail.isEmpty ? nil : mask.masked(exchange.detail))
        object.add(key: "request", raw: request(witnessed.request))
        object.add(key: "response", raw: response(witnessed))
        object.add(key: "time_ns", raw: times(of: witnessed))
        object.add("bytes_out", exchange.bytesOut)
        object.add("bytes_in", exchange.bytesIn)
        object.add("prompt_tokens", exchange.promptTokens)
        object.add("reply_tokens", exchange.replyTokens)
        object.add("token_source", exchange.tokenSource.rawValue)
        object.add("reply", witnessed.reply.map { mask.masked($0) })
        object.add(key: "captured", raw: captured(by: witnessed.findings))
        return object.text
    }

    private func captured(by findings: [WitnessedFinding]) -> String {
        var object = JSONObjectText()
        for case .captured(let name, let value) in findings {
            object.add(name, mask.masked(value))
        }
        return object.text
    }

    private func request(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "null" }
        let message = ProbedMessage(request: bytes)
        let start = mask.lines(ofHead: message.head).first?.split(separator: " ") ?? []
        var object = JSONObjectText()
        object.add("method", start.first.map { String($0) })
        object.add("target", start.count > 1 ? String(start[1]) : nil)
        add(message, to: &object)
        return object.text
    }

    private func response(_ witnessed: TracedExchange) -> String {
        if witnessed.head.isEmpty && witnessed.fragment.isEmpty { return "null" }
        var object = JSONObjectText()
        object.add("status", witnessed.exchange.status)
        if witnessed.head.isEmpty {
            add(body: witnessed.fragment, as: "fragment", isCut: true, to: &object)
        } else {
            add(ProbedMessage(head: witnessed.head, body: witnessed.body), to: &object)
            if witnessed.isDecoded { object.add(key: "body_is_decoded", raw: "true") }
        }
        return object.text
    }

    private func times(of witnessed: TracedExchange) -> String {
        let times = ProbedTimes(of: witnessed)
        var object = JSONObjectText()
        for phase in times.phases { object.add(phase.key, Int(phase.span.count)) }
        object.add("total", Int(times.total.count))
        return object.text
    }

    /// Fields as pairs, since a name may come more than once.
    private func add(_ message: ProbedMessage, to object: inout JSONObjectText) {
        let lines = mask.lines(ofHead: message.head).map { $0[...] }
        let fields = ProbedMessage.fields(in: lines[...]).map { name, value in
            JSONObjectText.list([name, value])
        }
        object.add(key: "headers", raw: "[" + fields.joined(separator: ",") + "]")
        add(body: message.body, as: "body", to: &object)
    }

    /// The bytes as text, or null with their number where they are none.
    private func add(
        body bytes: [UInt8], as key: String, isCut: Bool = false, to object: inout JSONObjectText
    ) {
        object.add(key, String(validating: mask.masked(bytes, isCut: isCut), as: UTF8.self))
        object.add(key + "_bytes", bytes.count)
    }
}
