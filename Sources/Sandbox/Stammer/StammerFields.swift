import Base
import Networking

/// A message request's fields, checked one by one as a serializer does.
struct StammerFields {
    /// The documentation says "under 5000".
    private static let longestQuery = 4999

    private enum Fault: String {
        case missing = "This field is required."
        case null = "This field may not be null."
        case notText = "Not a valid string."
        case blank = "This field may not be blank."
        case tooLong = "Must be under 5000 characters."
        case notUUID = "Must be a valid UUID."
    }

    /// The UUID's 32 digits in lower case.
    private(set) var chatbot = ByteBuffer()
    private(set) var query = ByteBuffer()
    private(set) var userKey = ByteBuffer()
    private var faults: (chatbot: Fault?, query: Fault?, userKey: Fault?, prompt: Fault?)
    private var ignored = ByteBuffer()
    private var uuid = ByteBuffer()

    /// The nil UUID, which belongs to no chatbot; every other one is taken for one.
    var isNilChatbot: Bool { chatbot.bytes.allSatisfy { $0 == UInt8(ascii: "0") } }

    /// Reads a body; a description when it is not JSON. Of a repeated key the last value counts.
    mutating func read(_ body: Span<UInt8>) -> String? {
        faults = (.missing, .missing, .missing, nil)
        var scanner = JSONScanner()
        do {
            let first = try scanner.next(in: body)
            guard first == .beginObject else {
                try scanner.skipRest(of: first, in: body)
                return try scanner.next(in: body) == .end ? nil : "Extra data"
            }
            while case .key(let key) = try scanner.next(in: body) {
                try readMember(key, body, &scanner)
            }
            _ = try scanner.next(in: body)
        } catch {
            return "Expecting value: line 1 column \(error.offset + 1) (char \(error.offset))"
        }
        check()
        return nil
    }

    private mutating func readMember(
        _ key: JSONText, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        if key.equals("query", in: body) {
            faults.query = try Self.readText(into: &query, body, &scanner)
        } else if key.equals("user_key", in: body) {
            faults.userKey = try Self.readText(into: &userKey, body, &scanner)
        } else if key.equals("chatbot_uuid", in: body) {
            faults.chatbot = try Self.readText(into: &uuid, body, &scanner)
        } else if key.equals("custom_base_system_prompt", in: body) {
            let fault = try Self.readText(into: &ignored, body, &scanner)
            faults.prompt = fault == .notText ? fault : nil
        } else {
            try scanner.skipValue(in: body)
        }
    }

    /// A number is taken for the text it is written as; the framework does so too.
    private static func readText(
        into buffer: inout ByteBuffer, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) -> Fault? {
        buffer.clear()
        let token = try scanner.next(in: body)
        switch token {
        case .string(let text): text.append(to: &buffer, from: body)
        case .number(let range): buffer.append(body.extracting(range))
        case .null: return .null
        default:
            try scanner.skipRest(of: token, in: body)
            return .notText
        }
        return buffer.bytes.allSatisfy { $0 == 0x20 || $0 &- 0x09 < 5 } ? .blank : nil
    }

    private mutating func check() {
        if faults.query == nil, query.scalarCount > Self.longestQuery { faults.query = .tooLong }
        chatbot.clear()
        guard faults.chatbot == nil || faults.chatbot == .blank else { return }
        for byte in uuid.bytes where byte != UInt8(ascii: "-") {
            chatbot.append(byte: byte.lowercased)
        }
        let isHexadecimal = chatbot.bytes.allSatisfy { $0.hexDigit != nil }
        let isSeparated = uuid.count == 36 && Self.hasDashesInPlace(uuid.bytes)
        let isShaped = chatbot.count == 32 && (uuid.count == 32 || isSeparated)
        faults.chatbot = isHexadecimal && isShaped ? nil : .notUUID
    }

    private static func hasDashesInPlace(_ text: [UInt8]) -> Bool {
        [8, 13, 18, 23].allSatisfy { $0 < text.count && text[$0] == UInt8(ascii: "-") }
    }

    /// Appends the error body when there is something to complain of; false when there is not.
    func writeErrors(into body: inout ByteBuffer) -> Bool {
        let all: [(StaticString, Fault?)] = [
            ("chatbot_uuid", faults.chatbot), ("query", faults.query),
            ("user_key", faults.userKey), ("custom_base_system_prompt", faults.prompt),
        ]
        guard all.contains(where: { $0.1 != nil }) else { return false }
        body.append(fixed: "{\"message\":\"Validation failed.\",\"errors\":{")
        var isFirst = true
        for case (let name, let fault?) in all {
            body.append(fixed: isFirst ? "\"" : ",\"")
            isFirst = false
            body.append(fixed: name)
            body.append(fixed: "\":[\"")
            body.append(fault.rawValue)
            body.append(fixed: "\"]")
        }
        body.append(fixed: "}}")
        return true
    }
}
