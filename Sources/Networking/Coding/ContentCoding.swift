/// A coding that a message's body was put through (RFC 9110 §8.4.1).
package enum ContentCoding: Equatable, Sendable {
    case gzip
    case deflate
    /// One that is not read, by its name.
    case other(String)

    /// More codings over one another than this are nobody's intention.
    private static let mostOverOneAnother = 4

    /// The codings that a `Content-Encoding` lists, in the order they were applied; `identity` is
    /// none.
    static func list(in value: String) -> [ContentCoding] {
        let codings = value.split(separator: ",").compactMap { part -> ContentCoding? in
            let name = part.drop { $0 == " " || $0 == "\t" }
                .prefix { $0 != " " && $0 != "\t" && $0 != ";" }
            return switch name.lowercased() {
            case "", "identity": nil
            case "gzip", "x-gzip": .gzip
            case "deflate": .deflate
            default: .other(String(name))
            }
        }
        return codings.count > mostOverOneAnother ? [.other(value)] : codings
    }

    /// Takes these codings off a body.
    ///
    /// - Throws: `malformed` where a coding is not read or the body is damaged, `tooLarge` where
    ///   more than `limit` bytes come out.
    static func decode(
        _ body: Span<UInt8>, _ codings: [ContentCoding], limit: Int
    ) throws(HTTPError) -> [UInt8] {
        var content: [UInt8]?
        for coding in codings.reversed() {
            if let packed = content {
                content = try coding.decode(packed.span, limit: limit)
            } else {
                content = try coding.decode(body, limit: limit)
            }
        }
        return content ?? []
    }

    private func decode(_ body: Span<UInt8>, limit: Int) throws(HTTPError) -> [UInt8] {
        switch self {
        case .gzip: return try Unpacking.unpack(body, "gzip", .gzip, limit: limit)
        case .deflate:
            // RFC 9110 means zlib's format; what some servers send is the bare one.
            let wrapping: Zlib.Wrapping = Self.beginsZlib(body) ? .zlib : .raw
            return try Unpacking.unpack(body, "deflate", wrapping, limit: limit)
        case .other(let name):
            throw .malformed(
                "the body is coded with \(name), which chatload does not read: gzip and deflate are"
                    + " what it reads; is there an Accept-Encoding that asks for another?")
        }
    }

    /// Whether a body begins as RFC 1950 §2.2 has it.
    private static func beginsZlib(_ body: Span<UInt8>) -> Bool {
        guard body.count >= 2 else { return false }
        return body[0] & 0x0F == 8 && (Int(body[0]) << 8 | Int(body[1])) % 31 == 0
    }
}
