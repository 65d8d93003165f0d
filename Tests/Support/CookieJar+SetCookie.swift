package import Base
package import Networking

extension CookieJar {
    /// Takes a `Set-Cookie` value as a response from this host brings it.
    package mutating func update(
        setCookie field: Span<UInt8>, host: String = "chat.test", isSecure: Bool = false,
        now: Nanoseconds = .zero, wallClock: Int64? = nil, requestPath: String = "/"
    ) {
        guard let cookie = SetCookie(field) else { return }
        update(
            cookie, of: field,
            from: CookieOrigin(
                host: host, isSecure: isSecure, now: now, wallClock: wallClock,
                requestPath: Array(requestPath.utf8)))
    }

    /// The same of a text.
    package mutating func update(
        _ text: String, host: String = "chat.test", isSecure: Bool = false,
        now: Nanoseconds = .zero, wallClock: Int64? = nil, requestPath: String = "/"
    ) {
        update(
            setCookie: Array(text.utf8).span, host: host, isSecure: isSecure, now: now,
            wallClock: wallClock, requestPath: requestPath)
    }

    /// What a request for this path sends.
    package func header(for path: String = "/") -> String {
        var buffer = ByteBuffer()
        append(to: &buffer, for: Array(path.utf8))
        return buffer.text
    }
}
