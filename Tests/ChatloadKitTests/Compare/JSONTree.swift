import FoundationEssentials

/// Any JSON, and as much of JSON Schema as our schemas use.
indirect enum JSONTree: Decodable, Equatable {
    case object([String: JSONTree])
    case array([JSONTree])
    case text(String)
    case number(Double)
    case truth(Bool)
    case nothing

    init(bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .nothing
        } else if let value = try? container.decode(Bool.self) {
            self = .truth(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    subscript(key: String) -> JSONTree? {
        if case .object(let values) = self { values[key] } else { nil }
    }

    /// Where `other`, which may have further keys, does not have the same; nil where it has all of it.
    func difference(from other: JSONTree, at place: String = "") -> String? {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            for (key, value) in mine {
                guard let found = theirs[key] else { return "\(place): misses \(key)" }
                let inner = value.difference(from: found, at: "\(place).\(key)")
                if inner != nil { return inner }
            }
            return nil
        case (.array(let mine), .array(let theirs)) where mine.count == theirs.count:
            for (number, (value, found)) in zip(mine, theirs).enumerated() {
                let inner = value.difference(from: found, at: "\(place)[\(number)]")
                if inner != nil { return inner }
            }
            return nil
        default: return self == other ? nil : "\(place): \(self), now \(other)"
        }
    }

    private var elements: [JSONTree] { if case .array(let values) = self { values } else { [] } }

    private var type: String {
        switch self {
        case .object: "object"
        case .array: "array"
        case .text: "string"
        case .number(let value): value == value.rounded() ? "integer" : "number"
        case .truth: "boolean"
        case .nothing: "null"
        }
    }

    /// Where `value` is not as this schema has it.
    func complaints(about value: JSONTree, at place: String = "", root: JSONTree? = nil) -> [String]
    {
        let root = root ?? self
        if case .text(let reference)? = self["$ref"] {
            let target = reference.split(separator: "/").dropFirst()
                .reduce(Optional(root)) { $0?[String($1)] }
            return target?.complaints(about: value, at: place, root: root) ?? ["\(reference)?"]
        }
        var found: [String] = []
        if let constant = self["const"], constant != value { found.append("\(place): const") }
        if let choices = self["enum"], !choices.elements.contains(value) {
            found.append("\(place): not one of the choices")
        }
        if let type = self["type"] {
            let types = type.elements.isEmpty ? [type] : type.elements
            let isFit =
                types.contains { $0 == .text(value.type) }
                || (value.type == "integer" && types.contains(.text("number")))
            if !isFit { found.append("\(place): \(value.type)") }
        }
        return found + inner(value, place, root)
    }

    private func inner(_ value: JSONTree, _ place: String, _ root: JSONTree) -> [String] {
        switch value {
        case .array(let values):
            guard let items = self["items"] else { return [] }
            return values.flatMap { items.complaints(about: $0, at: place + "[]", root: root) }
        case .object(let values):
            let missing = (self["required"]?.elements ?? []).filter { key in
                if case .text(let name) = key { values[name] == nil } else { true }
            }
            return missing.map { "\(place): misses \($0)" }
                + values.flatMap { key, value in
                    self["properties"]?[key]?
                        .complaints(about: value, at: "\(place).\(key)", root: root)
                        ?? ["\(place): has \(key)"]
                }
        default: return []
        }
    }
}
