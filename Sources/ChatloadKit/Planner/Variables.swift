import Networking

/// The variables of a text: `${user}`, `${conversation}` (the ticket) and `${turn}` (from 1).
///
/// `$${` stands for `${` itself; any other `$` is only a `$`.
enum Variables {
    static let known = ["user", "conversation", "turn"]

    /// Whether there is anything to replace.
    static func occur(in text: String) -> Bool {
        var previousWasDollar = false
        for byte in text.utf8 {
            if previousWasDollar, byte == UInt8(ascii: "{") { return true }
            previousWasDollar = byte == UInt8(ascii: "$")
        }
        return false
    }

    /// What is wrong with the variables of a text, and how many bytes into it.
    static func objection(to text: String) -> (offset: Int, message: String, suggestion: String)? {
        var found: (offset: Int, message: String, suggestion: String)?
        walk(text) { offset, piece in
            guard found == nil else { return }
            switch piece {
            case .text, .variable(.user), .variable(.conversation), .variable(.turn): break
            case .unknown(let name):
                let nearest = nearestName(to: name.shortened, among: known).map {
                    "did you mean ${\($0)}? "
                }
                found = (
                    offset, "unknown variable ${\(name)}",
                    (nearest ?? "")
                        + "known variables: ${user}, ${conversation}, ${turn}; $${ means ${ itself"
                )
            case .unclosed:
                found = (offset, "this ${ has no closing brace", "write $${ for ${ itself")
            }
        }
        return found
    }

    /// The text with every variable replaced; what is not a known variable stays as it is.
    static func replace(in text: String, by values: VariableValues) -> String {
        var result = ""
        walk(text) { _, piece in
            switch piece {
            case .text(let part): result += part
            case .variable(.user): result += values.identity
            case .variable(.conversation): result += "\(values.ticket)"
            case .variable(.turn): result += "\(values.turn)"
            case .unknown(let name): result += "${\(name)}"
            case .unclosed: result += "${"
            }
        }
        return result
    }

    private enum Variable: String { case user, conversation, turn }

    private enum Piece {
        case text(Substring)
        case variable(Variable)
        case unknown(String)
        case unclosed
    }

    /// Hands every piece of a text, with its offset in bytes, to `visit`.
    private static func walk(_ text: String, _ visit: (Int, Piece) -> Void) {
        let bytes = text.utf8
        var rest = text[...]
        while let open = dollarBrace(in: rest) {
            let offset = bytes.distance(from: text.startIndex, to: open)
            let inside = bytes.index(open, offsetBy: 2)
            if open > rest.startIndex, bytes[bytes.index(before: open)] == UInt8(ascii: "$") {
                visit(offset, .text(rest[..<bytes.index(before: open)]))
                visit(offset, .text("${"))
                rest = text[inside...]
                continue
            }
            visit(offset, .text(rest[..<open]))
            guard let close = bytes[inside...].firstIndex(of: UInt8(ascii: "}")) else {
                visit(offset, .unclosed)
                rest = text[inside...]
                continue
            }
            let name = String(text[inside..<close])
            visit(offset, Variable(rawValue: name).map(Piece.variable) ?? .unknown(name))
            rest = text[bytes.index(after: close)...]
        }
        visit(bytes.count, .text(rest))
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

/// What the variables stand for in one turn.
struct VariableValues {
    var identity: String
    var ticket: Int
    var turn: Int
}
