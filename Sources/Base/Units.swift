import Glibc

/// The units people write and read, one table for both directions.
///
/// Whatever a `format` prints, the matching `parse` reads back (rounded to the digits shown);
/// `exact` is read back without loss. Parsing is total: what it cannot read, or what would not fit,
/// is nil.
package enum Units {
    /// One row: how a unit is written, and how many of the base unit it is.
    struct Unit {
        /// The spelling in print.
        let symbol: String
        /// Further spellings that are read.
        let aliases: [String]
        /// How many base units one of it is.
        let scale: Int64

        init(_ symbol: String, _ scale: Int64, aliases: [String] = []) {
            self.symbol = symbol
            self.scale = scale
            self.aliases = aliases
        }

        /// Whether `text` is one of the spellings.
        func isSpelled(_ text: Substring) -> Bool {
            text == symbol || aliases.contains { text == $0 }
        }
    }

    /// Spans of time in nanoseconds, largest first. U+00B5 and U+03BC look alike and both get typed.
    static let times = [
        Unit("h", 3_600_000_000_000),
        Unit("m", 60_000_000_000, aliases: ["min"]),
        Unit("s", 1_000_000_000, aliases: ["sec"]),
        Unit("ms", 1_000_000),
        Unit("\u{B5}s", 1_000, aliases: ["us", "\u{3BC}s"]),
        Unit("ns", 1),
    ]

    /// Sizes in bytes, smallest first, with the decimal prefixes of the SI.
    static let sizes = [
        Unit("B", 1), Unit("KB", 1_000), Unit("MB", 1_000_000), Unit("GB", 1_000_000_000),
        Unit("TB", 1_000_000_000_000),
    ]
}

extension Units {
    /// A span of time: `500ms`, `30s`, `1h30m`, `1.5s`, `250us`; a bare number is seconds.
    ///
    /// Parts must come in falling units, each once. Nil for anything else, for negative spans and
    /// for those beyond 292 years.
    package static func parseDuration(_ text: String) -> Nanoseconds? {
        var rest = text[...]
        guard let first = Decimal(readingFrom: &rest) else { return nil }
        if rest.isEmpty { return first.scaled(by: 1_000_000_000).map { Nanoseconds($0) } }
        var total: Int64 = 0
        var lastScale = Int64.max
        var number: Decimal? = first
        while let value = number {
            guard let unit = readUnit(of: times, from: &rest), unit.scale < lastScale,
                let part = value.scaled(by: unit.scale)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
            lastScale = unit.scale
            if rest.isEmpty { break }
            skipSpace(in: &rest)
            number = Decimal(readingFrom: &rest)
            if number == nil { return nil }
        }
        return Nanoseconds(total)
    }

    /// A rate in events per second: `50`, `50/s`, `300/m`, `5/h`, `100/10s`.
    ///
    /// Zero is a rate; what it means is the caller's to say.
    package static func parseRate(_ text: String) -> Double? {
        var rest = text[...]
        guard let number = Decimal(readingFrom: &rest) else { return nil }
        skipSpace(in: &rest)
        if rest.isEmpty { return number.double }
        guard rest.popFirst() == "/" else { return nil }
        skipSpace(in: &rest)
        let period =
            rest.first.map(isDigit) == true
            ? parseDuration(String(rest))
            : times.first { $0.isSpelled(rest) }.map { Nanoseconds($0.scale) }
        guard let number = number.double, let period, period > .zero else { return nil }
        let rate = number / period.seconds
        return rate.isFinite ? rate : nil
    }

    /// A plain number without sign: `0.05`, `12`. Nil for what a typist would not mean: exponents,
    /// hexadecimal, infinities.
    package static func parseNumber(_ text: String) -> Double? {
        var rest = text[...]
        guard let number = Decimal(readingFrom: &rest), rest.isEmpty else { return nil }
        return number.double
    }

    private static func readUnit(of table: [Unit], from rest: inout Substring) -> Unit? {
        skipSpace(in: &rest)
        let word = rest.prefix { !isDigit($0) && $0 != " " && $0 != "." }
        rest = rest.dropFirst(word.count)
        return table.first { $0.isSpelled(word) }
    }

    private static func skipSpace(in rest: inout Substring) {
        if rest.first == " " { rest = rest.dropFirst() }
    }

    fileprivate static func isDigit(_ character: Character) -> Bool {
        "0" <= character && character <= "9" && character.utf8.count == 1
    }
}

/// A number as written, `12` or `1.5`, kept in digits so that scaling it is exact.
private struct Decimal {
    private var whole: Int64 = 0
    private var fraction: UInt64 = 0
    private var fractionScale: UInt64 = 1
    private var text: Substring

    /// Takes a number off the front of `rest`; nil if there is none or it does not fit.
    init?(readingFrom rest: inout Substring) {
        let digits = rest.prefix(while: Units.isDigit)
        var tail = rest.dropFirst(digits.count)
        var decimals: Substring = ""
        if tail.first == "." {
            decimals = tail.dropFirst().prefix(while: Units.isDigit)
            if decimals.isEmpty { return nil }
            tail = tail.dropFirst(decimals.count + 1)
        }
        guard let whole = Int64(digits.isEmpty && !decimals.isEmpty ? "0" : digits) else {
            return nil
        }
        self.whole = whole
        text = rest[..<tail.startIndex]
        for digit in decimals.prefix(18) {
            fraction = fraction * 10 + UInt64(digit.wholeNumberValue ?? 0)
            fractionScale *= 10
        }
        rest = tail
    }

    /// The number times `scale`, rounded half up; nil if that does not fit.
    func scaled(by scale: Int64) -> Int64? {
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        if overflow { return nil }
        // fraction < fractionScale, so the quotient is at most `scale`.
        let (high, low) = fraction.multipliedFullWidth(by: scale.magnitude)
        let (quotient, remainder) = fractionScale.dividingFullWidth((high, low))
        let rounded = quotient + (remainder >= fractionScale - remainder ? 1 : 0)
        let (sum, tooLarge) = product.addingReportingOverflow(Int64(rounded))
        return tooLarge ? nil : sum
    }

    /// The nearest floating-point number; nil if it is infinite.
    var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

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

    /// `value / unit` with three significant digits, rounded half up, or nil if that would show as
    /// `limit` or more.
    static func threeDigits(_ value: UInt64, per unit: UInt64, below limit: UInt64)
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
}
