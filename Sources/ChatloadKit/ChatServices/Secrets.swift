import Networking

/// Texts that no output may contain, and the one way to take them out.
package struct Secrets: Sendable, Equatable {
    /// What stands where a secret stood.
    package static let mark = "***"
    /// The most characters of a detail.
    package static let detailLimit = 200

    /// The values, longest first; empty ones are dropped.
    package let values: [String]

    /// Every form in which a value may come back as UTF-8, longest first so that no secret that
    /// contains another leaves a rest.
    private let forms: [[UInt8]]

    /// These values as secrets.
    package init(_ values: [String]) {
        self.values = Set(values).filter { !$0.isEmpty }.sorted(by: Self.isLonger)
        let forms = Set(self.values.flatMap(Self.forms)).sorted(by: Self.isLonger)
        self.forms = forms.map { Array($0.utf8) }
    }

    /// These secrets and further ones.
    package func adding(_ values: [String]) -> Secrets {
        values.isEmpty ? self : Secrets(self.values + values)
    }

    /// Bytes with every secret replaced, in all its forms, and nothing else changed.
    package func mask(_ bytes: [UInt8]) -> [UInt8] {
        forms.reduce(bytes) { Self.replacing($1, in: $0) }
    }

    /// `text` with every secret replaced, also where it stands percent-encoded, JSON-escaped or in
    /// base64, on one line and at most `limit` characters long.
    ///
    /// Secrets are taken out before the text is cut. Of a long text only the beginning is looked at;
    /// what could be the first part of a secret at that beginning's end is left out.
    package func mask(_ text: String, limit: Int = Secrets.detailLimit) -> String {
        let longest = forms.first?.count ?? 0
        let room = limit < 1_000_000 ? max(limit, 1) * 8 + longest : .max
        let isCut = text.utf8.count > room
        var bytes = Array(text.utf8.prefix(room))
        bytes = mask(bytes)
        if isCut { bytes.removeLast(min(longest, bytes.count)) }
        var line = Self.onOneLine(String(decoding: bytes, as: UTF8.self), limit: limit)
        if isCut || line.count > limit { line = String(line.prefix(max(limit - 1, 0))) + "…" }
        return line
    }

    /// Byte for byte: a mark that combines with a secret's last character must not hide it.
    static func replacing(_ form: some Collection<UInt8>, in bytes: [UInt8]) -> [UInt8] {
        guard let first = form.first, bytes.contains(first) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == first, bytes[index...].starts(with: form) {
                result.append(contentsOf: mark.utf8)
                index += form.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// The beginning of a text, blanks in place of what would break or bend a line.
    private static func onOneLine(_ text: String, limit: Int) -> String {
        let beginning = limit < .max ? text.prefix(limit + 1) : text[...]
        let scalars = beginning.unicodeScalars.map { $0.bendsLines ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
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
        ] + base64Forms(of: value)
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

extension Unicode.Scalar {
    /// Whether the character would break or bend a line of output.
    fileprivate var bendsLines: Bool {
        if value < 0x7F { return value < 0x20 }
        return properties.isWhitespace || properties.generalCategory == .control
            || properties.generalCategory == .format
    }
}
