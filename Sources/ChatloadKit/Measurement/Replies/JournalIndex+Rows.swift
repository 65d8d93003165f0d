import Networking

extension JournalIndex {
    /// Lends the row of `conversations.csv` of every conversation that is done, and that was given up
    /// if `withLeft`, each once, in the order in which they ended.
    func forEachRow(
        in path: String, withLeft: Bool = true, body: (_ row: [UInt8]) throws(LogComplaint) -> Void
    ) throws(LogComplaint) {
        var row = ByteBuffer()
        _ = try LineStream.read(path) { (offset, line) throws(LogComplaint) in
            guard case .done(let place, _, let text, _) = JournalRecord(line),
                stands(offset, for: place)
            else { return }
            row.clear()
            text.append(to: &row, from: line)
            row.append(byte: UInt8(ascii: "\n"))
            try body(row.bytes)
        }
        if !withLeft { return }
        for (_, row) in leftRows.sorted(by: { $0.key < $1.key }) {
            try body(Array((row + "\n").utf8))
        }
    }

    /// Whether the conversation at `place` is done.
    func isDone(_ place: Int) -> Bool { entry(of: place) != nil }

    /// Whether the record at an offset is the one that counts for its conversation.
    private func stands(_ offset: Int, for place: Int) -> Bool {
        entry(of: place)?.offset == offset
    }

    private func entry(of place: Int) -> Entry? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = low + (high - low) / 2
            if Int(entries[middle].place) < place { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && Int(entries[low].place) == place ? entries[low] : nil
    }
}
