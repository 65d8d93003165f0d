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
