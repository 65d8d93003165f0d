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
