import Base
import Networking
import Testing

@testable import ChatloadKit

/// The description in `text`; a complaint fails the test.
func described(_ text: String) throws -> ServiceFile {
    let review = ServiceFileReader.review(Array(text.utf8), path: "test.json")
    try #require(review.complaints.map(\.description) == [])
    return try #require(review.file)
}

/// A description whose only request says something and has this body and this reply.
func described(
    body: String = #"{"text":"${text}"}"#, reply: String = #"{"text":"$.text"}"#,
    with more: String = ""
) throws -> ServiceFile {
    try described(
        """
        {"chatload":"service/1","name":"test",\(more)
         "requests":{"say":{"method":"POST","path":"/say","body":\(body),"reply":\(reply)}},
         "say":["say"]}
        """)
}

/// The description of a built-in service.
func builtIn(_ name: String) throws -> ServiceFile {
    let text = try #require(BuiltInService.texts.first { $0.contains("\"name\": \"\(name)\"") })
    return try described(text)
}

/// What a reader makes of responses.
struct ReplyLog {
    let reader: ReplyReader
    let values: SessionValues

    init(_ file: ServiceFile, _ prepare: (SessionValues) -> Void = { _ in }) throws {
        values = SessionValues(captures: file.captures.count)
        prepare(values)
        let plan = try ReplyPlan(file.requests[0].reply, ParameterValues(of: file.parameters))
        reader = ReplyReader(plan, for: values)
    }

    /// A stream of events, each `data` or `type|data`, 10 ms apart: what each of them was, then what
    /// came of it all.
    func stream(_ events: [String]) -> String {
        var reply = ParsedReply()
        var steps = ""
        do throws(ExchangeFailure) {
            for (place, event) in events.enumerated() {
                let parts = event.split(separator: "|", maxSplits: 1)
                let hasType = parts.count == 2 && !event.hasPrefix("{")
                let type = Array((hasType ? String(parts[0]) : "").utf8)
                let data = Array((hasType ? String(parts[1]) : event).utf8)
                let step = try reader.take(
                    type: type.span, data: data.span, arrived: .milliseconds(Int64(10 * place)),
                    into: &reply)
                switch step {
                case .waiting: steps += "."
                case .advanced: steps += "+"
                case .ended: steps += "|"
                }
                if step == .ended { break }
            }
            try reader.finish(events: events.count, into: &reply)
        } catch {
            return steps + " \(error.errorClass.rawValue): \(error.detail)"
        }
        return steps + " " + Self.shown(reply)
    }

    /// A response that came whole.
    func whole(_ status: Int, _ body: String) -> String {
        var reply = ParsedReply()
        do throws(ExchangeFailure) {
            try reader.read(ResponseHead(status: status), Array(body.utf8).span, into: &reply)
        } catch {
            var words = "\(error.errorClass.rawValue): \(error.detail)"
            if let asked = error.asked { words += " wait=\(asked.count / 1_000_000)ms" }
            if error.endsCredential { words += " (ends)" }
            return words
        }
        return Self.shown(reply)
    }

    /// The text, what there was besides, why it ended, and the tokens: of the prompt, the reply, cached,
    /// of reasoning, of the first piece; a plus where there were other replies.
    static func shown(_ reply: ParsedReply) -> String {
        let output = reply.output
        let counts = [
            reply.promptTokens, reply.replyTokens, output.cachedTokens, output.reasoningTokens,
            output.firstTokens,
        ].map { $0.map(String.init) ?? "-" }.joined(separator: ",")
        let besides = reply.besides.isEmpty ? "" : " (\(reply.besides.text))"
        return "\"\(reply.text.text)\"\(besides) \(output.finish) \(counts)"
            + (output.hasOthers ? " +" : "")
            + (reply.deliversReply ? "" : " undelivered")
    }
}
