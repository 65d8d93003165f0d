/// Figures: numbers as people read them, in the best unit and with no more digits than mean
/// something. Spans of time to the nanosecond are those of `Units`.
package enum Figures {
    /// What stands where there is no figure.
    package static let missing = "–"

    /// A count with thousands separators.
    package static func count(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// A number of things, of more than one in the plural of the noun: `1 entry`, `2 entries`.
    package static func count(_ value: Int, _ noun: String) -> String {
        let plural = noun.hasSuffix("y") ? noun.dropLast() + "ies" : noun + "s"
        return count(value) + " " + (value == 1 ? noun : plural)
    }

    /// A count for a table's cell, in millions once it is too wide: at most 10 columns up to 10¹¹.
    package static func shortCount(_ value: Int) -> String {
        if value < 10_000_000 { return count(value) }
        return "\(decimal(Double(value) / 1_000_000, places: 1)) M"
    }

    /// A number with a fixed number of decimals, the whole part with thousands separators.
    package static func decimal(_ value: Double, places: Int) -> String {
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
    package static func plain(_ value: Double, places: Int) -> String {
        decimal(value, places: places).filter { $0 != "," }
    }

    /// Three significant digits of a number below 1,000.
    package static func significant(_ value: Double) -> String {
        if value < 9.995 { return decimal(value, places: 2) }
        return decimal(value, places: value < 99.95 ? 1 : 0)
    }

    /// A duration given in milliseconds, in its best unit: at most 7 columns.
    package static func duration(_ milliseconds: Double?) -> String {
        guard let milliseconds else { return missing }
        return milliseconds == 0 ? "0 ms" : inBestUnit(milliseconds, significant)
    }

    /// A size in decimal units, three significant digits: `512 B`, `4.19 MB`.
    package static func bytes(_ bytes: Int) -> String {
        if bytes < 0 { return "-" + Self.bytes(bytes == .min ? .max : -bytes) }
        for unit in Units.sizes {
            let digits = Units.threeDigits(
                UInt64(bytes.magnitude), per: unit.scale.magnitude, below: 1_000)
            guard let digits else { continue }
            return unit.scale == 1 ? "\(bytes) \(unit.symbol)" : digits + " " + unit.symbol
        }
        return count(bytes / 1_000_000_000_000) + " TB"
    }

    /// A number of events per second, three significant digits and whole beyond: `0.50/s`,
    /// `12.3/s`, `1,235/s`; `–` for what is not a number.
    package static func rate(_ rate: Double) -> String {
        if !rate.isFinite || rate < 0 { return missing }
        if rate >= 1e15 { return "\(rate)/s" }
        let thousandths = UInt64((rate * 1_000).rounded())
        let text =
            Units.threeDigits(thousandths, per: 1_000, below: 1_000) ?? count(Int(rate.rounded()))
        return text + "/s"
    }

    /// A part of a whole in percent; a part that is there never reads as nothing.
    package static func share(_ part: Int, of whole: Int) -> String {
        if whole <= 0 { return missing }
        let percent = Double(part) / Double(whole) * 100
        if part > 0, percent < 0.05 { return "<0.1 %" }
        return "\(decimal(percent, places: 1)) %"
    }

    /// A round number of milliseconds as a mark of an axis: no more digits than it needs.
    package static func roundDuration(_ milliseconds: Double) -> String {
        milliseconds == 0 ? "0" : inBestUnit(milliseconds, round)
    }

    /// A number with at most three decimals, none of them an idle zero.
    package static func round(_ value: Double) -> String {
        value >= 1_000_000 ? "\(round(value / 1_000_000)) M" : short(value, places: 3)
    }

    /// A number with at most so many decimals, none of them an idle zero.
    package static func short(_ value: Double, places: Int) -> String {
        var text = decimal(value, places: places)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    private static func inBestUnit(_ milliseconds: Double, _ number: (Double) -> String) -> String {
        let units = [("µs", 0.001), ("ms", 1), ("s", 1_000), ("m", 60_000)]
        for (unit, scale) in units where milliseconds / scale < 999.5 {
            return "\(number(milliseconds / scale)) \(unit)"
        }
        return "\(number(milliseconds / 3_600_000)) h"
    }

    /// A point in time in seconds since the run's start, written as fits a run of `length` seconds:
    /// `45 s`, `1:30` minutes, `2:05:00` hours.
    package static func moment(_ seconds: Double, outOf length: Double) -> String {
        if length < 120 { return "\(round(seconds)) s" }
        guard seconds < 9e15 else { return missing }
        let whole = Int(seconds.rounded())
        let seconds = twoDigits(whole % 60)
        if length < 3_600 { return "\(whole / 60):\(seconds)" }
        return "\(whole / 3_600):\(twoDigits(whole / 60 % 60)):\(seconds)"
    }
}
