package import Base

/// Output of a streamed reply: when its pieces came, and what the service says of them. Empty of a
/// reply that came whole.
///
/// One is reused for every reply of a user, so that nothing is allocated for a piece.
package struct ReplyOutput: Sendable, Equatable {
    /// Channel of output. Everything else in a stream (roles, pings, usage, ends) is none.
    package enum Channel: String, Sendable {
        /// What the bot answers: its content, or its refusal.
        case answer
        case reasoning
        /// Names and arguments of tools that it calls.
        case tool
    }

    /// When the first piece of any channel arrived, on the loop's clock.
    package private(set) var first: Nanoseconds?
    /// When the first piece of the answer arrived.
    package private(set) var firstAnswer: Nanoseconds?
    /// When the latest piece of any channel arrived.
    package private(set) var last: Nanoseconds?
    /// The channel of the latest piece.
    package private(set) var channel: Channel?
    /// How many pieces there were: events that carried at least one byte of output.
    package private(set) var frames = 0
    /// How many readings brought any of them.
    package private(set) var reads = 0
    /// The most pieces that one reading brought.
    package private(set) var mostInRead = 0
    private var inRead = 0
    /// The longest gap between two pieces in a row.
    package private(set) var longestGap: Nanoseconds?
    /// All of these gaps.
    package private(set) var gaps = GapCounts()
    /// Tokens of the first piece, where the service says what each piece had.
    package var firstTokens: Int?
    /// Tokens of reasoning among the reply's, where the service tells.
    package var reasoningTokens: Int?
    /// Tokens of the prompt that a cache of the service had, where it tells.
    package var cachedTokens: Int?
    /// Why the service says the reply ended; empty where it does not.
    package var finish = ""
    /// Whether the terminator of the stream came.
    package var hasTerminator = false

    /// One without output.
    package init() {}

    /// Whether there is nothing to take over.
    var isEmpty: Bool {
        frames == 0 && finish.isEmpty && cachedTokens == nil && reasoningTokens == nil
    }

    /// Takes note of a piece that has output in a channel, or in several of which this counts first:
    /// the answer before the others.
    package mutating func take(_ channel: Channel, at arrived: Nanoseconds) {
        if let last {
            let gap = max(arrived - last, .zero)
            gaps.add(gap)
            longestGap = max(gap, longestGap ?? .zero)
        } else {
            first = arrived
        }
        if channel == .answer, firstAnswer == nil { firstAnswer = arrived }
        if last != arrived || frames == 0 {
            reads &+= 1
            inRead = 0
        }
        inRead &+= 1
        mostInRead = max(mostInRead, inRead)
        frames &+= 1
        last = arrived
        self.channel = channel
    }

    /// Makes it ready for the next reply, memory kept.
    package mutating func clear() {
        first = nil
        firstAnswer = nil
        last = nil
        channel = nil
        (frames, reads, mostInRead, inRead) = (0, 0, 0, 0)
        longestGap = nil
        gaps.clear()
        firstTokens = nil
        reasoningTokens = nil
        cachedTokens = nil
        finish = ""
        hasTerminator = false
    }
}

/// Counts of the gaps between a reply's pieces, by slots of a relative width of at most 1/256: small
/// enough for a row of the log, and the same there as in a run's figures.
package struct GapCounts: Sendable, Equatable {
    /// The slots of a gap.
    static let layout = HistogramLayout(bits: 9)

    /// A slot that has gaps, and how many.
    package struct Entry: Sendable, Equatable {
        package var slot: Int
        package var count: Int
    }

    /// By slot, ascending.
    package private(set) var entries: [Entry] = []

    /// None.
    package init() {}

    /// How many gaps there are.
    package var count: Int { entries.reduce(0) { $0 &+ $1.count } }

    /// Counts one gap.
    package mutating func add(_ gap: Nanoseconds) {
        let value = min(UInt64(clamping: gap.count), HistogramLayout.highest)
        add(1, inSlot: Self.layout.slot(of: value))
    }

    /// Counts so many gaps of a slot.
    package mutating func add(_ count: Int, inSlot slot: Int) {
        // A reply's gaps are mostly alike, so that few slots have to be passed.
        var place = entries.count
        while place > 0, entries[place &- 1].slot >= slot { place &-= 1 }
        if place < entries.count, entries[place].slot == slot {
            entries[place].count &+= count
        } else {
            entries.insert(Entry(slot: slot, count: count), at: place)
        }
    }

    /// Forgets all gaps, memory kept.
    package mutating func clear() { entries.removeAll(keepingCapacity: true) }
}
