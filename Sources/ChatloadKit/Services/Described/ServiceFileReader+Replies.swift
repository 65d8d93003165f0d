import Base

/// Reading what a response means.
extension ServiceFileReader {
    /// What is looked for in a reply, while it is read.
    private struct ReplyScope {
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
        guard let failed = fields[.failed] else { return }
        reply.failedFinishes = oneOrMore(failed).compactMap { filled($0) }
        if fields[.finish] == nil {
            complain("are values of \"finish\", which is not there", at: failed)
        }
    }

    /// Values of which there may be one or an array.
    private func oneOrMore(_ item: Item) -> [Item] {
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

/// Reading places.
extension ServiceFileReader {
    /// The path that leads to elements.
    private mutating func each(_ item: Item, _ scope: inout ReplyScope) -> JSONPath? {
        guard let path = path(item, isWhole: false) else { return nil }
        if path.text.contains("*") {
            scope.each = path.text
            return path
        }
        complain("leads to no elements", at: item, hint: #"end it with [*], as in "$.messages[*]""#)
        return nil
    }

    /// Places, one or an array of them.
    private mutating func places(_ item: Item, _ scope: inout ReplyScope) -> [GuardedPlace] {
        let items = oneOrMore(item)
        if items.isEmpty { complain("must not be empty", at: item) }
        return items.compactMap { place($0, &scope) }
    }

    private mutating func place(_ item: Item, _ scope: inout ReplyScope) -> GuardedPlace? {
        sign(item, &scope, takesTexts: false)?.place
    }

    /// A place, perhaps with texts that it must have one of.
    private mutating func sign(
        _ item: Item, _ scope: inout ReplyScope, takesTexts: Bool = true
    ) -> ServiceReply.Sign? {
        if case .string = item.node.value {
            return located(item, &scope).map { ServiceReply.Sign(place: $0) }
        }
        guard case .object = item.node.value else {
            wrong(item, #"a path, or {"at":…,"when":{…}}"#)
            return nil
        }
        guard let fields = fields(item, PlaceKey.self) else { return nil }
        guard let at = fields[.at] else {
            complain("a place needs \"at\"", at: item, hint: #"write {"at":"$.error.code",…}"#)
            return nil
        }
        guard var place = located(at, &scope) else { return nil }
        for (key, isNegated) in [(PlaceKey.when, false), (.unless, true)] {
            guard let item = fields[key] else { continue }
            place.guards += guards(item, of: place, isNegated: isNegated, &scope)
        }
        guard let texts = fields[.contains] else { return ServiceReply.Sign(place: place) }
        if !takesTexts {
            complain(
                "is only for \"context_overflow\"", at: texts,
                hint: "a whole value is looked for with \"when\"")
        }
        return ServiceReply.Sign(place: place, texts: oneOrMore(texts).compactMap { filled($0) })
    }

    /// A frame of a socket that is waited for: one that is a text, or has something at a place.
    mutating func checkFrame(_ item: Item) {
        if case .string(let text, _) = item.node.value, !text.hasPrefix("$") { return }
        var scope = ReplyScope(texts: TextScope(part: .opening))
        _ = place(item, &scope)
    }

    /// A path as a place without guards.
    private mutating func located(_ item: Item, _ scope: inout ReplyScope) -> GuardedPlace? {
        guard let (path, isOfWhole) = rootedPath(item, &scope) else { return nil }
        return GuardedPlace(path: path, isOfWhole: isOfWhole)
    }

    private mutating func guards(
        _ item: Item, of place: GuardedPlace, isNegated: Bool, _ scope: inout ReplyScope
    ) -> [GuardedPlace.Guard] {
        var guards: [GuardedPlace.Guard] = []
        for member in members(item) ?? [] {
            let value = item.part(member.name, member.node)
            let name = Item(
                node: JSONNode(
                    value: .string(member.name, member.text),
                    range: member.text.range.lowerBound - 1..<member.text.range.upperBound + 1),
                place: item.place)
            guard let (path, isOfWhole) = rootedPath(name, &scope) else { continue }
            if isOfWhole != place.isOfWhole {
                complain(
                    "a place and its conditions begin with the same, $ or $$", at: name)
            }
            let values = oneOrMore(value).compactMap { guardValue($0, in: scope.texts) }
            guards.append(GuardedPlace.Guard(path: path, values: values, isNegated: isNegated))
        }
        if item.node.members.isEmpty { complain("must not be empty", at: item) }
        return guards
    }

    private mutating func guardValue(_ item: Item, in scope: TextScope) -> GuardedPlace.Value? {
        switch item.node.value {
        case .string: return parts(item, in: scope).map { .text($0) }
        case .number, .bool, .null: return .literal(Array(bytes[item.node.range]))
        case .array, .object:
            wrong(item, "a string, a number, true, false or null")
            return nil
        }
    }

    /// A path, and whether it begins at the whole response where `$` is an element.
    private mutating func rootedPath(
        _ item: Item, _ scope: inout ReplyScope
    ) -> (path: JSONPath, isOfWhole: Bool)? {
        let isOfWhole =
            if case .string(let text, _) = item.node.value { text.hasPrefix("$$") } else { false }
        if isOfWhole, scope.each == nil {
            complain(
                "$$ is only where there is \"each\"", at: item, hint: "write $ for the response")
            return nil
        }
        guard let path = path(item, isWhole: isOfWhole) else { return nil }
        var whole = path.text
        if let each = scope.each, !isOfWhole {
            whole = each + path.text.dropFirst()
            guard JSONPath(whole) != nil else {
                complain(
                    "has with \"each\" more than \(JSONPath.maximumDepth) parts", at: item)
                return nil
            }
        }
        scope.paths.insert(whole)
        return (path, isOfWhole)
    }

    /// A path from `$` on; of the whole response, its first `$` is left out.
    private mutating func path(_ item: Item, isWhole: Bool) -> JSONPath? {
        guard let written = string(item) else { return nil }
        let text = isWhole ? String(written.dropFirst()) : written
        if text.hasPrefix("$"), let path = JSONPath(text) { return path }
        complain(
            "\"\(written.shortened)\" is no path; \(JSONPath.mistake(in: text))", at: item,
            hint: text.hasPrefix("$") ? nil : "write it like $.data.id or $.messages[0].body")
        return nil
    }
}

/// Reading captures.
extension ServiceFileReader {
    private mutating func captures(
        _ item: Item, _ scope: inout ReplyScope
    ) -> [(capture: Int, source: ServiceReply.Source)] {
        var captures: [(capture: Int, source: ServiceReply.Source)] = []
        for member in members(item) ?? [] {
            let value = item.part(member.name, member.node)
            guard let source = source(value, &scope),
                let capture = file.captures.firstIndex(of: member.name)
            else { continue }
            captures.append((capture, source))
        }
        if item.node.members.isEmpty { complain("must not be empty", at: item) }
        return captures
    }

    private mutating func source(
        _ item: Item, _ scope: inout ReplyScope
    ) -> ServiceReply.Source? {
        guard case .string(let text, let place) = item.node.value, !text.hasPrefix("$") else {
            return self.place(item, &scope).map { .place($0) }
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "header" || parts[0] == "regex" else {
            complain(
                "\"\(text.shortened)\" is nothing to take a value from", at: item,
                hint: #"write "$.id", "header:X-Id" or "regex:id=(\\d+)""#)
            return nil
        }
        if parts[0] == "header" {
            if !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
                return .header(String(parts[1]))
            }
            complain("\"\(parts[1])\" is no name of a header", at: item)
            return nil
        }
        do throws(Fault) {
            return .pattern(try Pattern(String(parts[1])))
        } catch {
            let within = place.hasEscapes ? 0 : "regex:".utf8.count + (error.offset ?? 0)
            complain(
                Fault(
                    "\"\(String(parts[1]).shortened)\" is no regular expression: \(error.message)",
                    hint: error.hint), item.place, place.range.lowerBound + within)
            return nil
        }
    }
}
