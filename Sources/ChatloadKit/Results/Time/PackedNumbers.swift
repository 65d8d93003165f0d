/// Numbers one after the other in few bytes: seven bits a byte, the lowest first, the eighth bit says
/// that more follow (LEB128).
struct PackedNumbers {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: UInt64) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(_ number: Int) { append(UInt64(bitPattern: Int64(number))) }

    mutating func append(_ number: UInt128) {
        append(UInt64(truncatingIfNeeded: number))
        append(UInt64(truncatingIfNeeded: number >> 64))
    }

    mutating func append(_ number: Int128) { append(UInt128(bitPattern: number)) }

    /// Appends bytes with their number before them.
    mutating func append(_ other: [UInt8]) {
        append(other.count)
        bytes += other
    }

    /// Appends a histogram, but for its layout: the slots that hold anything, by their distances.
    mutating func append(_ histogram: Histogram) {
        append(histogram.count)
        if histogram.count == 0 { return }
        append(histogram.least)
        append(histogram.greatest)
        append(histogram.sum)
        append(histogram.squares)
        var last = 0
        for slot in histogram.slots.indices where histogram.slots[slot] > 0 {
            append(slot - last)
            append(histogram.slots[slot])
            last = slot
        }
    }
}

/// Packed numbers that end too early, or are none that were packed.
struct PackingDamage: Error {}

/// Reads what `PackedNumbers` wrote; total, whatever the bytes are.
struct PackedReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func number() throws(PackingDamage) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < bytes.count, shift < 64 {
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw PackingDamage()
    }

    mutating func int() throws(PackingDamage) -> Int { Int(Int64(bitPattern: try number())) }

    /// A number of things that follow, of which there cannot be more than bytes.
    mutating func count() throws(PackingDamage) -> Int {
        let count = try int()
        guard 0...(bytes.count - at) ~= count else { throw PackingDamage() }
        return count
    }

    mutating func wide() throws(PackingDamage) -> UInt128 {
        let low = try number()
        return UInt128(try number()) << 64 | UInt128(low)
    }

    mutating func signedWide() throws(PackingDamage) -> Int128 {
        Int128(bitPattern: try wide())
    }

    mutating func block() throws(PackingDamage) -> [UInt8] {
        let count = try count()
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    /// A histogram of a known layout.
    mutating func histogram(_ layout: HistogramLayout) throws(PackingDamage) -> Histogram {
        let count = try number()
        if count == 0 { return Histogram(layout: layout) }
        let (least, greatest) = (try number(), try number())
        guard greatest <= HistogramLayout.highest else { throw PackingDamage() }
        let (sum, squares) = (try wide(), try wide())
        var slots = [UInt64](
            repeating: 0, count: layout.size(toHold: layout.slot(of: greatest)))
        var (slot, seen): (Int, UInt64) = (0, 0)
        while seen < count {
            let step = try number()
            guard step < slots.count - slot else { throw PackingDamage() }
            slot += Int(step)
            slots[slot] = try number()
            let (total, overflow) = seen.addingReportingOverflow(slots[slot])
            guard !overflow, slots[slot] > 0 else { throw PackingDamage() }
            seen = total
        }
        let histogram = Histogram(
            layout: layout, slots: slots, least: least, greatest: greatest, sum: sum,
            squares: squares)
        guard histogram.isConsistent else { throw PackingDamage() }
        return histogram
    }
}
