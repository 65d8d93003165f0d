import Networking

/// Texts that no output may contain, and the one way to take them out.
package struct Secrets: Sendable, Equatable {
    /// What stands where a secret stood.
    package static let mark = "***"
    /// The most characters of a detail.
    package static let detailLimit = 200

    /// The values, longest first; empty ones are dropped.
    package let values: [String]

    /// Every form in which a value may come back, longest first so that no secret that contains
    /// another leaves a rest.
    private let forms: [String]

    /// These values as secrets.
    package init(_ values: [String]) {
        self.values = Set(values).filter { !$0.isEmpty }.sorted(by: Self.isLonger)
        forms = Set(self.values.flatMap(Self.forms)).sorted(by: Self.isLonger)
    }

    /// `text` with every secret replaced, also where it stands percent-encoded or JSON-escaped, on
    /// one line and at most `limit` characters long.
    ///
    /// Secrets are taken out before the text is cut, so that no half of one is left at the end.
    package func mask(_ text: String, limit: Int = Secrets.detailLimit) -> String {
        var masked = text
        for form in forms { masked = masked.replacing(form, with: Self.mark) }
        let scalars = masked.unicodeScalars.map { $0.properties.isWhitespaceOrControl ? " " : $0 }
        var line = String(String.UnicodeScalarView(scalars))
        if line.count > limit { line = String(line.prefix(max(limit - 1, 0))) + "…" }
        return line
    }

    private static func isLonger(_ left: String, _ right: String) -> Bool {
        let (first, second) = (left.utf8.count, right.utf8.count)
        return first == second ? left < right : first > second
    }

    private static func forms(of value: String) -> [String] {
        var percent = ByteBuffer()
        percent.append(percentEncoded: value)
        var json = ByteBuffer()
        json.append(jsonEscaped: value)
        return [
            value, percent.text, lowerHex(percent.text), formEncoded(percent.text), json.text,
            json.text.replacing("/", with: "\\/"), asciiEscaped(json.text),
        ]
    }

    /// Percent-encoding with lower-case digits.
    private static func lowerHex(_ encoded: String) -> String {
        var rest = encoded[...]
        var result = ""
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            result += rest[percent...].prefix(3).lowercased()
            rest = rest[percent...].dropFirst(3)
        }
        return result + rest
    }

    /// As HTML forms encode: a blank is a plus.
    private static func formEncoded(_ encoded: String) -> String {
        encoded.replacing("%20", with: "+")
    }

    /// JSON with `<`, `>`, `&` (as Go writes them) and everything beyond ASCII as `\uXXXX`.
    private static func asciiEscaped(_ json: String) -> String {
        var result = ""
        for unit in json.utf16 {
            if unit < 0x80, !"<>&".utf16.contains(unit), let scalar = Unicode.Scalar(unit) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}

extension Unicode.Scalar.Properties {
    /// Whether the character would break or bend a line of output.
    fileprivate var isWhitespaceOrControl: Bool {
        isWhitespace || generalCategory == .control || generalCategory == .format
    }
}
