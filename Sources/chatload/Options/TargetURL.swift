import ChatloadKit

/// Reads `--target`: `http://host[:port][/prefix]`.
enum TargetURL {
    /// The target a URL names. The URL may hold a password, so no error shows it.
    static func parse(_ text: String) throws(Refusal) -> Target {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Refusal("is not a URL", hint: "write http://HOST[:PORT][/PATH]")
        }
        switch parts[0].lowercased() {
        case "http": break
        case "https":
            throw Refusal(
                "https is not spoken", hint: "put a proxy that speaks TLS in front: http://HOST")
        default: throw Refusal("is not an http URL", hint: "write http://HOST[:PORT][/PATH]")
        }
        let end = parts[1].firstIndex { "/?#".contains($0) } ?? parts[1].endIndex
        let (authority, path) = (parts[1][..<end], parts[1][end...])
        if authority.contains("@") {
            throw Refusal(
                "must not hold a user name or password",
                hint: "give it as a header: -H 'Authorization: Basic env:NAME'")
        }
        if path.contains("?") || path.contains("#") {
            throw Refusal("must end with its path", hint: "leave out what begins with ? or #")
        }
        let (host, port) = try split(authority)
        var prefix = path
        while prefix.last == "/" { prefix = prefix.dropLast() }
        return Target(host: host, port: port, pathPrefix: String(prefix))
    }

    private static func split(_ authority: Substring) throws(Refusal) -> (String, Int) {
        var (host, rest) = (authority, authority[authority.endIndex...])
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            host = authority[..<end].dropFirst()
            rest = authority[end...].dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            (host, rest) = (authority[..<colon], authority[colon...])
        }
        let isHost = host.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !"[]@\\\"<>%".utf8.contains(byte)
        }
        guard !host.isEmpty, isHost else { throw Refusal("has no usable host name") }
        if rest.isEmpty { return (String(host), 80) }
        guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0 else {
            throw Refusal("has no usable port", hint: "a port is a number from 1 to 65535")
        }
        return (String(host), Int(port))
    }
}
