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
