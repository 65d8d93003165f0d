/// The counts of a histogram of our fine layout as HdrHistogram's V2 encoding writes them: in the
/// order of the slots, each a ZigZag LEB128 number, and runs of two and more empty slots as their
/// negative length (HdrHistogram 2.1, `AbstractHistogram.encodeIntoByteBuffer`).
struct HdrPayload: Sendable, Equatable {
    private(set) var bytes: [UInt8] = []
    /// The slots written or left out so far.
    private var end = 0

    /// Of no values.
    init() {}

    /// As written before; nothing can be added to it but by summing.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Of these counts.
    init(_ slots: [UInt32]) {
        for slot in slots.indices where slots[slot] > 0 {
            append(count: UInt64(slots[slot]), of: slot)
        }
    }

    /// Of a value in each of these slots, which ascend and may repeat.
    init(ascending slots: some Sequence<Int>) {
        var (slot, count): (Int, UInt64) = (0, 0)
        for next in slots {
            if next != slot, count > 0 {
                append(count: count, of: slot)
                count = 0
            }
            slot = next
            count += 1
        }
        if count > 0 { append(count: count, of: slot) }
    }

    /// Of the values of two.
    init(sumOf left: HdrPayload, _ right: HdrPayload) {
        var (others, ours) = (right.entries, left.entries)
        var (other, own) = (others.next(), ours.next())
        while let entry = own ?? other {
            let slot = min(entry.slot, other?.slot ?? entry.slot)
            var count: UInt64 = 0
            if let current = own, current.slot == slot {
                count += current.count
                own = ours.next()
            }
            if let current = other, current.slot == slot {
                count += current.count
                other = others.next()
            }
            append(count: count, of: slot)
        }
    }

    /// The slots that hold anything, ascending.
    var entries: Entries { Entries(rest: bytes[...]) }

    private mutating func append(count: UInt64, of slot: Int) {
        let empty = slot - end
        if empty > 0 { append(empty == 1 ? 0 : -Int64(empty)) }
        append(Int64(clamping: count))
        end = slot + 1
    }

    private mutating func append(_ number: Int64) {
        var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A slot after the other with the number of its values.
    struct Entries: Sequence, IteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>
        private var slot = 0

        fileprivate init(rest: ArraySlice<UInt8>) { self.rest = rest }

        mutating func next() -> (slot: Int, count: UInt64)? {
            while let number = number() {
                if number > 0 {
                    slot += 1
                    return (slot - 1, number.magnitude)
                }
                slot += number == 0 ? 1 : Int(number.magnitude)
            }
            return nil
        }

        private mutating func number() -> Int64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }
                shift += 7
            }
            return nil
        }
    }
}
