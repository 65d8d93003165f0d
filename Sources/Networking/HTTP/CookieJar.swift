/// The cookies of one simulated user's session with one target.
///
/// A jar is the finished value of the `Cookie` header and nothing else, so a user with one token
/// costs that token's bytes. Domain and path are not kept: a session talks to one host under one
/// prefix, so a cookie's name alone identifies it.
///
/// A jar has no clock. A cookie counts as deleted when its `Max-Age` is at most zero, or, without
/// one, when its `Expires` lies before 2020: servers delete with a date far in the past (1970,
/// fasthttp's 2009), and one that expires during a run is the server's to refuse.
package struct CookieJar: Sendable, Equatable {
    /// The most cookies kept. A full jar takes no further one: what a session lives by came first, and
    /// a flood of others must not cost it.
    package static let maximumCount = 50
    /// The most bytes of a name and value together; a longer cookie is ignored.
    package static let maximumLength = 4_096
    /// The most bytes of all cookies together, which is as much of a head as servers take.
    package static let maximumTotal = 16_384

    private var header: [UInt8] = []

    /// A jar without cookies.
    package init() {}

    /// Whether there is nothing to send.
    package var isEmpty: Bool { header.isEmpty }

    /// The number of cookies.
    package var count: Int {
        header.isEmpty ? 0 : header.count { $0 == UInt8(ascii: ";") } + 1
    }

    /// Appends `name=value; name2=value2`, oldest first.
    package func append(to buffer: inout ByteBuffer) { buffer.append(header) }

    /// Lends the value of each cookie, oldest first.
    package func forEachValue(_ body: (ArraySlice<UInt8>) -> Void) {
        for pair in header.split(separator: UInt8(ascii: ";")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            body(pair[(equals + 1)...])
        }
    }

    /// Takes one `Set-Cookie` value (RFC 6265 §5.2): adds, replaces or deletes the cookie it names.
    /// What is not a cookie is ignored.
    package mutating func update(setCookie value: Span<UInt8>) {
        let pairEnd = value.firstIndex(of: UInt8(ascii: ";"), in: 0..<value.count) ?? value.count
        let pair = value.trimmed(0..<pairEnd)
        guard let equals = value.firstIndex(of: UInt8(ascii: "="), in: pair) else { return }
        let name = value.trimmed(pair.lowerBound..<equals)
        let content = value.trimmed(equals + 1..<pair.upperBound)
        guard !name.isEmpty, name.count + content.count <= Self.maximumLength,
            value.isPrintable(pair)
        else { return }
        let old = place(of: value.extracting(name))
        if value.deletesCookie(attributes: pairEnd..<value.count) {
            if let old { remove(old) }
        } else if let old {
            replace(old, name: value.extracting(name), content: value.extracting(content))
        } else {
            add(name: value.extracting(name), content: value.extracting(content))
        }
    }

    private mutating func add(name: Span<UInt8>, content: Span<UInt8>) {
        let separator = header.isEmpty ? 0 : 2
        let total = header.count + separator + name.count + 1 + content.count
        guard count < Self.maximumCount, total <= Self.maximumTotal else { return }
        header.reserveCapacity(total)
        if separator > 0 { header.append(contentsOf: "; ".utf8) }
        name.withUnsafeBufferPointer { header.append(contentsOf: $0) }
        header.append(UInt8(ascii: "="))
        content.withUnsafeBufferPointer { header.append(contentsOf: $0) }
    }

    private mutating func replace(
        _ place: Range<Int>, name: Span<UInt8>, content: Span<UInt8>
    ) {
        let start = place.lowerBound + name.count + 1
        let total = header.count - (place.upperBound - start) + content.count
        guard total <= Self.maximumTotal else { return }
        content.withUnsafeBufferPointer {
            header.replaceSubrange(start..<place.upperBound, with: $0)
        }
    }

    /// Removes a cookie together with the separator on one of its sides.
    private mutating func remove(_ place: Range<Int>) {
        if place.upperBound < header.count {
            header.removeSubrange(place.lowerBound..<place.upperBound + 2)
        } else {
            header.removeSubrange(max(place.lowerBound - 2, 0)..<place.upperBound)
        }
    }

    /// Where the cookie called `name` stands, without separators.
    private func place(of name: Span<UInt8>) -> Range<Int>? {
        let bytes = header.span
        var start = 0
        while start < bytes.count {
            let end = bytes.firstIndex(of: UInt8(ascii: ";"), in: start..<bytes.count)
            let place = start..<(end ?? bytes.count)
            if place.count > name.count, bytes[start + name.count] == UInt8(ascii: "="),
                bytes.extracting(start..<start + name.count).isEqual(to: name)
            {
                return place
            }
            start = place.upperBound + 2
        }
        return nil
    }
}
