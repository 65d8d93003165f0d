import Base

/// A piece of HTML. What is interpolated into it as text is escaped; only literals and other pieces
/// stand as they are, so a text from outside cannot become markup.
struct Markup: ExpressibleByStringInterpolation, Equatable, Sendable {
    private(set) var text: String

    /// Nothing.
    init() { text = "" }

    init(stringLiteral literal: String) { text = literal }

    init(stringInterpolation pieces: StringInterpolation) { text = pieces.text }

    /// Pieces one after the other.
    init(_ pieces: [Markup]) {
        text = ""
        for piece in pieces { text += piece.text }
    }

    /// The content of our own style and script elements, which must not be escaped.
    static func verbatim(_ ours: StaticString) -> Markup { Markup(stringLiteral: "\(ours)") }

    var isEmpty: Bool { text.isEmpty }

    static func += (left: inout Markup, right: Markup) { left.text += right.text }

    static func + (left: Markup, right: Markup) -> Markup {
        var both = left
        both += right
        return both
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 8)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        /// A text from anywhere.
        mutating func appendInterpolation(_ text: String) {
            HTMLText.append(text, to: &self.text)
        }

        mutating func appendInterpolation(_ piece: Markup) { text += piece.text }

        mutating func appendInterpolation(_ pieces: [Markup]) {
            for piece in pieces { text += piece.text }
        }

        mutating func appendInterpolation(_ number: Int) { text += String(number) }

        /// A length or a place, to a hundredth: finer than any screen.
        mutating func appendInterpolation(_ length: Double) {
            text += HTMLText.length(length)
        }
    }
}

/// Texts and numbers as HTML wants them.
enum HTMLText {
    /// The most scalars shown of one text.
    static let limit = 2_000

    /// Appends a text so that it is shown and nothing else: what would be markup is escaped, in
    /// elements and in quoted attributes alike, and what would act or hide is written out. Of a
    /// longer one than `limit` the beginning is shown.
    static func append(_ text: String, to html: inout String) {
        if text.utf8.count <= limit, text.utf8.allSatisfy(isPlain) { return html += text }
        for scalar in TextLayout.visible(clipped(text)).unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            default: html.unicodeScalars.append(scalar)
            }
        }
    }

    /// Whether an ASCII character stands for itself in HTML.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && !"&<>\"'".utf8.contains(byte)
    }

    /// A text as it is shown.
    static func escaped(_ text: String) -> String {
        var html = ""
        append(text, to: &html)
        return html
    }

    /// The beginning of a text: no more of it than `limit` scalars.
    static func clipped(_ text: String, to limit: Int = limit) -> String {
        if text.utf8.count <= limit { return text }
        let scalars = text.unicodeScalars
        guard
            let end = scalars.index(
                scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return text }
        return String(scalars[..<end]) + "…"
    }

    /// A number to a hundredth, as short as it can be; 0 for what is none.
    static func length(_ value: Double) -> String {
        let hundredths = (value * 100).rounded()
        guard hundredths.magnitude < 1e15 else { return "0" }
        let number = Int(hundredths)
        let (whole, rest) = (number.magnitude / 100, number.magnitude % 100)
        let sign = number < 0 ? "-" : ""
        if rest == 0 { return "\(sign)\(whole)" }
        let digits = rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0\(rest)" : "\(rest)")
        return "\(sign)\(whole).\(digits)"
    }
}

/// A table of the page, which its readers may sort by any column.
struct Table {
    struct Column {
        fileprivate var title: String
        fileprivate var isNumber: Bool
        /// What the title stands for, where it needs saying.
        fileprivate var meaning: String

        static func text(_ title: String, meaning: String = "") -> Column {
            Column(title: title, isNumber: false, meaning: meaning)
        }

        static func number(_ title: String, meaning: String = "") -> Column {
            Column(title: title, isNumber: true, meaning: meaning)
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
            figure(Figures.duration(milliseconds), milliseconds)
        }

        /// A part of a whole in percent.
        static func share(_ part: Int, of whole: Int) -> Cell {
            figure(Figures.share(part, of: whole), Double(part))
        }

        /// A figure as it is shown, and what it is sorted by.
        static func figure(_ text: String, _ key: Double?) -> Cell {
            Cell(content: "\(text)", key: key)
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
        let kind = Markup.classes([isNarrow ? "narrow" : ""])
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)">
            <table\(kind)><caption>\(caption)</caption>
            \(isNarrow ? "" : "<thead><tr>\(columns.map(head))</tr></thead>\n" as Markup)<tbody>
            \(rows.map(line))</tbody></table></div>
            \(noteLine)
            """
    }

    private func head(_ column: Column) -> Markup {
        let kind = Markup.classes([column.isNumber ? "n" : ""])
        let title: Markup = column.meaning.isEmpty ? "" : " title=\"\(column.meaning)\""
        let canSort = isSortable && rows.count > 1
        let content: Markup = canSort ? "<button>\(column.title)</button>" : "\(column.title)"
        return "<th scope=\"col\"\(kind)\(title)>\(content)</th>"
    }

    private func line(_ cells: [Cell]) -> Markup {
        var line: Markup = "<tr>"
        for (index, cell) in cells.enumerated() {
            let isNumber = index < columns.count && columns[index].isNumber
            let kind = Markup.classes([isNumber ? "n" : "", cell.style])
            if index == 0 {
                line += "<th scope=\"row\"\(kind)>\(cell.content)</th>"
            } else if isNumber {
                line +=
                    "<td\(kind) data-v=\"\(cell.key.map { "\($0)" } ?? "")\">\(cell.content)</td>"
            } else {
                line += "<td\(kind)>\(cell.content)</td>"
            }
        }
        return line + "</tr>\n"
    }
}

/// What several pages have.
extension Markup {
    /// The attribute of an element's classes, of which some may be empty; nothing where all are.
    static func classes(_ names: [String]) -> Markup {
        let names = names.filter { !$0.isEmpty }
        return names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
    }

    /// The box of a verdict; one that says that figures cannot be believed is an alert.
    static func verdict(_ style: String, _ title: String, _ content: Markup = "") -> Markup {
        let role: Markup = style == "invalid" ? " role=\"alert\"" : ""
        return "<div class=\"verdict \(style)\"\(role)><b>\(title)</b>\(content)</div>\n"
    }

    /// A list, nothing where there is nothing in it; `style` is its class.
    static func list(_ texts: some Sequence<String>, style: String, to limit: Int) -> Markup {
        let items = texts.map { "<li>\(HTMLText.clipped($0, to: limit))</li>" as Markup }
        return items.isEmpty ? "" : "<ul class=\"\(style)\">\(items)</ul>\n"
    }

    /// A list of short judgements; `style` is the class of each.
    static func badges(_ items: [(style: String, word: String, text: Markup)]) -> Markup {
        let lines = items.map { style, word, text -> Markup in
            "<li class=\"\(style)\"><b>\(word)</b> \(text)</li>"
        }
        return "<ul class=\"badges\">\(lines)</ul>\n"
    }
}
