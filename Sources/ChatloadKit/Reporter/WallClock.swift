import FoundationEssentials

/// Points in time as run descriptions have them.
enum WallClock {
    /// Seconds since 1970 of `2026-01-02T03:04:05Z`; nil for anything else.
    static func seconds(of text: String) -> Int64? {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        return Int64(date.timeIntervalSince1970.rounded())
    }
}
