import Networking

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
