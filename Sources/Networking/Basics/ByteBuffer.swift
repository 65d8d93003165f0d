/// A growable run of bytes that is written front to back and reused.
///
/// One per worker holds the request being built; `clear` keeps its memory, so the hot path does
/// not allocate. Loops over bytes stay in this module, where the optimiser sees both sides.
package struct ByteBuffer: Sendable, Equatable {
    /// The bytes written so far.
    package internal(set) var bytes: [UInt8]

    /// An empty buffer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The number of bytes written.
    package var count: Int { bytes.count }

    /// Whether nothing has been written.
    package var isEmpty: Bool { bytes.isEmpty }

    /// Forgets the content and keeps the memory.
    package mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    /// Forgets everything from `count` on; does nothing when there is less.
    package mutating func truncate(to count: Int) {
        if count < bytes.count { bytes.removeLast(bytes.count - max(count, 0)) }
    }

    /// Appends one byte.
    package mutating func append(byte: UInt8) { bytes.append(byte) }

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
