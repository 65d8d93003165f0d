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
    /// Whether there was something of other replies to the same request, which is left out.
    package var hasOthers = false
    /// Whether a stream was asked for.
    package var isAskedFor = false
    /// Whether it came as a stream, with output in it or without.
    package var isStreamed = false
    /// Whether the terminator of the stream came; of a service whose streams have none, whether it is
    /// complete.
    package var hasTerminator = false

    /// One without output.
    package init() {}

    /// Whether there is nothing to take over.
    var isEmpty: Bool {
        frames == 0 && !isStreamed && !hasOthers && finish.isEmpty && cachedTokens == nil
            && reasoningTokens == nil
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
        (hasOthers, isAskedFor, isStreamed, hasTerminator) = (false, false, false, false)
    }

    /// What is to be remarked of it, that was read `late` after its arrival; nil where nobody knows.
    package func remarks(readLate late: Nanoseconds?) -> StreamRemarks {
        var remarks: StreamRemarks = hasOthers ? .otherReplies : []
        guard isStreamed || frames > 0 else {
            return isAskedFor ? remarks.union(.onePiece) : remarks
        }
        remarks.formUnion(hasTerminator ? .streamed : [.streamed, .noEnd])
        let isOnTime = late.map { $0 <= .milliseconds(1) } ?? true
        if frames >= 4, mostInRead > frames / 2, isOnTime { remarks.insert(.burst) }
        return remarks
    }
}

extension Exchange {
    /// Takes over what a reply put out, its times counted from the zero of records. How its response
    /// was read must be known before.
    package mutating func take(_ output: borrowing ReplyOutput, since epoch: Nanoseconds) {
        firstToken = output.first.map { $0 - epoch }
        answerToken = output.firstAnswer.map { $0 - epoch }
        lastToken = output.last.map { $0 - epoch }
        (chunks, reads) = (output.frames, output.reads)
        (longestGap, gaps) = (output.longestGap, output.gaps)
        firstTokens = output.firstTokens
        reasoningTokens = output.reasoningTokens
        cachedTokens = output.cachedTokens
        finish = output.finish
        let late: Nanoseconds? = if case .late(let span, _) = reading { span } else { nil }
        stream = output.remarks(readLate: late)
    }
}

/// Remarks on how a reply was streamed, in the log words divided by blanks; none of a reply that came
/// whole as it was asked for.
package struct StreamRemarks: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It came as a stream, with output in it or without.
    package static let streamed = StreamRemarks(rawValue: 1)
    /// The stream's terminator did not come.
    package static let noEnd = StreamRemarks(rawValue: 2)
    /// More than half of its four or more pieces came in one reading though the loop was on time:
    /// something between holds them back.
    package static let burst = StreamRemarks(rawValue: 4)
    /// A stream was asked for, and the reply came whole.
    package static let onePiece = StreamRemarks(rawValue: 8)
    /// The service gave other replies besides, which are left out of all figures.
    package static let otherReplies = StreamRemarks(rawValue: 16)

    /// Each with its word, in the order of a cell.
    static let words: [(remark: StreamRemarks, word: String)] = [
        (.streamed, "streamed"), (.noEnd, "no_end"), (.burst, "burst"), (.onePiece, "one_piece"),
        (.otherReplies, "other_replies"),
    ]

    /// As in the log.
    var text: String {
        Self.words.filter { contains($0.remark) }.map(\.word).joined(separator: " ")
    }

    /// Reads them; words that this version does not know are passed over.
    init(text: String) {
        self = text.split(separator: " ").reduce(into: []) { remarks, word in
            for known in Self.words where known.word == word { remarks.insert(known.remark) }
        }
    }
}

/// Counts of the gaps between a reply's pieces, by slots of a relative width of at most 1/256: small
/// enough for a row of the log, and the same there as in a run's figures.
package struct GapCounts: Sendable, Equatable {
    /// The slots of a gap.
    static let layout = HistogramLayout.gaps

    /// A slot that has gaps, and how many. Each user in mid-stream has some of these for every gap
    /// that is unlike the others, so they are small.
    package struct Entry: Sendable, Equatable {
        private let shortSlot: UInt16
        private var shortCount: UInt32

        package init(slot: Int, count: Int) {
            shortSlot = UInt16(truncatingIfNeeded: slot)
            shortCount = UInt32(truncatingIfNeeded: count)
        }

        package var slot: Int { Int(shortSlot) }
        package var count: Int { Int(shortCount) }

        fileprivate mutating func add(_ more: Int) {
            shortCount &+= UInt32(truncatingIfNeeded: more)
        }
    }

    /// The most gaps of a reply that a log tells of.
    static let most = 1 << 24

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
        var (place, end) = (0, entries.count)
        while place < end {
            let middle = (place &+ end) / 2
            if entries[middle].slot < slot { place = middle &+ 1 } else { end = middle }
        }
        if place < entries.count, entries[place].slot == slot {
            entries[place].add(count)
        } else {
            entries.insert(Entry(slot: slot, count: count), at: place)
        }
    }

    /// Reads the cell of a log: `slot:count` divided by blanks, slots ascending; nil where it is
    /// anything else, or tells of more gaps than a reply can have.
    init?(cell: Span<UInt8>) {
        let last = Self.layout.slot(of: HistogramLayout.highest)
        var (at, total) = (0, 0)
        while at < cell.count {
            if at > 0 {
                guard cell[at] == UInt8(ascii: " ") else { return nil }
                at += 1
            }
            let slot = Self.number(in: cell, from: &at, upTo: last)
            guard let slot, slot > entries.last?.slot ?? -1, at < cell.count,
                cell[at] == UInt8(ascii: ":")
            else { return nil }
            at += 1
            guard let count = Self.number(in: cell, from: &at, upTo: Self.most - total), count > 0
            else { return nil }
            total += count
            entries.append(Entry(slot: slot, count: count))
        }
    }

    /// The digits at a place as a number; nil where there are none, or it is greater.
    private static func number(
        in cell: Span<UInt8>, from at: inout Int, upTo most: Int
    ) -> Int? {
        let start = at
        var number = 0
        while at < cell.count, case let digit = cell[at] &- UInt8(ascii: "0"), digit <= 9 {
            number = number * 10 + Int(digit)
            if number > most { return nil }
            at += 1
        }
        return at > start ? number : nil
    }

    /// Forgets all gaps, memory kept.
    package mutating func clear() { entries.removeAll(keepingCapacity: true) }
}

/// Gaps of one reply with what is known of them exactly, ready to be pooled with those of others.
struct PooledGaps: Sendable {
    /// At least one.
    var counts: GapCounts
    /// From the first piece to the last.
    var sum: Nanoseconds
    var longest: Nanoseconds
}

extension PooledGaps {
    /// Their sums: number, sum and greatest exactly; the least is that of its slot, and squares are of
    /// the middles of slots, about the exact mean.
    var sums: Histogram.Sums {
        let entries = counts.entries
        guard let first = entries.first, let last = entries.last else { return Histogram.Sums() }
        let layout = GapCounts.layout
        let highest = layout.values(of: last.slot)
        var sums = Histogram.Sums()
        sums.count = counts.count
        sums.greatest = min(
            max(UInt64(clamping: longest.count), highest.lowerBound), highest.upperBound)
        sums.least =
            sums.count == 1
            ? sums.greatest : min(layout.values(of: first.slot).lowerBound, sums.greatest)
        let number = UInt128(sums.count)
        let (low, high) = (UInt128(sums.least), UInt128(sums.greatest))
        sums.sum = min(max(UInt128(UInt64(clamping: sum.count)), number * low), number * high)
        let (mean, rest) = sums.sum.quotientAndRemainder(dividingBy: number)
        // Not less than the square of the sum by the number.
        sums.squares = number * mean * mean + 2 * mean * rest + rest
        for entry in entries {
            let values = layout.values(of: entry.slot)
            if values.contains(UInt64(mean)) { continue }
            let middle = UInt128(values.lowerBound / 2 + values.upperBound / 2)
            let distance = middle > mean ? middle - mean : mean - middle
            sums.squares += UInt128(entry.count) * distance * distance
        }
        sums.squares = min(max(sums.squares, number * low * low), number * high * high)
        return sums
    }
}

extension Exchange {
    /// The gaps between the pieces of a streamed reply that succeeded; nil where there are none, or
    /// all of it came in one reading.
    var pooledGaps: PooledGaps? {
        guard outcome == .ok, reads > 1, let firstToken, let lastToken, let longestGap,
            !gaps.entries.isEmpty
        else { return nil }
        return PooledGaps(counts: gaps, sum: lastToken - firstToken, longest: longestGap)
    }

    /// The tokens behind those of the first piece, and the time in which they came; nil where it
    /// cannot be told how long a token took.
    var pace: (tokens: Int, span: Nanoseconds)? {
        guard outcome == .ok, chunks > 1, reads > 1, let firstToken, let lastToken,
            lastToken > firstToken
        else { return nil }
        let (tokens, overflow) = replyTokens.subtractingReportingOverflow(firstTokens ?? 1)
        return overflow || tokens <= 0 ? nil : (tokens, lastToken - firstToken)
    }

    /// Whether it is of a streamed reply, with output or without.
    var isStreamed: Bool { firstToken != nil || stream.contains(.streamed) }

    /// Whether it has nothing that only some replies have.
    var isPlain: Bool {
        firstToken == nil && stream.isEmpty && finish.isEmpty && cachedTokens == nil
            && reasoningTokens == nil && askedPrompt == nil && askedReply == nil
    }
}
