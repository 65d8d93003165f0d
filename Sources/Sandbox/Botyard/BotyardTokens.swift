import Base
import Networking

/// Session tokens, in a cookie called `token`. They look like the service's own, JSON web tokens
/// (RFC 7519), and hold whom they name, so that nothing is kept of a session however often its token
/// is renewed.
///
/// What stands for the signature is a keyed hash that only this server can make, the standard
/// library's SipHash: enough against clients that make tokens up, and no cryptography.
struct BotyardTokens {
    /// Whom a valid token names.
    struct Claims: Equatable {
        var user: ULID
        var nickname: String
    }

    /// `{"alg":"HS256","typ":"JWT"}`. Only tokens of our own are valid, so it is compared and not
    /// interpreted.
    private static let head = Array("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9".utf8)

    private let secret: UInt64
    private var expirySecond: Int64 = .min
    private var expiryText = ByteBuffer()

    init(secret: UInt64) { self.secret = secret }

    /// A token that is valid from `now` (since 1970) for the configured lifetime.
    func issue(_ claims: Claims, at now: Nanoseconds) -> [UInt8] {
        let second = now.count / 1_000_000_000
        var payload = ByteBuffer(capacity: 128)
        payload.append {
            $0.append("exp", Int(second + BotyardLimits.tokenLifetimeMinutes * 60))
            $0.append("iat", Int(second))
            $0.append("id", claims.user)
            $0.append("nickname", go: claims.nickname)
        }
        var token = Self.head
        token.append(UInt8(ascii: "."))
        token += Base64URL.encode(payload.bytes)
        let signature = Base64URL.encode(hash(of: token.span))
        token.append(UInt8(ascii: "."))
        return token + signature
    }

    /// As many bytes as an HMAC with SHA-256 has.
    private func hash(of text: Span<UInt8>) -> [UInt8] {
        (0..<4).flatMap { part in
            var hasher = Hasher()
            hasher.combine(secret)
            hasher.combine(part)
            text.withUnsafeBytes { hasher.combine(bytes: $0) }
            return withUnsafeBytes(of: hasher.finalize()) { Array($0) }
        }
    }

    /// Whom the token names; nil when it is malformed, not signed by us or expired.
    func verify(_ token: Span<UInt8>, at now: Nanoseconds) -> Claims? {
        let dots = token.indices.filter { token[$0] == UInt8(ascii: ".") }
        guard dots.count == 2, dots[0] == Self.head.count,
            token.extracting(0..<dots[0]).isEqualInConstantTime(to: Self.head.span),
            let signature = Base64URL.decode(token.extracting(dots[1] + 1..<token.count))
        else { return nil }
        let code = hash(of: token.extracting(0..<dots[1]))
        guard code.span.isEqualInConstantTime(to: signature.span),
            let payload = Base64URL.decode(token.extracting(dots[0] + 1..<dots[1]))
        else { return nil }
        return try? Self.claims(payload.span, at: now.count / 1_000_000_000)
    }

    /// Appends the `Set-Cookie` line with a fresh token.
    mutating func appendCookie(
        _ claims: Claims, at now: Nanoseconds, to headers: inout ByteBuffer
    ) {
        let second = now.count / 1_000_000_000 + BotyardLimits.tokenLifetimeMinutes * 60
        if second != expirySecond {
            expirySecond = second
            expiryText.clear()
            expiryText.append(HTTPDate.text(second: second))
        }
        headers.append(fixed: "Set-Cookie: token=")
        headers.append(issue(claims, at: now))
        headers.append(fixed: "; expires=")
        headers.append(expiryText)
        headers.append(fixed: "; path=/; SameSite=Lax\r\n")
    }

    /// The value of the cookie `token` in a `Cookie` header.
    static func cookie(in bytes: Span<UInt8>, _ header: Range<Int>) -> Range<Int>? {
        var start = header.lowerBound
        while start < header.upperBound {
            while start < header.upperBound, bytes[start] == 0x20 { start += 1 }
            var end = start
            while end < header.upperBound, bytes[end] != UInt8(ascii: ";") { end += 1 }
            if end - start > 6, bytes.matches("token=", at: start) { return start + 6..<end }
            start = end + 1
        }
        return nil
    }

    private static func claims(
        _ payload: Span<UInt8>, at second: Int64
    ) throws(JSONError) -> Claims? {
        var scanner = JSONScanner()
        var user: ULID?
        var nickname: String?
        var expiry: Int?
        guard try scanner.next(in: payload) == .beginObject else { return nil }
        while case .key(let key) = try scanner.next(in: payload) {
            switch try scanner.next(in: payload) {
            case .string(let text) where key.equals("id", in: payload):
                user = ULID(payload.extracting(text.range))
            case .string(let text) where key.equals("nickname", in: payload):
                nickname = text.string(in: payload)
            case .number(let range) where key.equals("exp", in: payload):
                expiry = JSONNumber.integer(range, in: payload)
            case let token: try scanner.skipRest(of: token, in: payload)
            }
        }
        guard let user, let nickname, let expiry, second < expiry else { return nil }
        return Claims(user: user, nickname: nickname)
    }
}

extension Span<UInt8> {
    /// Whether the two are equal, by a comparison whose duration tells nothing of where they differ.
    func isEqualInConstantTime(to other: Span<UInt8>) -> Bool {
        var difference = UInt64(bitPattern: Int64(count ^ other.count))
        for index in 0..<max(count, other.count) {
            let left = index < count ? self[index] : 0
            let right = index < other.count ? other[index] : 0
            difference |= UInt64(left ^ right)
        }
        return difference == 0
    }
}

/// Base64 with the URL-safe alphabet and no padding (RFC 4648 §5), as tokens use it.
enum Base64URL {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The encoded bytes.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var word: UInt32 = 0
        var bits = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(word >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(word << UInt32(6 - bits) & 63)]) }
        return text
    }

    /// The decoded bytes; nil when a character is foreign, the length impossible or a left-over bit
    /// set, so that every text has one spelling only.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var word: UInt32 = 0
        var bits = 0
        for index in 0..<text.count {
            guard let value = value(text[index]) else { return nil }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return word & (1 << UInt32(bits) - 1) == 0 ? bytes : nil
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
