/// A terminal that understands what the live view writes: text, line feeds, carriage returns,
/// cursor up, erase to the end of the line and of the screen, and colours, which it drops.
struct TerminalModel {
    private(set) var rows: [[Character]] = [[]]
    private var row = 0
    private var column = 0

    /// What is on the screen, without the empty rows at its end.
    var text: String {
        let lines = rows.map { String($0) }
        return lines[...(lines.lastIndex { !$0.isEmpty } ?? 0)].joined(separator: "\n")
    }

    mutating func write(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n":
                row += 1
                column = 0
                while rows.count <= row { rows.append([]) }
            case "\u{1B}":
                let sequence = rest.prefix { !("A"..."Z").contains($0) && $0 != "m" }
                rest = rest.dropFirst(sequence.count)
                act(rest.popFirst(), sequence.dropFirst())
            default: put(Character(scalar))
            }
        }
    }

    private mutating func put(_ character: Character) {
        while rows[row].count <= column { rows[row].append(" ") }
        rows[row][column] = character
        column += 1
    }

    private mutating func act(_ command: Unicode.Scalar?, _ number: ArraySlice<Unicode.Scalar>) {
        switch command {
        case "A": row = max(row - (Int(String(String.UnicodeScalarView(number))) ?? 1), 0)
        case "K": rows[row] = Array(rows[row].prefix(column))
        case "J":
            rows[row] = Array(rows[row].prefix(column))
            rows = Array(rows.prefix(row + 1))
        default: break
        }
    }
}
