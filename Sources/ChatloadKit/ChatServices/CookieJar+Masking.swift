package import Networking

extension CookieJar {
    /// Shorter values are no keys, and would be found where they are not.
    private static let fewestBytes = 8

    /// Bytes without the values of the session's cookies, which let anybody in who has them.
    package func masking(_ bytes: [UInt8]) -> [UInt8] {
        var masked = bytes
        forEachValue { value in
            if value.count >= Self.fewestBytes { masked = Secrets.replacing(value, in: masked) }
        }
        return masked
    }

    /// A text without them.
    package func masking(_ text: String) -> String {
        isEmpty ? text : String(decoding: masking(Array(text.utf8)), as: UTF8.self)
    }
}
