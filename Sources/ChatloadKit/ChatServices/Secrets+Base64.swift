/// How a secret looks inside what is base64 (RFC 4648): an authorization header, a token's claims.
extension Secrets {
    /// Shorter ones would be found where they are not.
    private static let fewestBytes = 6

    /// The value's base64, of both alphabets and without padding, and the characters that stand for
    /// it and nothing else where it begins one or two bytes after a group of three.
    static func base64Forms(of value: String) -> [String] {
        let bytes = Array(value.utf8)
        guard bytes.count >= fewestBytes else { return [] }
        let inner = (0...2).map { offset in
            let encoded = encoded([UInt8](repeating: 0, count: offset) + bytes)
            let isWhole = (offset + bytes.count) % 3 == 0
            return String(encoded.dropFirst([0, 2, 3][offset]).dropLast(isWhole ? 0 : 1))
        }
        let standard = [encoded(bytes)] + inner
        return standard + standard.map(urlSafe)
    }

    private static func urlSafe(_ text: String) -> String {
        text.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// Base64 without padding.
    static func encoded(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= 8 * UInt32(3 - group.count)
            for place in 0...group.count {
                text.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 0x3F)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
