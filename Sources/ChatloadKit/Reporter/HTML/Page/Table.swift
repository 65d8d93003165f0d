/// A table of the page, which its readers may sort by any column.
struct Table {
    struct Column {
        var title: String
        var isNumber = true
        /// What the title stands for, where it needs saying.
        var meaning = ""

        init(_ title: String, isNumber: Bool = true, meaning: String = "") {
            self.title = title
            self.isNumber = isNumber
            self.meaning = meaning
        }
    }

    struct Cell {
        var content: Markup
        /// What the column is sorted by; nil where there is no figure, which sorts last.
        var key: Double?
        /// What is wrong with it, as a class.
        var style = ""

        /// A text, sorted as a text.
        static func text(_ text: String, style: String = "") -> Cell {
            Cell(content: "\(HTMLText.clipped(text, to: 200))", style: style)
        }

        static func count(_ count: Int, isAlarm: Bool = false) -> Cell {
            Cell(
                content: "\(Figures.count(count))", key: Double(count),
                style: isAlarm && count > 0 ? "alarm" : "")
        }

        /// Milliseconds.
        static func duration(_ milliseconds: Double?) -> Cell {
            Cell(content: "\(Figures.duration(milliseconds))", key: milliseconds)
        }
    }

    var caption: String
    /// The first one names the rows.
    var columns: [Column]
    var rows: [[Cell]]
    var isSortable = true
    /// Whether it is names with a value each: it needs no head, and need not fill the page.
    var isNarrow = false
    /// What is not in it, and where that is.
    var note = ""

    var html: Markup {
        let noteLine: Markup = note.isEmpty ? "" : "<p class=\"note\">\(note)</p>\n"
        let kind: Markup = isNarrow ? " class=\"narrow\"" : ""
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)">
            <table\(kind)><caption>\(caption)</caption>
            \(headLine)<tbody>
            \(rows.map(line))</tbody></table></div>
            \(noteLine)
            """
    }

    private var headLine: Markup {
        isNarrow ? "" : "<thead><tr>\(columns.map(head))</tr></thead>\n"
    }

    private func head(_ column: Column) -> Markup {
        let kind: Markup = column.isNumber ? " class=\"n\"" : ""
        let title: Markup = column.meaning.isEmpty ? "" : " title=\"\(column.meaning)\""
        let canSort = isSortable && rows.count > 1
        let content: Markup = canSort ? "<button>\(column.title)</button>" : "\(column.title)"
        return "<th scope=\"col\"\(kind)\(title)>\(content)</th>"
    }

    private func line(_ cells: [Cell]) -> Markup {
        var line: Markup = "<tr>"
        for (index, cell) in cells.enumerated() {
            let isNumber = index < columns.count && columns[index].isNumber
            let names = [isNumber ? "n" : "", cell.style].filter { !$0.isEmpty }
            let kind: Markup = names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
            if index == 0 {
                line += "<th scope=\"row\"\(kind)>\(cell.content)</th>"
            } else if isNumber {
                line += "<td\(kind) data-v=\"\(key(cell))\">\(cell.content)</td>"
            } else {
                line += "<td\(kind)>\(cell.content)</td>"
            }
        }
        return line + "</tr>\n"
    }

    private func key(_ cell: Cell) -> String { cell.key.map { "\($0)" } ?? "" }
}
