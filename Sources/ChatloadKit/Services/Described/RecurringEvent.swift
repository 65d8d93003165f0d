import Base

/// Recurring event: the event of a stream that was last read in full, and the hits in it. An event that
/// differs from it in texts and numbers alone has the same hits, at other places.
///
/// An object, so that only who reads streams has the room for it. Confined to its user's loop.
final class RecurringEvent {
    /// After so many events in a row that were none the stream is taken for one whose events all
    /// differ, of which none is kept any more.
    private static let patience = 8

    private var document = RecurringDocument()
    private var hits = PlaceHits()
    private var misses = 0

    init() {}

    /// Ready for another stream.
    func reset() { misses = 0 }

    /// The hits in an event; nil where it has to be read.
    func hits(in data: Span<UInt8>) -> PlaceHits? {
        var hits = hits
        guard document.recurs(as: data, differs: { hits.replace($0, by: $1) }) else {
            misses &+= 1
            return nil
        }
        misses = 0
        return hits
    }

    /// Keeps an event that has been read. What leads to several values cannot be told again: which of
    /// them is kept depends on all.
    func keep(_ data: Span<UInt8>, _ hits: PlaceHits) {
        if misses > Self.patience || hits.hasSeveral { return }
        document.keep(data)
        self.hits = hits
    }
}

/// Recurring document: one that has been read before, and where its strings and numbers are. The
/// events of a stream are alike but for some of these, so that comparing one with another takes the
/// place of reading it ("differential deserialization").
///
/// What is said to recur is well-formed, and has the tokens of the document that was kept, but for the
/// values that are told to differ. Total: any bytes recur or do not.
struct RecurringDocument: Sendable {
    /// The longest document that is kept, and the most strings and numbers that it may have.
    static let longest = 1_024
    private static let mostValues = 64

    /// A string without its quotes, or a number.
    private struct Value: Sendable {
        var start: UInt16
        var end: UInt16
        var isText: Bool
    }

    private var bytes: [UInt8] = []
    private var values: [Value] = []

    /// Nothing has been read.
    init() {}

    /// Keeps a document that has just been read. One that is not well-formed, or larger than is worth
    /// it, is not kept, and what was before is forgotten.
    mutating func keep(_ document: Span<UInt8>) {
        bytes.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        guard document.count <= Self.longest, note(valuesOf: document) else { return }
        document.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Takes note of all strings and numbers; false where they cannot be known.
    private mutating func note(valuesOf document: Span<UInt8>) -> Bool {
        var scanner = JSONScanner(position: document.lengthOfMark)
        while let token = try? scanner.next(in: document), values.count <= Self.mostValues {
            switch token {
            case .end: return true
            case .string(let text): add(text.range, isText: true)
            case .number(let range): add(range, isText: false)
            default: break
            }
        }
        return false
    }

    private mutating func add(_ range: Range<Int>, isText: Bool) {
        values.append(
            Value(
                start: UInt16(truncatingIfNeeded: range.lowerBound),
                end: UInt16(truncatingIfNeeded: range.upperBound), isText: isText))
    }

    /// Whether `document` is the kept one but for strings and numbers.
    ///
    /// - Parameter differs: called for each of these that is another, from the first to the last: where
    ///   it would be if nothing differed from there on, and the token that stands there instead. It
    ///   may be called for one that is the same. What it has told is void where the answer is no.
    func recurs(
        as document: Span<UInt8>, differs: (Range<Int>, JSONToken) -> Void
    ) -> Bool {
        var (own, other, next) = (0, 0, 0)
        while true {
            let same = bytes.span.commonLength(from: own, with: document, from: other)
            own += same
            other += same
            if own == bytes.count, other == document.count { return own > 0 }
            // A text differs at the quote behind it too, a number behind its last digit, where they
            // have become longer.
            while next < values.count, Int(values[next].end) < own { next += 1 }
            guard next < values.count, Int(values[next].start) <= own else { return false }
            let value = values[next]
            next += 1
            let start = other - (own - Int(value.start))
            guard let token = Self.token(at: start, isText: value.isText, in: document) else {
                return false
            }
            differs(start..<start + Int(value.end - value.start), token.token)
            own = Int(value.end)
            other = token.end
        }
    }

    /// The text whose quote is before `start`, or the number that begins there, and where it ends.
    private static func token(
        at start: Int, isText: Bool, in document: Span<UInt8>
    ) -> (token: JSONToken, end: Int)? {
        var scanner = JSONScanner(position: isText ? start - 1 : start)
        switch try? scanner.next(in: document) {
        case .string(let text) where isText: return (.string(text), text.range.upperBound)
        case .number(let range) where !isText: return (.number(range), range.upperBound)
        default: return nil
        }
    }
}

extension Span<UInt8> {
    /// How many bytes are the same from `start` on and, in `other`, from `otherStart` on.
    @inline(__always)
    fileprivate func commonLength(
        from start: Int, with other: Span<UInt8>, from otherStart: Int
    ) -> Int {
        withUnsafeBytes { own in
            other.withUnsafeBytes { other in
                let most = Swift.min(own.count - start, other.count - otherStart)
                var length = 0
                while length + 8 <= most {
                    let difference =
                        own.loadUnaligned(fromByteOffset: start + length, as: UInt64.self)
                        ^ other.loadUnaligned(fromByteOffset: otherStart + length, as: UInt64.self)
                    if difference != 0 {
                        return length + UInt64(littleEndian: difference).trailingZeroBitCount / 8
                    }
                    length += 8
                }
                while length < most, own[start + length] == other[otherStart + length] {
                    length += 1
                }
                return length
            }
        }
    }
}
