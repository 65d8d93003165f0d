import Networking

/// A mask that takes out of a text what nobody may see: the run's secrets, and the cookies of the
/// session that the text belongs to.
struct SecretMask {
    /// Texts are looked through in pieces of this size, which overlap by so much, so that a long one
    /// costs little memory.
    private static let pieceSize = 1 << 18
    private static let overlap = 1 << 16

    let secrets: Secrets
    /// The cookies, session by session, and what is known of older ones.
    private let sessions: [SessionSecrets]
    private let spent: SpentSecrets?

    /// A mask of the run's secrets, and of the session's where there is one.
    init(secrets: Secrets, session: SessionSecrets? = nil) {
        self.init(secrets: secrets, sessions: session.map { [$0] } ?? [], spent: session?.spent)
    }

    /// A mask of the run's secrets and those of several sessions.
    init(secrets: Secrets, sessions: [SessionSecrets], spent: SpentSecrets?) {
        self.secrets = secrets
        self.sessions = sessions
        self.spent = spent
    }

    /// Bytes with every secret replaced, however it is written, and nothing else changed: but for the
    /// rest of a text of about a MB and more, or of one that is made to take long.
    ///
    /// - Parameter isCut: whether more followed, so that at the end a secret may stand in part.
    func mask(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        let cookies = SecretPatterns(sessions.lazy.flatMap(\.values))
        let patterns = [secrets.patterns, cookies].filter { !$0.isEmpty }
        let spent = spent?.isEmpty == true ? nil : spent
        if patterns.isEmpty && spent == nil { return bytes }
        var result: [UInt8] = []
        var done = 0
        var start = 0
        var steps = SecretScan.steps(forBytes: bytes.count)
        while true {
            let end = min(start + Self.pieceSize, bytes.count)
            let piece = start == 0 && end == bytes.count ? bytes : Array(bytes[start..<end])
            let ranges = SecretScan.ranges(
                in: piece, of: patterns, spent, isCut: isCut && end == bytes.count, steps: &steps)
            for range in ranges where start + range.upperBound > done {
                let lower = start + range.lowerBound
                if lower >= done {
                    result.append(contentsOf: bytes[done..<lower])
                    result.append(contentsOf: Secrets.mark.utf8)
                }
                done = start + range.upperBound
            }
            if steps < 0 { done = bytes.count }
            if end == bytes.count || steps < 0 { break }
            start = end - Self.overlap
        }
        if done == 0 { return bytes }
        result.append(contentsOf: bytes[done...])
        return result
    }

    /// A text with every secret replaced, on one line and at most `limit` characters long.
    ///
    /// Secrets are taken out before the text is cut. Of a long text only the beginning is looked at;
    /// what is the first part of a secret at that beginning's end is taken out too.
    func mask(_ text: String, limit: Int = Secrets.detailLimit) -> String {
        let room = limit < 1_000_000 ? max(limit, 1) * 8 + 4_096 : .max
        let isCut = text.utf8.count > room
        let bytes = mask(Array(text.utf8.prefix(room)), isCut: isCut)
        var line = Self.onOneLine(String(decoding: bytes, as: UTF8.self), limit: limit)
        if isCut || line.count > limit { line = String(line.prefix(max(limit - 1, 0))) + "…" }
        return line
    }

    /// The beginning of a text, blanks in place of what would break or bend a line.
    private static func onOneLine(_ text: String, limit: Int) -> String {
        let beginning = limit < .max ? text.prefix(limit + 1) : text[...]
        let scalars = beginning.unicodeScalars.map { $0.bendsLines ? " " : $0 }
        return String(String.UnicodeScalarView(scalars))
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
