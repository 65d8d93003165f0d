import Networking

/// The cookies that a simulated user was given: of each the last values, since a service may still
/// name one that it has replaced or deleted. Values before those are known by their hashes. Confined
/// to its worker.
final class SessionSecrets {
    /// Shorter values are no keys, and would be found where they are not.
    private static let fewestBytes = 8
    /// How many values of a cookie are kept as they are, and how many bytes of all.
    private static let mostValues = 8
    private static let mostBytes = 16_384
    private static let headLength = 6

    let spent: SpentSecrets
    /// The values from the oldest to the latest, each after a hash of its cookie's name (four bytes)
    /// and its length (two).
    private var entries: [UInt8] = []

    init(spent: SpentSecrets) { self.spent = spent }

    /// Takes a cookie's value.
    func note(name: Span<UInt8>, value quoted: Span<UInt8>) {
        let value = quoted.extracting(Self.unquoted(quoted))
        guard value.count >= Self.fewestBytes else { return }
        guard value.count <= CookieJar.maximumLength else { return spent.add(value) }
        let name = Self.hash(of: name)
        var place = 0
        var oldest: Int?
        var count = 0
        while place < entries.count {
            let next = end(of: place)
            if hash(at: place) == name {
                if next - place - Self.headLength == value.count, isValue(at: place, value) {
                    // The latest again is what most services send most often.
                    if next == entries.count { return }
                    entries.removeSubrange(place..<next)
                    continue
                }
                count += 1
                oldest = oldest ?? place
            }
            place = next
        }
        if count >= Self.mostValues, let oldest { spend(oldest) }
        while entries.count + Self.headLength + value.count > Self.mostBytes { spend(0) }
        append(name, value)
    }

    private func append(_ name: UInt32, _ value: Span<UInt8>) {
        for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
            entries.append(UInt8(truncatingIfNeeded: name >> shift))
        }
        entries.append(UInt8(truncatingIfNeeded: value.count))
        entries.append(UInt8(truncatingIfNeeded: value.count >> 8))
        value.withUnsafeBufferPointer { entries.append(contentsOf: $0) }
    }

    /// Lets a value be known by its hash alone.
    private func spend(_ place: Int) {
        let end = end(of: place)
        let value = Array(entries[place + Self.headLength..<end])
        spent.add(value.span)
        entries.removeSubrange(place..<end)
    }

    /// The values that are kept.
    var values: [[UInt8]] {
        var values: [[UInt8]] = []
        var place = 0
        while place < entries.count {
            let end = end(of: place)
            values.append(Array(entries[place + Self.headLength..<end]))
            place = end
        }
        return values
    }

    private func end(of place: Int) -> Int {
        place + Self.headLength + Int(entries[place + 4]) + Int(entries[place + 5]) << 8
    }

    private func hash(at place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(entries[place + $1]) << UInt32(8 * $1) }
    }

    private func isValue(at place: Int, _ value: Span<UInt8>) -> Bool {
        let start = place + Self.headLength
        for index in 0..<value.count where entries[start + index] != value[index] { return false }
        return true
    }

    /// FNV-1a (RFC 9923): two names in one hash would only share their room.
    private static func hash(of name: Span<UInt8>) -> UInt32 {
        var hash = 0x811C_9DC5 as UInt32
        for index in 0..<name.count { hash = (hash ^ UInt32(name[index])) &* 0x0100_0193 }
        return hash
    }

    /// Where the value lies between the quotes that may stand around it (RFC 6265 §4.1.1).
    private static func unquoted(_ value: Span<UInt8>) -> Range<Int> {
        let quote = UInt8(ascii: "\"")
        let isQuoted = value.count >= 2 && value[0] == quote && value[value.count - 1] == quote
        return isQuoted ? 1..<value.count - 1 : 0..<value.count
    }
}
