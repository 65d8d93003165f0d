import Networking

/// What the JSON bodies of Botyard's routes can hold, read as Go's decoder does: keys in any case,
/// unknown ones ignored, `null` the same as absent, the last of several counts.
struct BotyardBody {
    var nickname = ""
    var botID = ""
    var chatID = ""
    var text: [UInt8] = []
    var attachmentIDs: [String] = []
    var name: String?
    var description: String?
    var avatar: String?

    /// Reads the request's body.
    ///
    /// - Throws: 400 with the decoder's words, or with the framework's for a body of another type.
    init(of request: borrowing Request) throws(BotyardError) {
        let type = request.text(request.fields.contentType)?.lowercased() ?? ""
        if type.hasPrefix("application/x-www-form-urlencoded")
            || type.hasPrefix("multipart/form-data")
        {
            return
        }
        guard type.hasPrefix("application/json") else {
            throw BotyardError(400, "Unprocessable Entity")
        }
        let body = request.bodyBytes.span.extracting(request.body)
        do {
            try read(body)
        } catch let error as JSONError {
            throw Self.goError(error, body)
        } catch let error as BotyardError {
            throw error
        } catch {
            throw BotyardError(400, "Bad Request")
        }
    }

    private mutating func read(_ body: Span<UInt8>) throws {
        var scanner = JSONScanner()
        // The decoder checks the whole text before it assigns anything.
        try scanner.skipValue(in: body)
        guard try scanner.next(in: body) == .end else { return }
        scanner = JSONScanner()
        let first = try scanner.next(in: body)
        if first == .null { return }
        guard first == .beginObject else {
            throw Self.mismatch(first, target: "value of type handlers.body")
        }
        while case .key(let key) = try scanner.next(in: body) {
            try readMember(key.string(in: body).lowercased(), body, &scanner)
        }
    }

    private mutating func readMember(
        _ key: String, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws {
        switch key {
        case "nickname": nickname = try Self.text(key, body, &scanner) ?? nickname
        case "botid": botID = try Self.text("botId", body, &scanner) ?? botID
        case "chatid": chatID = try Self.text("chatId", body, &scanner) ?? chatID
        case "body": text = try Self.text(key, body, &scanner).map { Array($0.utf8) } ?? text
        case "name": name = try Self.text(key, body, &scanner) ?? name
        case "description": description = try Self.text(key, body, &scanner) ?? description
        case "avatar": avatar = try Self.text(key, body, &scanner) ?? avatar
        case "attachmentids": try readAttachments(body, &scanner)
        default: try scanner.skipValue(in: body)
        }
    }

    private mutating func readAttachments(
        _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws {
        let first = try scanner.next(in: body)
        attachmentIDs = []
        if first == .null { return }
        guard first == .beginArray else { throw Self.mismatch(first, field: "attachmentIds") }
        while true {
            switch try scanner.next(in: body) {
            case .endArray: return
            case .string(let text): attachmentIDs.append(text.string(in: body))
            case .null: attachmentIDs.append("")
            case let token: throw Self.mismatch(token, field: "attachmentIds")
            }
        }
    }

    /// A text member's value; nil for null.
    private static func text(
        _ field: String, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws -> String? {
        switch try scanner.next(in: body) {
        case .string(let text): return text.string(in: body)
        case .null: return nil
        case let token: throw mismatch(token, field: field)
        }
    }

    private static func mismatch(_ token: JSONToken, field: String) -> BotyardError {
        mismatch(token, target: "struct field .\(field) of type string")
    }

    private static func mismatch(_ token: JSONToken, target: String) -> BotyardError {
        let kind =
            switch token {
            case .beginObject: "object"
            case .beginArray: "array"
            case .number: "number"
            case .bool: "bool"
            default: "string"
            }
        return BotyardError(400, "json: cannot unmarshal \(kind) into Go \(target)")
    }

    /// The decoder's words for a text that is not JSON.
    private static func goError(_ error: JSONError, _ body: Span<UInt8>) -> BotyardError {
        guard error.offset < body.count else {
            return BotyardError(400, "unexpected end of JSON input")
        }
        let byte = body[error.offset]
        let character =
            (0x20..<0x7F).contains(byte)
            ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
        return BotyardError(
            400, "invalid character '\(character)' looking for beginning of value")
    }
}
