import Base

/// Hits of one pass over a document: what stands at each of the places that are looked for, by the
/// places' numbers. Nothing is copied; it says where in the document's bytes they are.
struct PlaceHits {
    /// Value of a document.
    struct Value {
        enum Kind: UInt8 {
            case null, no, yes, number, text, escapedText
            /// An object or an array.
            case structure
        }

        var kind = Kind.null
        private var start: UInt32 = 0
        private var end: UInt32 = 0

        init() {}

        init(_ token: JSONToken, _ range: Range<Int>) {
            (start, end) = (
                UInt32(truncatingIfNeeded: range.lowerBound),
                UInt32(truncatingIfNeeded: range.upperBound)
            )
            kind =
                switch token {
                case .string(let text): text.hasEscapes ? .escapedText : .text
                case .number: .number
                case .bool(let value): value ? .yes : .no
                case .beginObject, .beginArray: .structure
                default: .null
                }
        }

        /// Takes note that the text or number at `old` is now `token`, which ends at `end`: it is this
        /// value itself, or moves what of this is behind it.
        mutating func replace(_ old: Range<Int>, by token: JSONToken, end new: Int) {
            let (first, last) = (UInt32(old.lowerBound), UInt32(old.upperBound))
            let shift = UInt32(truncatingIfNeeded: new - old.upperBound)
            if start == first, end == last { kind = Value(token, old).kind }
            if start > first { start &+= shift }
            if end >= last { end &+= shift }
        }

        /// Its bytes, of a text without the quotes.
        var range: Range<Int> { Int(start)..<max(Int(start), Int(end)) }

        /// Whether it says anything: not null, false or empty.
        var isThere: Bool {
            switch kind {
            case .null, .no: false
            case .yes, .number: true
            case .text, .escapedText: start < end
            case .structure: end > start &+ 2
            }
        }

        var text: JSONText? {
            switch kind {
            case .text: JSONText(range: range, hasEscapes: false)
            case .escapedText: JSONText(range: range, hasEscapes: true)
            default: nil
            }
        }

        /// Appends what it says: a text unescaped, anything else as it is written.
        func append(to buffer: inout ByteBuffer, from bytes: Span<UInt8>) {
            switch kind {
            case .null: break
            case .no: buffer.append("false")
            case .yes: buffer.append("true")
            case .text, .escapedText: text?.append(to: &buffer, from: bytes)
            case .number, .structure:
                JSONText(range: range, hasEscapes: false).append(to: &buffer, from: bytes)
            }
        }

        /// What it says.
        func string(in bytes: Span<UInt8>) -> String {
            var buffer = ByteBuffer()
            append(to: &buffer, from: bytes)
            return buffer.text
        }

        /// A number of at least zero; nil for anything else.
        func count(in bytes: Span<UInt8>) -> Int? {
            guard kind == .number else { return nil }
            if let number = JSONNumber.integer(range, in: bytes) {
                return number >= 0 ? number : nil
            }
            guard let number = JSONNumber.double(range, in: bytes), number >= 0, number < 1e15
            else {
                return nil
            }
            return Int(number)
        }
    }

    /// One bit for each place at which there is a value, null too.
    private(set) var present: UInt32 = 0
    /// One bit for each place that led to several values.
    private(set) var several: UInt32 = 0
    private var values = [32 of Value](repeating: Value())

    init() {}

    /// Takes note of a value. Of several at one place that one is kept that says something, and of
    /// those the last.
    mutating func add(_ token: JSONToken, _ range: Range<Int>, at place: Int) {
        let bit = UInt32(1) << UInt32(truncatingIfNeeded: place)
        let value = Value(token, range)
        if present & bit != 0 {
            several |= bit
            if !value.isThere, values[place].isThere { return }
        }
        present |= bit
        values[place] = value
    }

    /// Takes note that another text or number than before stands at `range`, which moves whatever is
    /// behind it.
    mutating func replace(_ range: Range<Int>, by token: JSONToken) {
        guard let end = token.end else { return }
        var rest = present
        while rest != 0 {
            values[rest.trailingZeroBitCount].replace(range, by: token, end: end)
            rest &= rest &- 1
        }
    }

    /// Whether any place led to several values.
    var hasSeveral: Bool { several != 0 }

    /// The value at a place; null where there is none.
    subscript(place: Int) -> Value {
        present & UInt32(1) << UInt32(truncatingIfNeeded: place) == 0 ? Value() : values[place]
    }

    /// Whether a place led to several values.
    func areSeveral(at place: Int) -> Bool {
        several & UInt32(1) << UInt32(truncatingIfNeeded: place) != 0
    }

    /// Forgets what was found at the places that have a bit in `places`.
    mutating func clear(_ places: UInt32) {
        present &= ~places
        several &= ~places
    }
}

extension JSONToken {
    /// Where a text, without its quotes, or a number ends; nil of any other token.
    fileprivate var end: Int? {
        switch self {
        case .string(let text): text.range.upperBound
        case .number(let range): range.upperBound
        default: nil
        }
    }
}
