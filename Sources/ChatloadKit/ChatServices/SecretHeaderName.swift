/// Names of header fields that tell that their value lets somebody in.
package enum SecretHeaderName {
    private static let words: Set<String> = [
        "session", "sessionid", "sid", "jwt", "sign", "signature", "auth", "authorization",
        "authentication", "token", "accesstoken", "authtoken", "key", "apikey", "secret", "cookie",
        "password", "passwd", "credential", "credentials",
    ]

    /// Whether one of a name's words, which end at dashes, underscores and before capitals, is such a
    /// word: `X-Session` and `X-ApiKey`, not `X-Design`.
    package static func isOne(_ name: String) -> Bool {
        parts(of: name).contains { words.contains($0.lowercased()) }
            || name.split { $0 == "-" || $0 == "_" }.contains { words.contains($0.lowercased()) }
    }

    private static func parts(of name: String) -> [String] {
        let letters = Array(name)
        var parts = [""]
        for (place, letter) in letters.enumerated() {
            if letter == "-" || letter == "_" {
                parts.append("")
                continue
            }
            let follows = place > 0 && letters[place - 1].isUppercase
            let precedes = place + 1 < letters.count && letters[place + 1].isLowercase
            // In a run of capitals the last one begins the next word: `JWTToken`.
            if letter.isUppercase, !follows || precedes { parts.append("") }
            parts[parts.count - 1].append(letter)
        }
        return parts
    }
}
