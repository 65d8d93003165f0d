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
