import FoundationEssentials

/// Points in time as run descriptions have them.
enum WallClock {
    /// Milliseconds since 1970 of `2026-01-02T03:04:05Z`, with any digits of a second's fraction or
    /// none; nil for anything else.
    static func milliseconds(of text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2 else { return nil }
        var whole = String(first)
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard let digits = parts[1].last == "Z" ? parts[1].dropLast() : nil,
                !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber })
            else { return nil }
            whole += "Z"
            // Three digits, whatever more there are.
            fraction = Int64((digits.prefix(3) + "00").prefix(3)) ?? 0
        }
        guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
        return Int64(date.timeIntervalSince1970.rounded()) * 1_000 + fraction
    }
}
