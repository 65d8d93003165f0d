package import Base
import FoundationEssentials
package import Networking

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

/// A proxy that everything is sent through, and the environment variable that names it.
package struct Proxy: Sendable, Equatable {
    /// A name or an address; IPv6 without brackets.
    package let host: String
    package let port: Int
    /// The environment variable.
    package let variable: String
    /// What must not be seen: credentials, in the forms in which they were given and are sent.
    let secretValues: [String]
    private let authorization: String?
    /// User and password as they were given.
    private let userInfo: String?

    /// Reads `http://host:port`, `http://user:password@host:port` or `host:port`, the value of an
    /// environment variable. A port that is not named is 80; credentials may be percent-encoded.
    ///
    /// - Throws: what is wrong with it. The text does not repeat the value, which may hold a password.
    package init(parsing value: String, from variable: String) throws(Fault) {
        self.variable = variable
        var rest = try Self.withoutScheme(value)
        var credentials: Substring?
        if let at = rest.lastIndex(of: "@") {
            credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        guard let target = try? Target(parsing: "http://\(rest.prefix { $0 != "/" })") else {
            throw Fault(
                "names no proxy: a host and a port are wanted",
                hint: "write it like http://proxy.example.com:3128")
        }
        (host, port) = (target.host, target.port)
        guard let credentials, !credentials.isEmpty else {
            authorization = nil
            userInfo = nil
            secretValues = []
            return
        }
        let pair = try Self.decoded(credentials)
        let token = Data(pair.utf8).base64EncodedString()
        authorization = "Basic \(token)"
        userInfo = String(credentials)
        let parts = credentials.split(separator: ":", maxSplits: 1).map(String.init)
        let decoded = pair.split(separator: ":", maxSplits: 1).map(String.init)
        // A user without a password is a token.
        secretValues =
            [String(credentials), pair, token]
            + [parts, decoded].compactMap { $0.count == 2 ? $0[1] : $0.first }
    }

    /// Finds the proxy on the way to a target that the environment names, as other tools that speak
    /// HTTP do: `HTTP_PROXY` for http targets, `HTTPS_PROXY` for https ones, `ALL_PROXY` for both,
    /// `NO_PROXY` for exceptions. A variable in lower case beats the one in upper case, and an empty
    /// one stands for no proxy. nil without one.
    package init?(to target: Target, in environment: [String: String]) throws(Fault) {
        func first(of names: [String]) -> (variable: String, value: String)? {
            for variable in names.flatMap({ [$0.lowercased(), $0] }) {
                if let value = environment[variable] { return (variable, value) }
            }
            return nil
        }
        let name = target.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY"
        guard let (variable, value) = first(of: [name, "ALL_PROXY"]), !value.isEmpty else {
            return nil
        }
        if let (_, list) = first(of: ["NO_PROXY"]), ProxyExceptions(list).contain(target) {
            return nil
        }
        do {
            try self.init(parsing: value, from: variable)
        } catch {
            throw Fault(
                error.message, at: .environment(variable),
                hint: (error.hint ?? "") + "; NO_PROXY=\(target.host) goes without")
        }
    }

    /// `host:port`, an IPv6 address in brackets.
    package var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The proxy as a URL with its credentials, which nobody may see.
    package var url: String { "http://\(userInfo.map { "\($0)@" } ?? "")\(name)" }

    /// The proxy for whoever reads of a run: where it is and who named it.
    package var description: String { "\(name) (\(variable))" }

    /// The proxy for connections.
    package var http: HTTPProxy {
        HTTPProxy(host: host, port: port, authorization: authorization)
    }

    private static func withoutScheme(_ value: String) throws(Fault) -> Substring {
        guard let colons = value.firstRange(of: "://") else { return value[...] }
        let scheme = value[..<colons.lowerBound].lowercased()
        if scheme == "http" { return value[colons.upperBound...] }
        let isName = scheme.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 }
        throw Fault(
            "\(isName ? scheme : "such") proxies are not supported",
            hint: "name a proxy that is spoken to in plain HTTP: http://HOST:PORT")
    }

    /// Credentials without percent-encoding; a user without a password gets an empty one.
    private static func decoded(_ text: Substring) throws(Fault) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16)
            else {
                throw Fault(
                    "the user or password has a % without two hexadecimal digits",
                    hint: "write a % as %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Fault("the user or password has a control character", hint: "leave it out")
        }
        if !text.contains(":") { bytes.append(UInt8(ascii: ":")) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The targets that no proxy is used for: the value of `NO_PROXY`, a list of names, addresses and
/// networks with commas or blanks between them.
package struct ProxyExceptions: Sendable, Equatable {
    private let entries: [String]

    /// Reads such a list. What is none of these names nothing.
    package init(_ text: String) {
        entries = text.lowercased().split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    /// Whether the target is one of them: `*` stands for every target, a name for itself and all
    /// names below it, with or without a dot (or `*.`) before it; `10.0.0.0/8` for the addresses of
    /// the network; a `:port` behind a name or address for that port alone.
    package func contain(_ target: Target) -> Bool {
        let address = SocketAddress(ip: target.host, port: 0)
        return entries.contains { entry in
            if entry == "*" { return true }
            if let network = entry.firstIndex(of: "/") {
                return Self.network(
                    entry[..<network], entry[entry.index(after: network)...], holds: address)
            }
            let (name, port) = Self.parts(of: entry)
            guard port == nil || port == "\(target.port)" else { return false }
            if let address { return SocketAddress(ip: String(name), port: 0) == address }
            let domain = name.hasPrefix("*.") ? name.dropFirst(2) : name.drop { $0 == "." }
            return !domain.isEmpty && (target.host == domain || target.host.hasSuffix("." + domain))
        }
    }

    private static func network(
        _ base: Substring, _ length: Substring, holds address: SocketAddress?
    ) -> Bool {
        guard let address, let base = SocketAddress(ip: String(base), port: 0),
            let length = Int(length)
        else { return false }
        return address.isWithin(base, prefix: length)
    }

    /// `name`, `name:port`, `::1`, `[::1]` or `[::1]:port` in parts.
    private static func parts(of entry: String) -> (name: Substring, port: Substring?) {
        if entry.first == "[", let close = entry.lastIndex(of: "]") {
            let rest = entry[entry.index(after: close)...]
            return (entry[..<close].dropFirst(), rest.first == ":" ? rest.dropFirst() : nil)
        }
        let colons = entry.indices.filter { entry[$0] == ":" }
        guard colons.count == 1, let colon = colons.first else { return (entry[...], nil) }
        return (entry[..<colon], entry[entry.index(after: colon)...])
    }
}

/// How long things may take before they count as failed.
package struct Timeouts: Sendable, Equatable {
    /// One exchange, opening its connection included.
    package var total = Nanoseconds.seconds(60)
    /// Opening a connection.
    package var connect = Nanoseconds.seconds(5)
    /// The first piece of a streamed reply's output, counted from the sending; nil for any time.
    package var firstToken: Nanoseconds?
    /// Each further piece of it; nil for any time.
    package var idle: Nanoseconds?
}

/// How users connect to the target.
package struct Connections: Sendable, Equatable {
    /// The local addresses to come from, spread over the users; empty lets the kernel choose.
    package var sources: [SocketAddress] = []
    /// A connection that nothing has been sent over for this long is closed, and opened again for
    /// the next exchange; nil keeps it open.
    package var idleClose: Nanoseconds?
    /// Whom they are made to instead of the target; nil for the target itself.
    package var proxy: Proxy?
}

/// Connection settings: where connections come from, and how long they may take and last.
package struct ConnectionSettings: Sendable, Equatable {
    package var timeouts = Timeouts()
    package var idleClose: Nanoseconds?
    package var sources: [SocketAddress] = []

    package init() {}

    /// How connections to the target are made; nil stands for the embedded sandbox, on 127.0.0.1.
    ///
    /// - Parameter environment: what may name a proxy.
    func connections(
        to target: Target?, _ environment: [String: String]
    ) throws(Fault) -> Connections {
        let proxy = try target.flatMap { (target) throws(Fault) in
            try Proxy(to: target, in: environment)
        }
        let host = proxy?.host ?? target?.host ?? "127.0.0.1"
        for source in sources {
            guard source.isOfThisMachine else {
                throw Self.fault(
                    "\(source.ip) is no address of this machine",
                    hint: "ip address lists them; all of 127.0.0.0/8 are")
            }
            // Which addresses a name has is known when it is looked up.
            guard let address = SocketAddress(ip: host, port: 0) else { continue }
            guard address.isIPv6 == source.isIPv6 else {
                throw Self.fault(
                    "\(source.ip) is \(Self.family(of: source)) and the"
                        + " \(proxy != nil ? "proxy" : "target")"
                        + " \(address.ip) is \(Self.family(of: address))",
                    hint: "name addresses of the same family")
            }
        }
        return Connections(sources: sources, idleClose: idleClose, proxy: proxy)
    }

    private static func fault(_ message: String, hint: String) -> Fault {
        Fault(message, at: .flag("--source-address"), hint: hint)
    }

    private static func family(of address: SocketAddress) -> String {
        address.isIPv6 ? "IPv6" : "IPv4"
    }
}
