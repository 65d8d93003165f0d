import Base
import ChatloadKit
import Networking

/// A probe for programs: one JSON object when it is over. Spans of time are nanoseconds.
struct ProbeJSON: ProbeWriter {
    let opening = ""
    private let order: PreparedRun
    private let conversation: String
    private var exchanges: [String] = []

    init(of order: PreparedRun, conversation: String) {
        self.order = order
        self.conversation = conversation
    }

    var ending: String {
        var buffer = ByteBuffer()
        buffer.append { object in
            object.append("schema", "chatload.probe/1")
            object.append("service", order.plan.service.description.name)
            object.append("target", order.sandbox == nil ? "\(order.plan.target)" : nil)
            object.append("proxy", order.plan.connections.proxy?.description)
            object.append("conversation", conversation)
            object.append("exchanges", literal: "[" + exchanges.joined(separator: ",\n") + "]")
        }
        return ShownJSON.text(buffer.text) + "\n"
    }

    mutating func text(of event: TraceEvent, without mask: ProbeMask) -> String {
        guard case .ended(let witnessed) = event else { return "" }
        var buffer = ByteBuffer()
        buffer.append { Self.append(witnessed, without: mask, to: &$0) }
        exchanges.append(buffer.text)
        return ""
    }

    private static func append(
        _ witnessed: TracedExchange, without mask: ProbeMask, to object: inout ByteBuffer
    ) {
        let exchange = witnessed.exchange
        object.append("turn", exchange.turn)
        object.append("step", witnessed.step)
        object.append("operation", witnessed.attempt?.step)
        object.append("attempt", exchange.attempt)
        object.append("outcome", exchange.outcome.label)
        object.append("detail", exchange.detail.isEmpty ? nil : mask.masked(exchange.detail))
        append(request: witnessed.request, without: mask, to: &object)
        append(responseOf: witnessed, without: mask, to: &object)
        object.append("time_ns") { times in
            for phase in witnessed.phases { times.append(phase.key, Int(phase.span.count)) }
            times.append("total", Int(witnessed.duration.count))
        }
        object.append("bytes_out", exchange.bytesOut)
        object.append("bytes_in", exchange.bytesIn)
        object.append("prompt_tokens", exchange.promptTokens)
        object.append("reply_tokens", exchange.replyTokens)
        object.append("token_source", exchange.tokenSource.rawValue)
        object.append("reply", witnessed.reply.map { mask.masked($0) })
        object.append("captured") { values in
            for case .captured(let name, let value) in witnessed.findings {
                values.append(name, mask.masked(value))
            }
        }
    }

    private static func append(
        request bytes: [UInt8], without mask: ProbeMask, to object: inout ByteBuffer
    ) {
        if bytes.isEmpty { return object.append("request", literal: nil) }
        let message = ProbedMessage(request: bytes)
        let start = mask.lines(ofHead: message.head).first?.split(separator: " ") ?? []
        object.append("request") { request in
            request.append("method", start.first.map { String($0) })
            request.append("target", start.count > 1 ? String(start[1]) : nil)
            append(message, without: mask, to: &request)
        }
    }

    private static func append(
        responseOf witnessed: TracedExchange, without mask: ProbeMask, to object: inout ByteBuffer
    ) {
        if witnessed.head.isEmpty && witnessed.fragment.isEmpty {
            return object.append("response", literal: nil)
        }
        object.append("response") { response in
            response.append("status", witnessed.exchange.status)
            if witnessed.head.isEmpty {
                let fragment = mask.masked(witnessed.fragment, isCut: true)
                append(fragment, count: witnessed.fragment.count, as: "fragment", to: &response)
                return
            }
            let message = ProbedMessage(head: witnessed.head, body: witnessed.body)
            append(message, without: mask, to: &response)
            if !witnessed.events.isEmpty {
                append(eventsOf: witnessed, without: mask, to: &response)
            }
            if witnessed.isDecoded { response.append("body_is_decoded", literal: true) }
        }
    }

    private static func append(
        eventsOf witnessed: TracedExchange, without mask: ProbeMask, to response: inout ByteBuffer
    ) {
        let sent = witnessed.exchange.sent ?? witnessed.exchange.intended
        response.append(key: "events")
        response.append(array: witnessed.events) { buffer, event in
            buffer.append { object in
                object.append("after_ns", Int((event.arrived - sent).count))
                object.append("type", event.type.isEmpty ? nil : event.type)
                object.append("channel", event.channel?.rawValue)
                append(mask.masked(event.data), count: event.data.count, as: "data", to: &object)
            }
        }
    }

    /// Fields as pairs, since a name may come more than once.
    private static func append(
        _ message: ProbedMessage, without mask: ProbeMask, to object: inout ByteBuffer
    ) {
        let lines = mask.lines(ofHead: message.head)
        object.append(key: "headers")
        object.append(array: ProbedMessage.fields(in: lines)) { headers, field in
            headers.append(array: [field.name, field.value]) { $0.append(jsonString: $1) }
        }
        append(mask.masked(message.body), count: message.body.count, as: "body", to: &object)
    }

    /// The bytes as text, or null with their number where they are none.
    private static func append(
        _ masked: [UInt8], count: Int, as key: String, to object: inout ByteBuffer
    ) {
        object.append(key, String(validating: masked, as: UTF8.self))
        object.append(key + "_bytes", count)
    }
}

extension ProbedMessage {
    /// The text of a JSON object or array with every member and element on a line of its own; nil
    /// for everything else. Numbers and strings stay as they are written.
    static func laidOut(_ bytes: [UInt8]) -> String? {
        var scanner = JSONScanner()
        var layout = ByteBuffer()
        var depth = 0
        // What the next token follows: an opening bracket, a key, or a value.
        var (isFirst, isAfterKey) = (true, false)
        func breakLine() { layout.append("\n" + String(repeating: " ", count: 2 * depth)) }
        while true {
            guard let token = try? scanner.next(in: bytes.span) else { return nil }
            switch token {
            case .end: return layout.text
            case .endObject, .endArray:
                depth -= 1
                if !isFirst { breakLine() }
            default:
                if depth == 0, token != .beginObject, token != .beginArray { return nil }
                if !isFirst, !isAfterKey { layout.append(",") }
                if depth > 0, !isAfterKey { breakLine() }
            }
            append(token, of: bytes, to: &layout)
            (isFirst, isAfterKey) = (false, false)
            switch token {
            case .beginObject, .beginArray: (depth, isFirst) = (depth + 1, true)
            case .key:
                layout.append(": ")
                isAfterKey = true
            default: break
            }
        }
    }

    private static func append(_ token: JSONToken, of bytes: [UInt8], to layout: inout ByteBuffer) {
        switch token {
        case .beginObject: layout.append("{")
        case .endObject: layout.append("}")
        case .beginArray: layout.append("[")
        case .endArray: layout.append("]")
        case .key(let text), .string(let text):
            layout.append(Array(bytes[text.range.lowerBound - 1...text.range.upperBound]))
        case .number(let range): layout.append(Array(bytes[range]))
        case .bool(let value): layout.append(value ? "true" : "false")
        case .null: layout.append("null")
        case .end: break
        }
    }
}
