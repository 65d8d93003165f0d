import Base

/// Text with variables as it is written: `${name}` is replaced, `$${` stands for `${` itself, any other
/// `$` is only a `$`.
enum VariableText {
    /// A piece of a text: what stands in it, `$${` as `${`, or a variable's name and the offset of its
    /// `${` in the text's bytes.
    enum Piece {
        case text(String)
        case name(Substring, offset: Int)
    }

    /// Hands the pieces of a text to `body`; none is an empty text.
    ///
    /// - Throws: what `body` throws, or that a variable has no end.
    static func takeApart(
        _ text: String, _ body: (Piece) throws(Fault) -> Void
    ) throws(Fault) {
        let bytes = text.utf8
        var said = ""
        var rest = text[...]
        while let open = dollarBrace(in: rest) {
            let inside = bytes.index(open, offsetBy: 2)
            if open > rest.startIndex, bytes[bytes.index(before: open)] == UInt8(ascii: "$") {
                said += rest[..<bytes.index(before: open)] + "${"
                rest = text[inside...]
                continue
            }
            let offset = bytes.distance(from: text.startIndex, to: open)
            guard let close = bytes[inside...].firstIndex(of: UInt8(ascii: "}")) else {
                throw Fault(
                    "this ${ has no closing brace", at: .offset(offset), excerpt: "${",
                    hint: "write $${ for ${ itself")
            }
            said += rest[..<open]
            if !said.isEmpty { try body(.text(said)) }
            said = ""
            try body(.name(text[inside..<close], offset: offset))
            rest = text[bytes.index(after: close)...]
        }
        said += rest
        if !said.isEmpty { try body(.text(said)) }
    }

    private static func dollarBrace(in text: Substring) -> String.Index? {
        var index = text.utf8.startIndex
        while let dollar = text.utf8[index...].firstIndex(of: UInt8(ascii: "$")) {
            index = text.utf8.index(after: dollar)
            if index < text.utf8.endIndex, text.utf8[index] == UInt8(ascii: "{") { return dollar }
        }
        return nil
    }
}

extension String {
    /// Whether there is a variable in it, or `$${`.
    var holdsVariables: Bool { utf8.span.firstRange(of: "${".utf8.span) != nil }

    /// The template that says the text itself.
    var quotingVariables: String { replacing("${", with: "$${") }
}
