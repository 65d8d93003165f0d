import FoundationEssentials
import Networking

/// One entry of a HAR file (HTTP Archive 1.2), as far as a conversation needs it.
struct HAREntry {
    /// When the request was sent, since 1970.
    var start: Nanoseconds?
    /// How long it took until the response was complete.
    var took = Nanoseconds.zero
    var method = ""
    var url = CapturedURL("")
    /// The request's body; empty when there is none.
    var body = ByteBuffer()
    var status = 0
    /// The response's body; empty when there is none or nobody kept it.
    var content = ByteBuffer()
    /// Whether there is one whose bytes are no text that can be read.
    var isUnreadable = false

    private static let fields = JSONFields(
        literal: "startedDateTime", "time", "request.method", "request.url",
        "request.postData.text", "response.status", "response.content.text",
        "response.content.encoding", "response.content.mimeType")

    /// Reads an entry.
    init(reading bytes: Span<UInt8>) throws(ScriptFault) {
        var encoding = ""
        var type = ""
        do throws(JSONError) {
            try Self.fields.read(bytes) { path, token, range in
                switch (path, token) {
                case (0, .string(let text)): start = Timestamp.parse(text.range, in: bytes)
                case (1, .number(let digits)):
                    let milliseconds = JSONNumber.double(digits, in: bytes) ?? 0
                    // The time is −1 where it is not known.
                    took = Nanoseconds(seconds: max(milliseconds, 0) / 1e3)
                case (2, .string(let text)): method = text.string(in: bytes).uppercased()
                case (3, .string(let text)): url = CapturedURL(text.string(in: bytes))
                case (4, .string(let text)): text.append(to: &body, from: bytes)
                case (5, .number(let digits)):
                    status = JSONNumber.integer(digits, in: bytes) ?? 0
                case (6, .string(let text)): text.append(to: &content, from: bytes)
                case (7, .string(let text)): encoding = text.string(in: bytes).lowercased()
                case (8, .string(let text)): type = text.string(in: bytes).lowercased()
                default: break
                }
            }
        } catch {
            throw ScriptFault(error, in: bytes)
        }
        if !encoding.isEmpty { unpack(encoding, type) }
        if method.isEmpty || url.path.isEmpty {
            throw ScriptFault("this entry has no request with a method and a URL", at: nil)
        }
        if start == nil {
            throw ScriptFault("this entry has no startedDateTime that can be read", at: nil)
        }
    }

    /// Makes a text of a response's bytes that were not recorded as one.
    private mutating func unpack(_ encoding: String, _ type: String) {
        let bytes = encoding == "base64" ? Data(base64Encoded: Data(content.bytes)) : nil
        content.clear()
        guard let bytes, let text = Self.text(Array(bytes), type) else {
            isUnreadable = true
            return
        }
        content.append(text)
    }

    /// Bytes as UTF-8, by their mark and the charset of their media type; nil where they are none.
    private static func text(_ bytes: [UInt8], _ type: String) -> [UInt8]? {
        let latin = ["iso-8859-1", "latin1", "us-ascii", "windows-1252"]
        if let charset = type.firstRange(of: "charset=").map({ type[$0.upperBound...] }),
            latin.contains(where: charset.trimmingPrefix("\"").hasPrefix)
        {
            return Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8)
        }
        guard let text = try? FileContent.text(of: bytes),
            String(validating: text, as: UTF8.self) != nil
        else { return nil }
        return text
    }

    /// Whether what came back is a reply, and no error's text.
    var hasSucceeded: Bool { (200..<300).contains(status) }

    /// The request without what may be secret in it.
    var summary: String { "\(method.shortened) \((url.origin + url.path).shortened)" }
}

/// A captured URL taken apart; percent signs are resolved in parameters only.
struct CapturedURL: Equatable {
    /// Scheme, host and port.
    var origin = ""
    var path = ""
    private var query = ""

    init(_ text: String) {
        guard let scheme = text.firstRange(of: "://") else { return }
        let rest = text[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        // A name and a password before the host are nobody's business.
        let host = rest[..<end].split(separator: "@").last ?? ""
        origin = String(text[..<scheme.upperBound] + host)
        let parts = rest[end...].prefix { $0 != "#" }.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map { $0.isEmpty ? "/" : String($0) } ?? "/"
        query = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The value of a parameter; nil when it is not there.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, Self.resolved(parts[0]) == name { return Self.resolved(parts[1]) }
        }
        return nil
    }

    private static func resolved(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(Substring(rest.prefix(2)), radix: 16)
            {
                bytes.append(code)
                rest.removeFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
