package import Base

/// The cookies of one simulated user's session with one target (RFC 6265 §5.3 and §5.4).
///
/// A session talks to one host over one scheme, so a cookie for another host, or a `Secure` one over
/// HTTP, is never sent; it only takes the place of what it replaces.
package struct CookieJar: Sendable, Equatable {
    /// The most cookies kept. A full jar takes no further one: what a session lives by came first, and
    /// a flood of others must not cost it.
    package static let maximumCount = 50
    /// The most bytes of a name and value together; a longer cookie is ignored.
    package static let maximumLength = 4_096
    /// The most bytes of all cookies together, which is as much of a head as servers take.
    package static let maximumTotal = 16_384

    /// A cookie that is kept.
    fileprivate struct Cookie: Sendable, Equatable {
        /// `name=value`, as it is sent.
        var text: [UInt8]
        var nameLength: Int32
        /// How much of the host's end its `Domain` is; 0 for the host alone.
        var domainLength: Int32
        /// What it is sent below; empty for everything.
        var path: [UInt8]
        var expires: Nanoseconds
    }

    /// Those with longer paths first, then the oldest first.
    private var cookies: [Cookie] = []
    /// When the first of them expires.
    private var nextExpiry = Nanoseconds.never

    /// A jar without cookies.
    package init() {}

    /// Whether there is nothing to send.
    package var isEmpty: Bool { cookies.isEmpty }

    /// Whether not every request takes all of them along.
    package var hasPaths: Bool { cookies.first.map { !$0.path.isEmpty } ?? false }

    /// The number of cookies.
    package var count: Int { cookies.count }

    /// The bytes of all cookies together, were all sent at once.
    private var total: Int { cookies.reduce(0) { $0 + $1.text.count + 2 } }

    /// Appends `name=value; name2=value2`, those that a request for `path` takes along, after
    /// `start`, and each but the first after a separator.
    ///
    /// - Returns: whether there was any.
    @discardableResult
    package func append(
        to buffer: inout ByteBuffer, for path: [UInt8] = [], after start: String = ""
    ) -> Bool {
        var hasBegun = false
        for cookie in cookies where cookie.path.isEmpty || path.span.matches(cookie.path) {
            buffer.append(hasBegun ? "; " : start)
            buffer.append(cookie.text)
            hasBegun = true
        }
        return hasBegun
    }

    /// Takes out what has expired.
    package mutating func removeExpired(at now: Nanoseconds) {
        guard now >= nextExpiry else { return }
        cookies.removeAll { $0.expires <= now }
        nextExpiry = cookies.map(\.expires).min() ?? .never
    }

    /// Takes a cookie of the `Set-Cookie` value `field` (§5.3): adds, replaces or deletes it.
    package mutating func update(
        _ cookie: SetCookie, of field: Span<UInt8>, from origin: borrowing CookieOrigin
    ) {
        let name = field.extracting(cookie.name)
        let value = field.extracting(cookie.value)
        guard !name.isEmpty, name.count + value.count <= Self.maximumLength,
            let domainLength = origin.domainLength(cookie.domain, of: field)
        else { return }
        let path = cookie.path.map { Self.path(field.extracting($0)) } ?? origin.defaultPath
        let old = cookies.firstIndex {
            $0.domainLength == domainLength && $0.path == path && $0.isNamed(name)
        }
        let expires = cookie.expiry(at: origin.now, wallClock: origin.wallClock)
        if expires <= origin.now || cookie.isSecure && !origin.isSecure {
            if let old { cookies.remove(at: old) }
            return
        }
        nextExpiry = min(nextExpiry, expires)
        if let old {
            replace(old, value, expires)
        } else {
            add(
                Cookie(
                    text: Self.text(name, value), nameLength: Int32(name.count),
                    domainLength: domainLength, path: path, expires: expires))
        }
    }

    private mutating func add(_ cookie: Cookie) {
        let total = total + cookie.text.count
        guard count < Self.maximumCount, total <= Self.maximumTotal else { return }
        if isEmpty { cookies.reserveCapacity(1) }
        let place = cookies.firstIndex { $0.path.count < cookie.path.count } ?? cookies.endIndex
        cookies.insert(cookie, at: place)
    }

    /// Keeps the time at which the cookie was made.
    private mutating func replace(_ place: Int, _ value: Span<UInt8>, _ expires: Nanoseconds) {
        let start = Int(cookies[place].nameLength) + 1
        let old = cookies[place].text.count - start
        guard value.count <= old || total - 2 - old + value.count <= Self.maximumTotal else {
            return
        }
        cookies[place].expires = expires
        value.withUnsafeBufferPointer {
            cookies[place].text.replaceSubrange(start..., with: $0)
        }
    }

    private static func text(_ name: Span<UInt8>, _ value: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(name.count + 1 + value.count)
        name.withUnsafeBufferPointer { text.append(contentsOf: $0) }
        text.append(UInt8(ascii: "="))
        value.withUnsafeBufferPointer { text.append(contentsOf: $0) }
        return text
    }

    /// A path as it is kept; what most services give costs nothing.
    private static func path(_ path: Span<UInt8>) -> [UInt8] {
        path.count <= 1 ? [] : path.withUnsafeBufferPointer { Array($0) }
    }
}

extension CookieJar.Cookie {
    fileprivate func isNamed(_ name: Span<UInt8>) -> Bool {
        Int(nameLength) == name.count
            && text.span.extracting(0..<name.count).isEqual(to: name)
    }
}

extension Span<UInt8> {
    /// Whether a cookie of that path is for a request of this one (§5.1.4).
    fileprivate func matches(_ path: [UInt8]) -> Bool {
        guard count >= path.count, extracting(0..<path.count).isEqual(to: path.span) else {
            return false
        }
        let slash = UInt8(ascii: "/")
        return count == path.count || path.last == slash || self[path.count] == slash
    }
}

/// Where and when a cookie was set.
package struct CookieOrigin: Sendable {
    /// The host that set it, and whether over TLS.
    package var host: String
    package var isSecure: Bool
    /// The loop's time, by which cookies expire.
    package var now: Nanoseconds
    /// The same in seconds since 1970; nil when unknown.
    package var wallClock: Int64?
    /// The path of the request; needed only for a cookie without one of its own.
    package var requestPath: [UInt8] = []

    package init(
        host: String, isSecure: Bool, now: Nanoseconds, wallClock: Int64?,
        requestPath: [UInt8] = []
    ) {
        self.host = host
        self.isSecure = isSecure
        self.now = now
        self.wallClock = wallClock
        self.requestPath = requestPath
    }

    /// The path that a request asks for, without its query.
    package static func path(ofRequest request: Span<UInt8>) -> [UInt8] {
        var start = 0
        while start < request.count, request[start] != UInt8(ascii: " ") { start += 1 }
        start = min(start + 1, request.count)
        var end = start
        while end < request.count, request[end] > 0x20, request[end] != UInt8(ascii: "?") {
            end += 1
        }
        return request.extracting(start..<end).withUnsafeBufferPointer { Array($0) }
    }

    /// The path of a cookie without one: the request's up to its last slash (RFC 6265 §5.1.4);
    /// empty for everything.
    var defaultPath: [UInt8] {
        guard requestPath.first == UInt8(ascii: "/"),
            let last = requestPath.lastIndex(of: UInt8(ascii: "/"))
        else { return [] }
        return Array(requestPath[..<last])
    }

    /// How much of the host's end a `Domain` is, 0 for none; nil where the cookie is for others
    /// (§5.1.3), or for a whole top-level domain, which no host may speak for.
    func domainLength(_ range: Range<Int>?, of field: Span<UInt8>) -> Int32? {
        guard var range, !range.isEmpty else { return 0 }
        if field[range.lowerBound] == UInt8(ascii: ".") { range = range.dropFirst() }
        if range.isEmpty { return 0 }
        let domain = field.extracting(range)
        let host = Array(host.utf8)
        let start = host.count - domain.count
        guard start >= 0 else { return nil }
        for index in 0..<domain.count
        where domain[index].lowercased != host[start + index].lowercased { return nil }
        // A name of one label is the host's own or a suffix that is public.
        if start == 0 { return isName ? Int32(domain.count) : 0 }
        guard host[start - 1] == UInt8(ascii: "."), isName,
            domain.firstIndex(of: UInt8(ascii: "."), in: 0..<domain.count) != nil
        else { return nil }
        return Int32(domain.count)
    }

    /// Whether the host is a name and no address, which has no parts.
    private var isName: Bool {
        !host.contains(":") && !host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || $0.isDigit }
    }
}

/// A `Set-Cookie` value taken apart (RFC 6265 §5.2); the ranges lie in the value.
package struct SetCookie: Sendable, Equatable {
    package let name: Range<Int>
    package let value: Range<Int>
    /// Nil where it is not given, or gives nothing to go by.
    package private(set) var path: Range<Int>?
    private(set) var domain: Range<Int>?
    private(set) var isSecure = false
    /// Seconds from now; the last one given counts, and before `expires`.
    private var maxAge: Int64?
    /// Seconds since 1970.
    private var expires: Int64?

    /// Nil for what is no cookie.
    package init?(_ field: Span<UInt8>) {
        let pairEnd = field.firstIndex(of: UInt8(ascii: ";"), in: 0..<field.count) ?? field.count
        let pair = field.trimmed(0..<pairEnd)
        guard let equals = field.firstIndex(of: UInt8(ascii: "="), in: pair) else { return nil }
        name = field.trimmed(pair.lowerBound..<equals)
        value = field.trimmed(equals + 1..<pair.upperBound)
        guard !name.isEmpty, field.isPrintable(pair) else { return nil }
        var start = pairEnd + 1
        while start < field.count {
            let end =
                field.firstIndex(of: UInt8(ascii: ";"), in: start..<field.count) ?? field.count
            take(attribute: start..<end, of: field)
            start = end + 1
        }
    }

    private mutating func take(attribute: Range<Int>, of field: Span<UInt8>) {
        let equals = field.firstIndex(of: UInt8(ascii: "="), in: attribute)
        let name = field.trimmed(attribute.lowerBound..<(equals ?? attribute.upperBound))
        let value = equals.map { field.trimmed($0 + 1..<attribute.upperBound) }
        // The lengths tell most apart.
        switch name.count {
        case 4 where field.equalsIgnoringCase("path", name):
            let isPath = value.map { !$0.isEmpty && field[$0.lowerBound] == UInt8(ascii: "/") }
            path = isPath == true && field.isPrintable(value ?? 0..<0) ? value : nil
        case 6 where field.equalsIgnoringCase("secure", name): isSecure = true
        case 6 where field.equalsIgnoringCase("domain", name):
            if let value, !value.isEmpty { domain = value }
        case 7 where field.equalsIgnoringCase("max-age", name):
            maxAge = value.flatMap { Self.seconds(field, $0) } ?? maxAge
        case 7 where field.equalsIgnoringCase("expires", name):
            expires = value.flatMap { HTTPDate.seconds(inCookie: field, $0) } ?? expires
        default: break
        }
    }

    /// When it expires, on the clock that reads `now`; without a wall clock, a date before 2020 has
    /// passed and no other will.
    func expiry(at now: Nanoseconds, wallClock: Int64?) -> Nanoseconds {
        if let maxAge { return maxAge <= 0 ? now : Self.time(now, maxAge) }
        guard let expires else { return .never }
        guard let wallClock else { return expires < 1_577_836_800 ? now : .never }
        let (left, overflows) = expires.subtractingReportingOverflow(wallClock)
        return overflows || left <= 0 ? now : Self.time(now, left)
    }

    private static func time(_ now: Nanoseconds, _ seconds: Int64) -> Nanoseconds {
        // Longer than any run.
        seconds > 1_000_000_000 ? .never : now + .seconds(seconds)
    }

    /// A number of seconds; nil for what is none.
    private static func seconds(_ field: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard let first = range.first else { return nil }
        let isNegative = field[first] == UInt8(ascii: "-")
        let digits = isNegative ? first + 1..<range.upperBound : range
        guard !digits.isEmpty else { return nil }
        var value = 0 as Int64
        for index in digits {
            guard field[index].isDigit else { return nil }
            value = min(value * 10 + Int64(field[index] - UInt8(ascii: "0")), 1 << 50)
        }
        return isNegative ? -value : value
    }
}
