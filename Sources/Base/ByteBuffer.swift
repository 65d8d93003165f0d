/// A growable run of bytes that is written front to back and reused.
///
/// One per worker holds the request being built; `clear` keeps its memory, so the hot path does
/// not allocate. Loops over bytes stay in this module, where the optimiser sees both sides.
public struct ByteBuffer: Sendable, Equatable {
    /// The bytes written so far.
    @usableFromInline package internal(set) var bytes: [UInt8]

    /// An empty buffer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The number of bytes written.
    @inlinable public var count: Int { bytes.count }

    /// Whether nothing has been written.
    @inlinable public var isEmpty: Bool { bytes.isEmpty }

    /// Forgets the content and keeps the memory.
    @inlinable public mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    /// Forgets everything from `count` on; does nothing when there is less.
    package mutating func truncate(to count: Int) {
        if count < bytes.count { bytes.removeLast(bytes.count - max(count, 0)) }
    }

    /// Forgets the first `count` bytes, or all where there are fewer.
    package mutating func removeFirst(_ count: Int) {
        bytes.removeFirst(min(max(count, 0), bytes.count))
    }

    /// Appends one byte.
    @inlinable public mutating func append(byte: UInt8) { bytes.append(byte) }

    /// Appends a text's UTF-8.
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends bytes as they are.
    package mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    /// Appends bytes as they are.
    package mutating func append(_ other: Span<UInt8>) {
        other.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Appends another buffer's content.
    package mutating func append(_ other: borrowing ByteBuffer) {
        bytes.append(contentsOf: other.bytes)
    }

    /// Appends a number in decimal.
    package mutating func append(decimal value: Int) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var start = room.count
            repeat {
                start -= 1
                room[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: room[start...])
        }
    }

    /// The content as text; bytes that are not UTF-8 become U+FFFD.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteBuffer {
    /// Inserts a number of at least zero in decimal before the byte at `position`.
    package mutating func insert(decimal value: Int, at position: Int) {
        precondition(position <= count, "BUG: insertion behind the end of the buffer")
        var rest = value.magnitude
        repeat {
            bytes.insert(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), at: position)
            rest /= 10
        } while rest > 0
    }

    /// Inserts a text's UTF-8 before the byte at `position`.
    package mutating func insert(_ text: String, at position: Int) {
        precondition(position <= count, "BUG: insertion behind the end of the buffer")
        bytes.insert(contentsOf: text.utf8, at: position)
    }
}

extension ByteBuffer {
    /// Appends a text percent-encoded for a query value or a path segment: everything but the
    /// unreserved characters of RFC 3986 §2.3 (letters, digits, `-._~`) becomes `%XX`.
    ///
    /// A `#`, `&`, `+` or space left bare would cut or change a value on its way to the server.
    package mutating func append(percentEncoded text: String) {
        let utf8 = text.utf8
        append(percentEncoded: utf8.span)
    }

    /// Appends bytes percent-encoded, as above.
    package mutating func append(percentEncoded text: Span<UInt8>) {
        // Swift writes down even an empty array's new size, which is in storage that all share.
        if text.isEmpty { return }
        // Room for the worst case is asked for at once, so that no byte has to ask for its own.
        let (room, overflow) = text.count.multipliedReportingOverflow(by: 3)
        precondition(!overflow, "BUG: a text as large as the address space")
        bytes.append(addingCapacity: room) { output in
            for index in text.indices {
                let byte = text[index]
                if byte.isUnreserved {
                    output.append(byte)
                } else {
                    output.append(UInt8(ascii: "%"))
                    output.append((byte >> 4).upperHexDigit)
                    output.append((byte & 0xF).upperHexDigit)
                }
            }
        }
    }
}

extension UInt8 {
    /// Whether RFC 3986 lets the byte stand for itself everywhere in a URI.
    @inline(__always)
    fileprivate var isUnreserved: Bool {
        guard self < 0x80 else { return false }
        return Self.unreserved[Int(self >> 6)] >> UInt64(self & 63) & 1 == 1
    }

    /// One bit for each ASCII character: `-.0-9`, then `A-Z_a-z~`.
    private static let unreserved: [2 of UInt64] = [0x03FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE]

    /// The digit of a number below 16, in upper case as RFC 3986 §2.1 recommends.
    @inline(__always)
    fileprivate var upperHexDigit: UInt8 {
        self < 10 ? UInt8(ascii: "0") &+ self : UInt8(ascii: "A") &+ (self &- 10)
    }
}
