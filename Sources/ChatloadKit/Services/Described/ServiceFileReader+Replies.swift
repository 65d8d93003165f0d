import Base

/// Reading what a response means.
extension ServiceFileReader {
    /// What is looked for in a reply, while it is read.
    struct ReplyScope {
        var texts: TextScope
        /// The path that makes `$` an element, where there is one.
        var each: String?
        /// The paths that are looked for.
        var paths: Set<String> = []
    }

    /// What a response means.
    mutating func reply(
        _ item: Item, in texts: TextScope, ofSocket isSocket: Bool = false
    ) -> ServiceReply? {
        guard let fields = fields(item, ServiceReplyKey.self) else { return nil }
        var reply = ServiceReply()
        reply.form = fields[.as].flatMap { word($0, ServiceReply.Form.self) } ?? .json
        if let status = fields[.status] { reply.statuses = statuses(status) }
        var scope = ReplyScope(texts: texts)
        if let each = fields[.each] { reply.each = self.each(each, &scope) }
        readTexts(fields, into: &reply, &scope)
        readFailures(fields, into: &reply, &scope)
        readFigures(fields, into: &reply, &scope)
        readEnd(fields, into: &reply, &scope, item, ofSocket: isSocket)
        if let captures = fields[.capture] {
            reply.captures = self.captures(captures, &scope)
        }
        if let empty = fields[.empty].flatMap({ word($0, EmptyReply.self) }) {
            reply.needsText = empty == .isNone
        }
        checkForm(reply.form, fields)
        if scope.paths.count > JSONFields.mostPaths {
            complain(
                "looks for \(scope.paths.count) paths, those of \"when\" and \"unless\" included,"
                    + " and at most \(JSONFields.mostPaths) are looked up in one reading",
                at: item, hint: "leave out what is not needed")
        }
        return reply
    }

    /// What a reply without text is.
    private enum EmptyReply: String, CaseIterable {
        case ok
        case isNone = "no_reply"
    }

    private mutating func readTexts(
        _ fields: [ServiceReplyKey: Item], into reply: inout ServiceReply, _ scope: inout ReplyScope
    ) {
        if let text = fields[.text] { reply.text = places(text, &scope) }
        if let reasoning = fields[.reasoning] { reply.reasoning = places(reasoning, &scope) }
        if let tool = fields[.tool] { reply.tool = places(tool, &scope) }
        if let join = fields[.join] { reply.join = string(join) ?? reply.join }
    }

    private mutating func readFailures(
        _ fields: [ServiceReplyKey: Item], into reply: inout ServiceReply, _ scope: inout ReplyScope
    ) {
        if let error = fields[.error] { reply.error = places(error, &scope) }
        if let rejected = fields[.rejected] { reply.rejected = places(rejected, &scope) }
        if let exhausted = fields[.exhausted] { reply.exhausted = places(exhausted, &scope) }
        if let overflow = fields[.overflow] {
            reply.overflow = oneOrMore(overflow).compactMap { sign($0, &scope) }
        }
        if let wait = fields[.wait] { reply.wait = places(wait, &scope) }
    }

    private mutating func readFigures(
        _ fields: [ServiceReplyKey: Item], into reply: inout ServiceReply, _ scope: inout ReplyScope
    ) {
        if let usage = fields[.usage] {
            for (key, item) in self.fields(usage, UsageKey.self) ?? [:] {
                let places = places(item, &scope)
                switch key {
                case .prompt: reply.promptTokens = places
                case .reply: reply.replyTokens = places
                case .cached: reply.cachedTokens = places
                case .reasoning: reply.reasoningTokens = places
                }
            }
        }
        if let finish = fields[.finish] { reply.finish = places(finish, &scope) }
        if let others = fields[.others] { reply.others = places(others, &scope) }
        guard let failed = fields[.failed] else { return }
        reply.failedFinishes = oneOrMore(failed).compactMap { filled($0) }
        if fields[.finish] == nil {
            complain("are values of \"finish\", which is not there", at: failed)
        }
    }

    /// Values of which there may be one or an array.
    func oneOrMore(_ item: Item) -> [Item] {
        guard case .array(let elements) = item.node.value else { return [item] }
        return elements.enumerated().map { item.part("\($0)", $1) }
    }

    /// Makes sure that what is said of a reply is in one of its form.
    private mutating func checkForm(_ form: ServiceReply.Form, _ fields: [ServiceReplyKey: Item]) {
        guard form == .text || form == .none else { return }
        let taken: Set<ServiceReplyKey> =
            form == .text ? [.as, .status, .capture, .empty] : [.as, .status, .capture]
        for (key, item) in fields where !taken.contains(key) {
            complain("is nothing of a reply that is read as \"\(form.rawValue)\"", at: item)
        }
    }
}

/// Reading statuses and ends.
extension ServiceFileReader {
    /// Statuses: numbers and classes such as `2xx`.
    mutating func statuses(_ item: Item) -> [ClosedRange<Int>] {
        oneOrMore(item).compactMap { item in
            switch item.node.value {
            case .number(let text):
                if let code = Int(text), (100...599).contains(code) { return code...code }
                complain("a status is from 100 to 599", at: item)
            case .string(let text, _):
                if let digit = text.utf8.first, (0x31...0x35).contains(digit),
                    text.lowercased().dropFirst() == "xx"
                {
                    let first = Int(digit - 0x30) * 100
                    return first...first + 99
                }
                complain(
                    "\"\(text.shortened)\" is no status", at: item, hint: #"write 404 or "2xx""#)
            default: wrong(item, #"a status such as 404 or "2xx", or an array of them"#)
            }
            return nil
        }
    }

    private mutating func readEnd(
        _ fields: [ServiceReplyKey: Item], into reply: inout ServiceReply,
        _ scope: inout ReplyScope, _ item: Item, ofSocket isSocket: Bool
    ) {
        let isStream = reply.form == .sse || reply.form == .ndjson
        guard let end = fields[.end] else {
            if isSocket {
                complain("a socket's reply needs \"end\"", at: item, hint: Self.endForms)
            } else if isStream, fields[.finish] == nil {
                complain(
                    "a stream needs \"end\" or \"finish\", or a cut stream would count as a reply",
                    at: item, hint: Self.endForms)
            }
            return
        }
        if !isStream, !isSocket {
            return complain(
                "only a stream has an end", at: end, hint: #"a stream is "as":"sse" or "ndjson""#)
        }
        reply.end = self.end(end, of: reply.form, &scope, ofSocket: isSocket) ?? reply.end
    }

    private static let endForms =
        #"write {"data":"[DONE]"}, {"event":"done"}, a place with a value, or "close""#

    private mutating func end(
        _ item: Item, of form: ServiceReply.Form, _ scope: inout ReplyScope, ofSocket isSocket: Bool
    ) -> ServiceReply.End? {
        if case .string("close", _) = item.node.value { return .close }
        let isOther = item.node.members.contains { StreamEndKey(rawValue: $0.name) != nil }
        guard isOther else {
            let before = complaintCount
            let places = places(item, &scope)
            return complaintCount == before ? .place(places) : nil
        }
        guard let fields = fields(item, StreamEndKey.self), let (key, value) = fields.first else {
            return nil
        }
        if fields.count > 1 {
            complain("an end is one of these", at: item, hint: Self.endForms)
        }
        switch key {
        case .data, .event:
            if form != .sse {
                complain("only server-sent events have this", at: value, hint: "name a place")
            }
            return filled(value).map { key == .data ? .data($0) : .event($0) }
        case .quiet:
            if !isSocket {
                complain("only a socket's reply ends by silence", at: value, hint: Self.endForms)
            }
            return span(value).map { _ in .close }
        }
    }
}

/// Keys of a reply.
enum ServiceReplyKey: String, ObjectKey {
    case `as`, status, each, text, reasoning, tool, join, error, rejected, exhausted
    case overflow = "context_overflow"
    case wait, usage, finish, others, failed, end, capture, empty

    static let object = "a reply"

    static func usual(for word: String) -> String? {
        switch word {
        case "content", "message", "answer": #"where the reply's text is, "text" says"#
        case "stream": #"a stream is "as":"sse" or "as":"ndjson""#
        case "errors": #"where a failure is told, "error" says"#
        default: nil
        }
    }
}

/// Keys of `usage`.
enum UsageKey: String, ObjectKey {
    case prompt, reply, cached, reasoning

    static let object = "usage"

    static func usual(for word: String) -> String? {
        switch word {
        case "input", "prompt_tokens", "input_tokens": #"the tokens of what is sent are "prompt""#
        case "output", "completion", "completion_tokens", "output_tokens":
            #"the tokens of what comes back are "reply""#
        default: nil
        }
    }
}

/// Keys of a stream's end that is no place.
enum StreamEndKey: String, ObjectKey {
    case data, event, quiet

    static let object = "an end"

    static func usual(for word: String) -> String? { nil }
}
