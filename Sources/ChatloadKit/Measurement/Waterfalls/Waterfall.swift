package import Networking

/// A conversation exchange by exchange, as the log has it.
package struct Waterfall: Equatable, Sendable {
    package var conversation: SlowConversation
    /// In the order in which they ended, at most `limit`.
    package var exchanges: [WaterfallRow] = []
    /// Why exchanges of the conversation are missing; nil when none are.
    package var gap: String?

    /// The most exchanges kept of a conversation.
    static let limit = 100

    init(of conversation: SlowConversation, gap: String? = nil) {
        self.conversation = conversation
        self.gap = gap
    }
}

/// One exchange of a waterfall; points in time are counted from the run's start.
package struct WaterfallRow: Equatable, Sendable {
    package var turn = 0
    package var step = ""
    package var attempt = 1
    package var intended = Nanoseconds.zero
    /// How long a quota of ours held it back.
    package var throttled = Nanoseconds.zero
    /// How long it took to find the service and to connect.
    package var connecting = Nanoseconds.zero
    /// Nil if it never left.
    package var sent: Nanoseconds?
    package var firstByte: Nanoseconds?
    package var end = Nanoseconds.zero
    /// `ok` or an error class.
    package var outcome = ""
    package var status: Int?
}
