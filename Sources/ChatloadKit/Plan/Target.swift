package import Base

/// Where a service runs.
package struct Target: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address; IPv6 without brackets.
    package var host: String
    package var port: Int
    /// What precedes every path of the service; without a slash at its end.
    package var pathPrefix: String
    /// Whether it is spoken to over TLS.
    package var isTLS: Bool

    /// A target in parts.
    package init(host: String, port: Int, pathPrefix: String = "", isTLS: Bool = false) {
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
        self.isTLS = isTLS
    }

    /// Reads `http://host`, `https://host:port/base`, `http://[::1]:8080`.
    ///
    /// - Throws: what is wrong with the URL, with a suggestion. The text does not repeat a URL that
    ///   holds a password.
    package init(parsing url: String) throws(Fault) {
        var rest = try Self.checked(url)[...]
        isTLS = try Self.scheme(cutFrom: &rest, of: url)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        (host, port) = try Self.authority(authority, usualPort: isTLS ? 443 : 80)
        pathPrefix = String(path.reversed().drop { $0 == "/" }.reversed())
    }

    /// What `Host` says: the port only where it is not the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The URL without the path.
    package var origin: String { "\(isTLS ? "https" : "http")://\(authority)" }

    /// The URL.
    package var description: String { origin + pathPrefix }
}

extension Target {
    private static let example =
        "write it like https://chat.example.com or http://127.0.0.1:8080/base"

    private static func checked(_ url: String) throws(Fault) -> String {
        let complaint: (String, String)? =
            if url.isEmpty {
                ("the target is empty", example)
            } else if url.contains("@") {
                ("the target must not hold a user or password", "give credentials with --set")
            } else if url.contains(where: { $0 == "?" || $0 == "#" }) {
                ("the target must not have a query or fragment", "end it with the path")
            } else if url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
                (
                    "the target has a blank or a character beyond ASCII",
                    "write hosts in punycode and paths percent-encoded"
                )
            } else {
                nil
            }
        if let complaint { throw Fault(complaint.0, hint: complaint.1) }
        return url
    }

    private static func scheme(
        cutFrom rest: inout Substring, of url: String
    ) throws(Fault) -> Bool {
        let lowered = url.lowercased()
        for (scheme, isTLS) in [("http://", false), ("https://", true)]
        where lowered.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            return isTLS
        }
        if let colons = url.firstRange(of: "://") {
            throw Fault(
                "the target's scheme \(url[..<colons.lowerBound]) is not supported",
                hint: "use http or https")
        }
        throw Fault("the target has no scheme", hint: "begin it with http:// or https://")
    }

    private static func authority(
        _ text: Substring, usualPort: Int
    ) throws(Fault) -> (host: String, port: Int) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else {
                throw Fault("the target's address has no closing bracket", hint: example)
            }
            host = text[text.index(after: text.startIndex)..<close]
            let tail = text[text.index(after: close)...]
            if !tail.isEmpty {
                guard tail.first == ":" else {
                    throw Fault("there is something behind the target's bracket", hint: example)
                }
                port = tail.dropFirst()
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        try check(host: host, isBracketed: text.first == "[")
        return (host.lowercased(), try port.map(number) ?? usualPort)
    }

    private static func check(host: Substring, isBracketed: Bool) throws(Fault) {
        if host.isEmpty {
            throw Fault("the target has no host", hint: example)
        }
        let isFine = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                true
            case UInt8(ascii: ":"), UInt8(ascii: "%"): isBracketed
            case UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isFine, !isBracketed || host.contains(":") else {
            throw Fault(
                "the target's host \"\(host)\" is not a host name or address", hint: example)
        }
    }

    private static func number(_ text: Substring) throws(Fault) -> Int {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = Int(text),
            (1...65_535).contains(port)
        else {
            throw Fault("the target's port is not a number from 1 to 65535", hint: example)
        }
        return port
    }
}
