import Networking

/// Finds a step's number by the bytes of its cell, without making a text of them: open addressing
/// over their FNV-1a hash.
struct StepIndex: Sendable {
    private struct Entry: Sendable {
        var cell: [UInt8]
        var step: StepID
    }

    /// At least twice as many places as entries, so that a search ends.
    private var places = [Entry?](repeating: nil, count: 4_096)
    private var count = 0

    /// The number of the step that the cell names, a new one of `table` when it has none yet.
    mutating func id(of cell: Span<UInt8>, among table: inout StepTable) -> StepID {
        var place = Self.hash(cell) & (places.count - 1)
        while let entry = places[place] {
            if Self.isEqual(entry.cell, cell) { return entry.step }
            place = (place + 1) & (places.count - 1)
        }
        let step = table.id(for: CSVText.text(ofCell: cell))
        if count < places.count / 2 {
            count += 1
            let bytes = cell.withUnsafeBufferPointer { Array($0) }
            places[place] = Entry(cell: bytes, step: step)
        }
        return step
    }

    private static func hash(_ cell: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in cell.indices { hash = (hash ^ UInt64(cell[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 16)
    }

    private static func isEqual(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
        if left.count != right.count { return false }
        for index in right.indices where left[index] != right[index] { return false }
        return true
    }
}
