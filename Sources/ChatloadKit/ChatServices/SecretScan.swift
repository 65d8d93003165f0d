import Networking

/// A search of a text for secrets, however they are written: as they are, and after every escape
/// has been read and every run of base64 or hexadecimal digits decoded, several times over.
///
/// It takes time linear in the text, and some 20 ms at most, since it holds the event loop. A text
/// that would take longer, by its make or its length, loses all from where the search gave up.
struct SecretScan {
    /// How often what was decoded is decoded again, and how often of that digits.
    private static let depth = 5
    private static let mostDigits = 2
    /// The steps for each byte of the text, for a short one, and for any: a step is what takes about
    /// a nanosecond.
    private static let stepsPerByte = 640
    private static let fewestSteps = 1_000_000
    private static let mostSteps = 20_000_000

    /// What each byte takes: to be looked up in one set of patterns, to be read as escaped or not, to
    /// be told from a digit, and to be decoded from some.
    private static let findSteps = 5
    private static let unescapeSteps = 5
    private static let digitSteps = 3
    private static let decodeSteps = 15

    private let patterns: [SecretPatterns]
    private let spent: SpentSecrets?
    /// Whether the text was cut off, so that a secret may stand in it in part.
    private let isCut: Bool
    private let length: Int
    private var steps: Int
    private var found: [Range<Int>] = []

    private init(
        _ text: [UInt8], _ patterns: [SecretPatterns], _ spent: SpentSecrets?, isCut: Bool,
        steps: Int
    ) {
        self.patterns = patterns
        self.spent = spent
        self.isCut = isCut
        length = text.count
        self.steps = steps
    }

    /// How many steps a text of so many bytes may take, in all of its pieces.
    static func steps(forBytes count: Int) -> Int {
        min(count * stepsPerByte + fewestSteps, mostSteps)
    }

    /// Where secrets stand in a piece of a text, in order; none overlaps another.
    ///
    /// - Parameter steps: what is left for this piece and those behind it; below zero afterwards if
    ///   the search gave up.
    static func ranges(
        in text: [UInt8], of patterns: [SecretPatterns], _ spent: SpentSecrets?, isCut: Bool,
        steps: inout Int
    ) -> [Range<Int>] {
        var scan = SecretScan(text, patterns, spent, isCut: isCut, steps: steps)
        let units = TextUnits(text)
        scan.look(at: units, depth: 0, digits: 0)
        if let body = units.unframed() { scan.look(at: body, depth: 0, digits: 0) }
        steps = scan.steps
        return merged(steps < 0 ? [0..<text.count] : scan.found)
    }

    private mutating func look(at units: TextUnits, depth: Int, digits: Int) {
        steps -= units.count * (Self.findSteps * patterns.count + Self.unescapeSteps)
        guard steps >= 0 else { return }
        find(in: units)
        guard depth < Self.depth, steps >= 0 else { return }
        if let plain = units.unescaped() {
            steps -= plain.count * Self.decodeSteps
            return look(at: plain, depth: depth + 1, digits: digits)
        }
        guard digits < Self.mostDigits else { return }
        for code in DigitCode.allCases where steps >= 0 {
            let contents = units.contents(of: code)
            steps -= units.count * Self.digitSteps
            steps -= contents.reduce(0) { $0 + $1.count } * Self.decodeSteps
            for content in contents where steps >= 0 {
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
            if steps < 0 { return }
            if isCut, let place = patterns.begun(atEndOf: units) {
                found.append(units.start(place)..<length)
            }
        }
        spent?.find(in: units, steps: &steps) { found.append(units.start($0)..<units.end($1)) }
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
