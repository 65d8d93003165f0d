/// Text on a terminal: columns, padding, wrapping, and characters that must not act.
package enum TextLayout {
    /// The columns that every report has.
    package static let width = 80

    /// The columns beyond which a report only becomes harder to read.
    package static let widest = 140

    /// The columns a text takes: two for wide scalars, none for marks that combine.
    package static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// A text with spaces before it up to `columns`.
    package static func right(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - self.columns(of: text))) + text
    }

    /// A text with spaces after it up to `columns`; a longer one is cut and ends in `…`.
    package static func left(_ text: String, _ columns: Int) -> String {
        let text = cut(text, columns)
        return text + String(repeating: " ", count: max(0, columns - self.columns(of: text)))
    }

    /// As much of a text as fits.
    package static func cut(_ text: String, _ columns: Int) -> String {
        if self.columns(of: text) <= columns { return text }
        var kept = String.UnicodeScalarView()
        var used = 1
        for scalar in text.unicodeScalars {
            used += self.columns(of: scalar)
            if used > columns { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }

    /// A text broken at spaces, and within words longer than a line, into lines of at most `columns`.
    package static func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ") {
            let length = self.columns(of: String(word))
            if used > 0, used + 1 + length > columns {
                lines.append(line)
                (line, used) = ("", 0)
            }
            if used > 0 {
                line += " "
                used += 1
            }
            for scalar in word.unicodeScalars {
                let step = self.columns(of: scalar)
                if used + step > columns {
                    lines.append(line)
                    (line, used) = ("", 0)
                }
                line.unicodeScalars.append(scalar)
                used += step
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// A text broken where a line is full, after a space if there is one in the line's second half;
    /// nothing is left out. At least one line.
    package static func fold(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line: [Unicode.Scalar] = []
        var used = 0
        for scalar in text.unicodeScalars {
            let step = self.columns(of: scalar)
            if used + step > columns {
                let space = line.lastIndex(of: " ") ?? 0
                let end = space > line.count / 2 ? space + 1 : line.count
                lines.append(String(String.UnicodeScalarView(line[..<end])))
                line.removeFirst(end)
                used = line.reduce(0) { $0 + self.columns(of: $1) }
            }
            line.append(scalar)
            used += step
        }
        return lines + [String(String.UnicodeScalarView(line))]
    }

    /// A text in which everything that would act on a terminal, or hide, is written out.
    package static func visible(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if acts(scalar) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    /// Unicode's East Asian Width, by its large blocks of wide characters (UAX #11).
    private static func columns(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F000...0x1FAFF, 0x20000...0x3FFFD, 0x2600...0x27BF:
            return 2
        default: return 1
        }
    }
}

/// Text from outside, made safe for one line of a terminal.
package enum Printable {
    /// `text` with control characters replaced and the end cut off beyond `limit` characters.
    package static func line(_ text: String, limit: Int = 400) -> String {
        var shown = ""
        for (place, character) in text.enumerated() {
            if place == limit { return shown + "…" }
            let isControl = character.unicodeScalars.contains { scalar in
                scalar.properties.generalCategory == .control
                    || scalar.properties.generalCategory == .format
            }
            shown.append(isControl ? "·" : character)
        }
        return shown
    }

    /// `text` between quotation marks, for use within a sentence.
    package static func quoted(_ text: String) -> String { "'" + line(text, limit: 60) + "'" }
}
