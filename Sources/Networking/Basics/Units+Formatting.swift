import Glibc

extension Units {
    /// A span of time for people, three significant digits: `812 µs`, `50.3 ms`, `1.20 s`, then
    /// `2m 05s` and `3h 07m`.
    package static func format(_ span: Nanoseconds) -> String {
        if span.count == 0 { return "0 s" }
        if span.count < 0 { return "-" + format(.zero - span) }
        let second: Int64 = 1_000_000_000
        for unit in times.reversed() where unit.scale <= second {
            let limit: UInt64 = unit.scale == second ? 60 : 1_000
            if let text = threeDigits(span.count.magnitude, per: unit.scale.magnitude, below: limit)
            {
                return text + " " + unit.symbol
            }
        }
        let seconds = span.count / second + (span.count % second >= second / 2 ? 1 : 0)
        if seconds < 3_600 { return "\(seconds / 60)m \(twoDigits(seconds % 60))s" }
        let minutes = seconds / 60 + (seconds % 60 >= 30 ? 1 : 0)
        return "\(minutes / 60)h \(twoDigits(minutes % 60))m"
    }

    /// A span of time without loss, as a flag takes it: `10s`, `1h30m`, `1s500ms`.
    package static func exact(_ span: Nanoseconds) -> String {
        if span.count == 0 { return "0s" }
        var rest = span.count.magnitude
        var text = span.count < 0 ? "-" : ""
        for unit in times where rest >= unit.scale.magnitude {
            text += "\(rest / unit.scale.magnitude)"
            text += unit.aliases.first.flatMap { $0 == "us" ? $0 : nil } ?? unit.symbol
            rest %= unit.scale.magnitude
        }
        return text
    }

    /// A count with its thousands apart: `1,234,567`.
    package static func format(count: Int) -> String {
        var text = ""
        for (place, digit) in "\(count.magnitude)".reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (count < 0 ? "-" : "") + String(text.reversed())
    }

    /// A size in decimal units, three significant digits: `512 B`, `4.19 MB`.
    package static func format(bytes: Int) -> String {
        if bytes < 0 { return "-" + format(bytes: bytes == .min ? .max : -bytes) }
        for unit in sizes {
            if let text = threeDigits(
                UInt64(bytes.magnitude), per: unit.scale.magnitude, below: 1_000)
            {
                return unit.scale == 1 ? "\(bytes) \(unit.symbol)" : text + " " + unit.symbol
            }
        }
        return format(count: bytes / 1_000_000_000_000) + " TB"
    }

    /// A number of events per second, three significant digits and whole beyond: `0.50/s`,
    /// `12.3/s`, `1,235/s`; `–` for what is not a number.
    package static func format(rate: Double) -> String {
        if !rate.isFinite || rate < 0 { return "\u{2013}" }
        if rate >= 1e15 { return "\(rate)/s" }
        let thousandths = UInt64((rate * 1_000).rounded())
        let text =
            threeDigits(thousandths, per: 1_000, below: 1_000)
            ?? format(count: Int(rate.rounded()))
        return text + "/s"
    }

    /// `value / unit` with three significant digits, rounded half up, or nil if that would show as
    /// `limit` or more.
    private static func threeDigits(_ value: UInt64, per unit: UInt64, below limit: UInt64)
        -> String?
    {
        if value / unit >= limit { return nil }
        for (decimals, power) in [(2, 100), (1, 10), (0, 1)] as [(Int, UInt64)] {
            if unit < power { continue }
            // value < 1000·unit and unit ≤ 10¹², so the product fits.
            let scaled = (value * power + unit / 2) / unit
            if scaled >= 1_000 { continue }
            if scaled >= limit * power { return nil }
            let digits = "\(scaled % power + power)".dropFirst()
            return decimals == 0 ? "\(scaled)" : "\(scaled / power).\(digits)"
        }
        return nil
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
