/// A text with variables, taken apart: `${name}` is replaced, `$${` stands for `${` itself, any other
/// `$` is only a `$`.
struct Template: Sendable, Equatable {
    /// One piece of it.
    enum Part: Sendable, Equatable {
        case text(String)
        /// The value at this place of the conversation's values.
        case value(Int)
    }

    private(set) var parts: [Part] = []

    /// The template that says a text as it is.
    init(plain text: String) { parts = [.text(text)] }

    /// Takes a text apart.
    ///
    /// - Throws: the first variable that `scope` does not have, or that has no end.
    init(_ text: String, in scope: VariableScope) throws(VariableFault) {
        let bytes = text.utf8
        var said = ""
        var rest = text[...]
        while let open = Self.dollarBrace(in: rest) {
            let inside = bytes.index(open, offsetBy: 2)
            if open > rest.startIndex, bytes[bytes.index(before: open)] == UInt8(ascii: "$") {
                said += rest[..<bytes.index(before: open)] + "${"
                rest = text[inside...]
                continue
            }
            let offset = bytes.distance(from: text.startIndex, to: open)
            guard let close = bytes[inside...].firstIndex(of: UInt8(ascii: "}")) else {
                throw VariableFault(unclosedAt: offset)
            }
            guard let place = scope.place(of: text[inside..<close]) else {
                throw VariableFault(unknown: text[inside..<close], at: offset, in: scope)
            }
            said += rest[..<open]
            append(said)
            said = ""
            parts.append(.value(place))
            rest = text[bytes.index(after: close)...]
        }
        append(said + rest)
    }

    private mutating func append(_ text: String) {
        if !text.isEmpty { parts.append(.text(text)) }
    }

    private static func dollarBrace(in text: Substring) -> String.Index? {
        var index = text.utf8.startIndex
        while let dollar = text.utf8[index...].firstIndex(of: UInt8(ascii: "$")) {
            index = text.utf8.index(after: dollar)
            if index < text.utf8.endIndex, text.utf8[index] == UInt8(ascii: "{") { return dollar }
        }
        return nil
    }

    /// Whether it uses what a reply has brought, as it is or captured, beside so many columns of data.
    func usesReplies(columns: Int) -> Bool {
        let reply = VariableValues.replyPlace
        return uses(reply..<reply + 1) || uses(VariableValues.columnsPlace + columns..<Int.max)
    }

    /// Whether it uses a value at one of these places.
    func uses(_ places: Range<Int>) -> Bool {
        parts.contains { part in
            if case .value(let place) = part { places.contains(place) } else { false }
        }
    }
}
