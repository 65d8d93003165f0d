/// A text of several lines for an attribute, from which the page's script shows it.
struct Tip {
    fileprivate let lines: [Substring]

    init(_ text: String) { lines = text.split(separator: "\n") }
}

extension Markup.StringInterpolation {
    mutating func appendInterpolation(_ tip: Tip) {
        for (number, line) in tip.lines.enumerated() {
            if number > 0 { appendLiteral("&#10;") }
            appendInterpolation(String(line))
        }
    }
}
