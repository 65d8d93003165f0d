import Networking

/// A search of a text for secrets, however they are written: as they are, and after every escape
/// has been read and every run of base64 or hexadecimal digits decoded, several times over.
///
/// It takes time linear in the text. A text made to take longer loses all from where the search
/// gave up.
struct SecretScan {
    /// How often what was decoded is decoded again, and how often of that digits.
    private static let depth = 5
    private static let mostDigits = 2
    /// How many bytes are looked at and compared for each byte of the text, and for a short one.
    private static let stepsPerByte = 64
    private static let fewestSteps = 1_000_000

    private let patterns: [SecretPatterns]
    private let spent: SpentSecrets?
    /// Whether the text was cut off, so that a secret may stand in it in part.
    private let isCut: Bool
    private let length: Int
    private var steps: Int
    private var found: [Range<Int>] = []

    private init(
        _ text: [UInt8], _ patterns: [SecretPatterns], _ spent: SpentSecrets?, isCut: Bool
    ) {
        self.patterns = patterns
        self.spent = spent
        self.isCut = isCut
        length = text.count
        steps = text.count * Self.stepsPerByte + Self.fewestSteps
    }

    /// Where secrets stand in a text, in order; none overlaps another.
    static func ranges(
        in text: [UInt8], of patterns: [SecretPatterns], _ spent: SpentSecrets?, isCut: Bool
    ) -> [Range<Int>] {
        var scan = SecretScan(text, patterns, spent, isCut: isCut)
        let units = TextUnits(text)
        scan.look(at: units, depth: 0, digits: 0)
        if let body = units.unframed() { scan.look(at: body, depth: 0, digits: 0) }
        return merged(scan.found)
    }

    private mutating func look(at units: TextUnits, depth: Int, digits: Int) {
        find(in: units)
        guard depth < Self.depth, steps > 0 else { return }
        steps -= units.count * 2
        if let plain = units.unescaped() {
            return look(at: plain, depth: depth + 1, digits: digits)
        }
        guard digits < Self.mostDigits else { return }
        for code in DigitCode.allCases {
            for content in units.contents(of: code) where steps > 0 {
                look(at: content, depth: depth + 1, digits: digits + 1)
            }
        }
    }

    private mutating func find(in units: TextUnits) {
        guard units.count > 0 else { return }
        for patterns in patterns {
            patterns.find(in: units, steps: &steps) { first, last in
                found.append(units.start(first)..<units.end(last))
            }
            if steps < 0 { return found.append(0..<length) }
            if isCut, let place = patterns.begun(atEndOf: units) {
                found.append(units.start(place)..<length)
            }
        }
        spent?.find(in: units) { found.append(units.start($0)..<units.end($1)) }
        if isCut { findBegunEscape(in: units) }
    }

    /// What was cut within an escape does not end in what it stands for.
    private mutating func findBegunEscape(in units: TextUnits) {
        let last = units.bytes.suffix(12)
        guard let opener = last.lastIndex(where: { TextEscape.opens($0) }), opener > 0,
            units.unescaped() == nil || opener + 1 == units.count
                || TextEscape(at: opener, in: units.bytes.span) == nil
        else { return }
        let rest = units.prefix(opener)
        for patterns in patterns {
            if let place = patterns.begun(atEndOf: rest) {
                found.append(units.start(place)..<length)
            }
        }
    }

    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for range in ranges.sorted(by: {
            ($0.lowerBound, $1.upperBound) < ($1.lowerBound, $0.upperBound)
        }) {
            if let last = merged.last, range.lowerBound < last.upperBound {
                merged[merged.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}
