/// Text line: a line of a report for a terminal, and how it looks where colour is wanted.
package struct TextLine: Equatable, Sendable {
    /// Style: what a text is, from which it has its colour (ECMA-48 SGR).
    package enum Style: String, Sendable {
        case plain = ""
        case title = "1"
        case alarm = "31"
        /// What is drawn: bars and sparklines.
        case accent = "36"

        /// A text as it looks where colour is wanted.
        package func painted(_ text: String, isColoured: Bool) -> String {
            if !isColoured || self == .plain || text.isEmpty { return text }
            return "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
        }
    }

    package var text: String
    package var style = Style.plain

    package init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }

    /// A label and a text beside it, on as many lines as it takes.
    package static func wrapped(
        _ text: String, label: String = "", indent: Int, columns: Int = TextLayout.width,
        _ style: Style = .plain
    ) -> [TextLine] {
        let space = String(repeating: " ", count: indent)
        let lines = TextLayout.wrap(TextLayout.visible(text), columns: columns - indent)
        return lines.enumerated().map { index, line in
            let head = label.count == 1 ? "\(label) " : TextLayout.left("  \(label)", indent)
            return TextLine((index == 0 && !label.isEmpty ? head : space) + line, style)
        }
    }

    /// The sections that have lines, one empty line between them, as a terminal gets them.
    package static func text(of sections: [[TextLine]], isColoured: Bool) -> String {
        let lines = sections.filter { !$0.isEmpty }.joined(separator: [TextLine("")])
        return lines.map { $0.rendered(isColoured: isColoured) + "\n" }.joined()
    }

    private func rendered(isColoured: Bool) -> String {
        let end = text.lastIndex { $0 != " " }
        let text = end.map { String(self.text[...$0]) } ?? ""
        return style.painted(text, isColoured: isColoured)
    }
}

/// Text table: cells in columns under one another, below a line of the columns' names.
package struct TextTable: Sendable {
    /// A column: how wide it is, and to which side its cells lean.
    package struct Column: Sendable {
        fileprivate var name: String
        fileprivate var width: Int
        fileprivate var leansLeft: Bool
        fileprivate var isCut: Bool
        /// Blank columns before it.
        fileprivate var gap = 0

        /// A column of figures; one that is wider than the column moves the rest of its line, or
        /// is cut.
        package static func right(_ name: String, _ width: Int, isCut: Bool = false) -> Column {
            Column(name: name, width: width, leansLeft: false, isCut: isCut)
        }

        /// A column of texts, which are cut where they are wider.
        package static func left(_ name: String, _ width: Int, gap: Int = 0) -> Column {
            Column(name: name, width: width, leansLeft: true, isCut: true, gap: gap)
        }

        fileprivate func cell(_ text: String) -> String {
            let text = isCut ? TextLayout.cut(text, width) : text
            return String(repeating: " ", count: gap)
                + (leansLeft ? TextLayout.left(text, width) : TextLayout.right(text, width))
        }
    }

    private var columns: [Column]

    package init(_ columns: [Column]) { self.columns = columns }

    /// A table of figures as wide as its cells, two columns apart.
    package init(names: [String], fitting rows: [[String]]) {
        columns = names.enumerated().map { place, name in
            let widest = rows.map { TextLayout.columns(of: $0[place]) }.max() ?? 0
            return .right(name, max(TextLayout.columns(of: name), widest) + 2)
        }
    }

    /// The names of the columns.
    package var head: TextLine { row(columns.map(\.name)) }

    /// A line of cells, one for each column.
    package func row(_ cells: [String], _ style: TextLine.Style = .plain) -> TextLine {
        TextLine(zip(columns, cells).map { $0.cell($1) }.joined(), style)
    }
}
