import Networking

/// A row of data as a JSON object of strings, numbers, `true`, `false` and `null`.
enum JSONRow {
    /// Hands keys and values to `take`, in the row's order.
    ///
    /// - Throws: what is wrong with the row, which stands in the given line.
    static func read(
        _ row: Span<UInt8>, line: Int, take: (JSONText, JSONToken) -> Void
    ) throws(RowFault) {
        guard row.count <= RowReader.longestRow else {
            throw RowFault(
                "this row is longer than \(RowReader.longestRow) bytes", line: line)
        }
        var scanner = JSONScanner()
        do throws(JSONError) {
            let first = try scanner.next(in: row)
            guard first == .beginObject else {
                throw JSONError(offset: 0, reason: "a row is an object, like {\"order\":1}")
            }
            while case .key(let key) = try scanner.next(in: row) {
                let token = try scanner.next(in: row)
                if token == .beginObject || token == .beginArray {
                    throw JSONError(
                        offset: scanner.position - 1,
                        reason: "\"\(key.string(in: row).shortened)\" is \(token.kind); values are"
                            + " strings, numbers, true, false or null")
                }
                take(key, token)
            }
            _ = try scanner.next(in: row)
        } catch {
            throw RowFault("byte \(error.offset + 1): \(error.reason)", line: line)
        }
    }

    /// Hands the values of the given columns to `take`, each with its column's place; other keys are
    /// passed over.
    ///
    /// - Throws: as above, and when a column is missing.
    static func read(
        _ row: Span<UInt8>, of columns: [String], line: Int, take: (Int, JSONToken) -> Void
    ) throws(RowFault) {
        var seen = Array(repeating: false, count: columns.count)
        var next = 0
        var isRepeated = false
        try read(row, line: line) { key, token in
            let place =
                next < columns.count && key.equals(columns[next], in: row)
                ? next : columns.firstIndex { key.equals($0, in: row) }
            guard let place else { return }
            next = place + 1
            isRepeated = isRepeated || seen[place]
            seen[place] = true
            take(place, token)
        }
        if isRepeated { throw RowFault("this row has a key twice", line: line) }
        guard let gap = seen.firstIndex(of: false) else { return }
        throw RowFault("this row has no \"\(columns[gap].shortened)\"", line: line)
    }

    /// A value as text; nothing for null.
    static func text(of token: JSONToken, in row: Span<UInt8>) -> String {
        switch token {
        case .string(let text): text.string(in: row)
        case .number(let digits): JSONNumber.text(digits, in: row)
        case .bool(let flag): flag ? "true" : "false"
        default: ""
        }
    }
}

extension JSONText {
    /// Whether the text is exactly `text`.
    fileprivate func equals(_ text: String, in bytes: Span<UInt8>) -> Bool {
        if hasEscapes { return string(in: bytes) == text }
        let wanted = text.utf8.span
        guard range.count == wanted.count else { return false }
        for index in 0..<wanted.count where bytes[range.lowerBound + index] != wanted[index] {
            return false
        }
        return true
    }
}
