import Base
import Networking

/// Histogram in few bytes: its slots as HdrHistogram's V2 encoding writes them (HdrHistogram 2.1,
/// `AbstractHistogram.encodeIntoByteBuffer`), beside them the exact sums. Merging is as lossless as
/// that of a `Histogram`.
struct PackedHistogram: Sendable, Equatable {
    /// Where values go.
    let layout: HistogramLayout
    /// A number a slot, in the order of the slots: its count, and for a run of two and more empty
    /// slots their negative number; each ZigZag LEB128.
    private(set) var payload: [UInt8] = []
    private(set) var sums = Histogram.Sums()

    /// An empty one.
    init(layout: HistogramLayout) { self.layout = layout }

    /// The same values as `histogram` has.
    init(_ histogram: borrowing Histogram) {
        layout = histogram.layout
        sums = histogram.sums
        var writer = Writer()
        let slots = histogram.slots
        for slot in histogram.filled where slots[slot] > 0 {
            writer.append(slots[slot], of: slot)
        }
        payload = writer.trimmed
    }

    /// The same values, unpacked.
    var histogram: Histogram {
        if sums.count == 0 { return Histogram(layout: layout) }
        let size = layout.size(toHold: layout.slot(of: sums.greatest))
        var slots = [UInt64](repeating: 0, count: size)
        for (slot, count) in entries { slots[slot] = count }
        return Histogram(layout: layout, slots: slots, sums: sums)
    }

    /// The same in the fine layout, where each value stands at the upper end of its slot.
    var fine: PackedHistogram {
        if layout == .fine { return self }
        var fine = PackedHistogram(layout: .fine)
        var writer = Writer()
        for (slot, count) in entries {
            let value = min(layout.values(of: slot).upperBound, sums.greatest)
            writer.append(count, of: fine.layout.slot(of: value))
        }
        fine.payload = writer.trimmed
        fine.sums = sums
        return fine
    }

    /// Counts everything `other` has counted. Both must have the same layout.
    mutating func merge(_ other: borrowing PackedHistogram) {
        precondition(layout == other.layout, "BUG: histograms of two layouts merged")
        if other.sums.count == 0 { return }
        if sums.count == 0 {
            self = copy other
            return
        }
        var writer = Writer()
        var (ours, others) = (entries, other.entries)
        var (own, theirs) = (ours.next(), others.next())
        while let next = own ?? theirs {
            let slot = min(next.slot, theirs?.slot ?? next.slot)
            var count: UInt64 = 0
            if let entry = own, entry.slot == slot {
                count &+= entry.count
                own = ours.next()
            }
            if let entry = theirs, entry.slot == slot {
                count &+= entry.count
                theirs = others.next()
            }
            writer.append(count, of: slot)
        }
        payload = writer.trimmed
        sums.merge(other.sums)
    }

    /// The slots that hold anything, ascending.
    var entries: Entries { Entries(bytes: payload) }

    /// Slots that are being written.
    private struct Writer {
        private var bytes: [UInt8] = []
        /// The slots written or left out so far.
        private var end = 0

        /// The bytes, with no room for more.
        var trimmed: [UInt8] { bytes.withUnsafeBufferPointer { Array($0) } }

        mutating func append(_ count: UInt64, of slot: Int) {
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
    }

    /// A slot after the other with the number of its values.
    struct Entries: Sequence, IteratorProtocol {
        private let bytes: [UInt8]
        private var at = 0
        private var slot = 0

        fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

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
            while at < bytes.count {
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }
                shift += 7
            }
            return nil
        }
    }
}
