import Networking

/// Mooncake traces (kvcache-ai/Mooncake, `FAST25-release`): `timestamp` in milliseconds,
/// `input_length` in tokens, and `hash_ids`, one for each 512 tokens, equal where prompts begin
/// alike. From aiperf (ai-dynamo/aiperf): `text_input` instead of sizes, `session_id` for turns of
/// one conversation, and `delay`, the milliseconds a user waits before a turn.
enum MooncakeFormat {
    /// Reads a line.
    ///
    /// - Parameter isOutline: leaves out the blocks and the text of `text_input`, of which only it is
    ///   told that it is there.
    static func row(
        _ bytes: Span<UInt8>, isOutline: Bool = false
    ) throws(ScriptFault) -> SizedTurn {
        var parser = ForeignParser()
        var turn = SizedTurn()
        var hasSize = false
        try parser.beginObject("a request", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("timestamp", in: bytes) {
                turn.time = try parser.time("timestamp", unit: .milliseconds(1), in: bytes)
            } else if key.equals("input_length", in: bytes) {
                turn.tokens = try parser.count("input_length", in: bytes)
                hasSize = true
            } else if key.equals("hash_ids", in: bytes), !isOutline {
                turn.blocks = try blocks(&parser, in: bytes)
            } else if key.equals("text_input", in: bytes) {
                let text = try parser.text("text_input", in: bytes)
                turn.text = isOutline ? text.map { _ in "" } : text?.string(in: bytes)
            } else if key.equals("session_id", in: bytes) {
                turn.session = try session(&parser, in: bytes)
            } else if key.equals("delay", in: bytes) {
                turn.think = try delay(&parser, in: bytes)
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        guard hasSize || turn.text != nil else {
            throw ScriptFault("a request needs \"input_length\" or \"text_input\"", at: nil)
        }
        return try turn.checked()
    }

    private static func blocks(
        _ parser: inout ForeignParser, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> [UInt64] {
        let first = try parser.next(in: bytes)
        if first == .null { return [] }
        guard first == .beginArray else {
            throw parser.wrong(first, "hash_ids", "an array of numbers")
        }
        var blocks: [UInt64] = []
        while true {
            let token = try parser.next(in: bytes)
            if token == .endArray { return blocks }
            guard let name = hash(of: token, in: bytes) else {
                throw parser.wrong(token, "hash_ids", "an array of numbers")
            }
            blocks.append(name)
        }
    }

    private static func session(
        _ parser: inout ForeignParser, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> UInt64? {
        let token = try parser.next(in: bytes)
        if token == .null { return nil }
        guard let name = hash(of: token, in: bytes) else {
            throw parser.wrong(token, "session_id", "a string")
        }
        return name
    }

    /// A string or a number, as it is written.
    private static func hash(of token: JSONToken, in bytes: Span<UInt8>) -> UInt64? {
        let range: Range<Int>
        switch token {
        case .number(let digits): range = digits
        case .string(let text): range = text.range
        default: return nil
        }
        var hash = FNV1a()
        hash.add(words: bytes.extracting(range))
        return hash.value
    }

    private static func delay(
        _ parser: inout ForeignParser, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Nanoseconds? {
        let token = try parser.next(in: bytes)
        if token == .null { return nil }
        guard case .number(let range) = token, let value = JSONNumber.double(range, in: bytes),
            value >= 0, value < 1e15
        else { throw parser.wrong(token, "delay", "a number of milliseconds from 0 on") }
        return Nanoseconds(seconds: value / 1e3)
    }
}
