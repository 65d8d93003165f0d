import Networking

/// Text on a terminal: columns, padding, wrapping, and characters that must not act.
package enum TextLayout {
    /// The columns that every report has.
    package static let width = 80

    /// The columns beyond which a report only becomes harder to read.
    static let widest = 140

    /// The columns a text takes: two for wide scalars, none for marks that combine.
    static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// A text with spaces before it up to `columns`.
    static func right(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - self.columns(of: text))) + text
    }

    /// A text with spaces after it up to `columns`; a longer one is cut and ends in `…`.
    static func left(_ text: String, _ columns: Int) -> String {
        let text = cut(text, columns)
        return text + String(repeating: " ", count: max(0, columns - self.columns(of: text)))
    }

    /// As much of a text as fits.
    static func cut(_ text: String, _ columns: Int) -> String {
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

/// How figures are written for people.
enum Figures {
    /// What stands where there is no figure.
    static let missing = "–"

    /// A count with thousands separators.
    static func count(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// A count for a table's cell, in millions once it is too wide: at most 10 columns up to 10¹¹.
    static func shortCount(_ value: Int) -> String {
        if value < 10_000_000 { return count(value) }
        return "\(decimal(Double(value) / 1_000_000, places: 1)) M"
    }

    /// A number with a fixed number of decimals, the whole part with thousands separators.
    static func decimal(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 9e15 else { return missing }
        let whole = Int(scaled)
        let unit = Int(scale)
        let sign = value < 0 && whole > 0 ? "-" : ""
        if places == 0 { return sign + count(whole) }
        let fraction = String(whole % unit)
        let zeros = String(repeating: "0", count: max(0, places - fraction.count))
        return "\(sign)\(count(whole / unit)).\(zeros)\(fraction)"
    }

    /// A number with a fixed number of decimals and nothing else, for programs.
    static func plain(_ value: Double, places: Int) -> String {
        decimal(value, places: places).filter { $0 != "," }
    }

    /// Three significant digits of a number below 1,000.
    static func significant(_ value: Double) -> String {
        if value < 9.995 { return decimal(value, places: 2) }
        return decimal(value, places: value < 99.95 ? 1 : 0)
    }

    /// A duration given in milliseconds, in its best unit: at most 7 columns.
    static func duration(_ milliseconds: Double?) -> String {
        guard let milliseconds else { return missing }
        if milliseconds == 0 { return "0 ms" }
        let units = [("µs", 0.001), ("ms", 1), ("s", 1_000), ("m", 60_000)]
        for (unit, scale) in units where milliseconds / scale < 999.5 {
            return "\(significant(milliseconds / scale)) \(unit)"
        }
        return "\(significant(milliseconds / 3_600_000)) h"
    }

    /// A number of bytes, in its best decimal unit.
    static func bytes(_ count: Int) -> String {
        if count < 1_000 { return "\(count) B" }
        var value = Double(count) / 1_000
        for unit in ["KB", "MB", "GB"] {
            if value < 999.5 { return "\(significant(value)) \(unit)" }
            value /= 1_000
        }
        return "\(significant(value)) TB"
    }

    /// A part of a whole in percent; a part that is there never reads as nothing.
    static func share(_ part: Int, of whole: Int) -> String {
        if whole <= 0 { return missing }
        let percent = Double(part) / Double(whole) * 100
        if part > 0, percent < 0.05 { return "<0.1 %" }
        return "\(decimal(percent, places: 1)) %"
    }
}
