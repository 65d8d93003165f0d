package import Networking

/// Where below the target a service lives, and what every request to it carries besides.
package struct ServiceAddress: Sendable, Equatable {
    /// What precedes every path of the service, without a slash at its end.
    package let pathPrefix: String
    /// The user's own headers.
    package let extraHeaders: [HeaderField]

    /// An address.
    ///
    /// - Throws: a complaint about a prefix that is no path, a header that cannot be written, or one
    ///   that only the request itself can decide.
    package init(
        pathPrefix: String = "", extraHeaders: [HeaderField] = [], for service: ServiceName
    ) throws(SettingComplaint) {
        var prefix = pathPrefix[...]
        while prefix.last == "/" { prefix = prefix.dropLast() }
        let isPath = prefix.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !prefix.contains("#")
        guard isPath, !prefix.contains("?"), prefix.isEmpty || prefix.hasPrefix("/") else {
            throw SettingComplaint(
                service: service, parameter: "target", problem: "has no usable path: \"\(prefix)\"",
                advice: "write it like /base, percent-encoded, without ? and #")
        }
        for header in extraHeaders { try Self.check(header, for: service) }
        self.pathPrefix = String(prefix)
        self.extraHeaders = extraHeaders
    }

    /// The headers of every request: ours, then the service's, then the user's over both.
    func headers(_ own: [HeaderField]) -> [HeaderField] {
        [HeaderField("User-Agent", "chatload"), HeaderField("Accept", "application/json")] + own
            + extraHeaders
    }

    /// The values among the user's headers that must not be seen, also without their scheme or
    /// their cookies' names.
    var secretValues: [String] {
        extraHeaders.filter { $0.isSecret || $0.isHidden }.flatMap { header in
            if !header.isSecret { return [header.value] }
            let parts = header.value.split { $0 == " " || $0 == ";" }
            let words = parts.count > 1 ? parts.dropFirst().map(String.init) : []
            let cookies = header.isNamed("Cookie") ? parts.compactMap(Self.cookieValue) : []
            return [header.value] + (header.isNamed("Cookie") ? cookies : words)
        }
    }

    private static func cookieValue(_ pair: Substring) -> String? {
        pair.firstIndex(of: "=").map { String(pair[pair.index(after: $0)...]) }
    }

    private static func check(
        _ header: HeaderField, for service: ServiceName
    ) throws(SettingComplaint) {
        guard header.isValid else {
            throw SettingComplaint(
                service: service, parameter: "header \(header.name.debugDescription)",
                problem: "is not a valid header",
                advice: "write it as 'Name: value' without line breaks")
        }
        let reserved = ["Content-Length", "Content-Type", "Transfer-Encoding"]
        guard !reserved.contains(where: header.isNamed) else {
            throw SettingComplaint(
                service: service, parameter: "header \(header.name)",
                problem: "follows from the request itself", advice: "leave it out")
        }
    }
}

extension HeaderField {
    /// Whether the value is a credential by the header's name.
    fileprivate var isSecret: Bool {
        let words = ["auth", "cookie", "token", "secret", "key", "password", "credential"]
        return words.contains { name.lowercased().contains($0) }
    }
}
