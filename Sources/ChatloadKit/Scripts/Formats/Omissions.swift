import Base

/// What a transcript holds and a conversation does not, counted by kind.
package struct Omissions: Sendable, Equatable {
    /// The kinds; their order is that of reports.
    package enum Kind: CaseIterable, Sendable {
        /// The service spoke before the user did.
        case openingReply
        /// What a tool said, or a message that only calls tools.
        case toolMessage
        /// A message without a text.
        case emptyMessage
        /// A part of a message that is not text: an image, a sound, a file.
        case otherPart
        /// A message that its authors deleted, or one below it.
        case deletedMessage
        /// A request that had failed when it was recorded. It is sent all the same.
        case failedRequest
        /// A reply that was recorded in bytes which are no text: broken base64, or an unknown charset.
        case unreadableReply

        /// Whether it is left out, and not only counted.
        package var isLeftOut: Bool { self != .failedRequest }

        /// What a number of them is called, the number in front.
        package func words(_ count: Int) -> String {
            let (one, many) =
                switch self {
                case .openingReply: ("reply before the user spoke", "replies before the user spoke")
                case .toolMessage: ("message of a tool", "messages of tools")
                case .emptyMessage: ("empty message", "empty messages")
                case .otherPart: ("part that is no text", "parts that are no text")
                case .deletedMessage: ("deleted message", "deleted messages")
                case .failedRequest:
                    ("request that failed when recorded", "requests that failed when recorded")
                case .unreadableReply:
                    ("reply that is no readable text", "replies that are no readable text")
                }
            return "\(Figures.count(count)) \(count == 1 ? one : many)"
        }
    }

    /// By kind; empty while nothing was counted, which is the rule.
    private var counts: [Kind: Int] = [:]

    /// How many of a kind.
    package subscript(kind: Kind) -> Int { counts[kind] ?? 0 }

    /// The kinds that occurred, with their numbers.
    package var found: [(kind: Kind, count: Int)] {
        Kind.allCases.compactMap { kind in self[kind] == 0 ? nil : (kind, self[kind]) }
    }

    /// Counts some more of a kind.
    mutating func add(_ kind: Kind, _ count: Int = 1) {
        if count > 0 { counts[kind, default: 0] += count }
    }

    /// Adds what others counted.
    mutating func add(_ other: Omissions) {
        for (kind, count) in other.found { add(kind, count) }
    }
}
