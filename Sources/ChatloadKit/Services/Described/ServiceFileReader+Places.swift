import Base

/// Reading places.
extension ServiceFileReader {
    /// The path that leads to elements.
    mutating func each(_ item: Item, _ scope: inout ReplyScope) -> JSONPath? {
        guard let path = path(item, isWhole: false) else { return nil }
        if path.text.contains("*") {
            scope.each = path.text
            return path
        }
        complain("leads to no elements", at: item, hint: #"end it with [*], as in "$.messages[*]""#)
        return nil
    }

    /// Places, one or an array of them.
    mutating func places(_ item: Item, _ scope: inout ReplyScope) -> [GuardedPlace] {
        let items = oneOrMore(item)
        if items.isEmpty { complain("must not be empty", at: item) }
        return items.compactMap { place($0, &scope) }
    }

    private mutating func place(_ item: Item, _ scope: inout ReplyScope) -> GuardedPlace? {
        sign(item, &scope, takesTexts: false)?.place
    }

    /// A place, perhaps with texts that it must have one of.
    mutating func sign(
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
        guard let members = members(item) else { return [] }
        for member in members {
            let value = item.part(member.name, member.node)
            let name = Item(
                node: JSONNode(
                    value: .string(member.name, member.text),
                    range: member.text.range.lowerBound - 1..<member.text.range.upperBound + 1,
                    kind: JSONToken.string(member.text).kind),
                place: item.place)
            guard let (path, isOfWhole) = rootedPath(name, &scope) else { continue }
            if isOfWhole != place.isOfWhole {
                complain(
                    "a place and its conditions begin with the same, $ or $$", at: name)
            }
            let values = oneOrMore(value).compactMap { guardValue($0, in: scope.texts) }
            guards.append(GuardedPlace.Guard(path: path, values: values, isNegated: isNegated))
        }
        if members.isEmpty { complain("must not be empty", at: item) }
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
    mutating func path(_ item: Item, isWhole: Bool = false) -> JSONPath? {
        guard let written = string(item) else { return nil }
        let text = isWhole ? String(written.dropFirst()) : written
        // Without $ it would be another grammar, in which $ is part of a name.
        let isRooted = text == "$" || text.hasPrefix("$.") || text.hasPrefix("$[")
        if isRooted, let path = JSONPath(text) { return path }
        complain(
            "\"\(written.shortened)\" is no path; \(JSONPath.mistake(in: text))", at: item,
            hint: text.hasPrefix("$") ? nil : "write it like $.data.id or $.messages[0].body")
        return nil
    }
}

/// Reading captures.
extension ServiceFileReader {
    mutating func captures(
        _ item: Item, _ scope: inout ReplyScope
    ) -> [(capture: Int, source: ServiceReply.Source)] {
        var captures: [(capture: Int, source: ServiceReply.Source)] = []
        guard let members = members(item) else { return [] }
        for member in members {
            let value = item.part(member.name, member.node)
            guard let source = source(value, &scope),
                let capture = file.captures.firstIndex(of: member.name)
            else { continue }
            captures.append((capture, source))
        }
        if members.isEmpty { complain("must not be empty", at: item) }
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

/// Keys of a place, and of a sign, which is a place with texts.
enum PlaceKey: String, ObjectKey {
    case at, when, unless, contains

    static let object = "a place"

    static func usual(for word: String) -> String? {
        word == "path" ? #"where it is looked is "at""# : nil
    }
}
