package import Base

/// How many model tokens a text has where nobody reports it.
package enum TokenEstimate: Sendable, Equatable {
    /// One for every so many characters (Unicode scalars) begun.
    case characters(Int)
    /// One for every so many bytes of UTF-8 begun.
    case bytes(Int)
    /// One for every word between white space.
    case words
    /// None: only what the service reports counts.
    case reported

    /// What is usual: four characters a token.
    package static let usual = TokenEstimate.characters(4)

    /// The estimate for a text.
    package func tokens(in text: String) -> Int {
        switch self {
        case .characters(let size): Self.begun(text.scalarCount, size)
        case .bytes(let size): Self.begun(text.utf8.count, size)
        case .words: text.wordCount
        case .reported: 0
        }
    }

    /// The estimate for a text as UTF-8.
    package func tokens(in text: borrowing ByteBuffer) -> Int {
        switch self {
        case .characters(let size): Self.begun(text.scalarCount, size)
        case .bytes(let size): Self.begun(text.count, size)
        case .words: text.wordCount
        case .reported: 0
        }
    }

    private static func begun(_ count: Int, _ size: Int) -> Int {
        count / size + (count % size == 0 ? 0 : 1)
    }
}

extension TokenEstimate {
    /// Reads `chars:N`, `bytes:N` (N being 4 when left out), `words` or `reported`; nil for
    /// anything else.
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let size = parts.count == 2 ? Int(parts[1]) : 4
        guard let size, size > 0 else { return nil }
        switch (parts.first, parts.count) {
        case ("chars", _): self = .characters(size)
        case ("bytes", _): self = .bytes(size)
        case ("words", 1): self = .words
        case ("reported", 1): self = .reported
        default: return nil
        }
    }

    /// The text that `init(parsing:)` reads as this.
    package var specification: String {
        switch self {
        case .characters(let size): "chars:\(size)"
        case .bytes(let size): "bytes:\(size)"
        case .words: "words"
        case .reported: "reported"
        }
    }

    /// What it does, in words that follow "tokens".
    package var meaning: String {
        switch self {
        case .characters(let size): "estimated at \(size) characters a token"
        case .bytes(let size): "estimated at \(size) bytes a token"
        case .words: "estimated at one a word"
        case .reported: "as far as the service reports them"
        }
    }
}
