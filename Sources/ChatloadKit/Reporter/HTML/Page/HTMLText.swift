/// Texts and numbers as HTML wants them.
enum HTMLText {
    /// The most scalars shown of one text from outside.
    static let limit = 1_000

    /// Appends a text so that it is shown and nothing else: what would be markup is escaped, in
    /// elements and in quoted attributes alike, and what would act or hide is written out.
    static func append(_ text: String, to html: inout String) {
        for scalar in TextLayout.visible(text).unicodeScalars {
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

    /// A text as it is shown.
    static func escaped(_ text: String) -> String {
        var html = ""
        append(text, to: &html)
        return html
    }

    /// As much of a text as has a place in a page.
    static func clipped(_ text: String, to limit: Int = limit) -> String {
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
