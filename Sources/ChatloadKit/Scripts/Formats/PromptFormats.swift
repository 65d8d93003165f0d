import Base

/// Lists of prompts: each is what the user of a conversation says, and all of it.
extension Dialogue {
    /// A line of plain text, as it stands.
    mutating func add(lineOfText bytes: Span<UInt8>) throws(Fault) {
        let hasReturn = !bytes.isEmpty && bytes[bytes.count - 1] == UInt8(ascii: "\r")
        let line = bytes.extracting(0..<bytes.count - (hasReturn ? 1 : 0))
        for index in line.indices where line[index] < 0x20 && line[index] != UInt8(ascii: "\t") {
            throw Fault("a control character stands in this prompt", offset: index)
        }
        if !line.isUTF8 { throw CSVCells.notUTF8("line") }
        try say(line.text)
    }

    /// Adds what the user says.
    mutating func say(_ prompt: String) throws(Fault) {
        if prompt.isEmpty { throw Fault("the prompt is empty") }
        add(Turn(.say(prompt)))
    }

    /// Takes how many tokens the reply to the next turn may have.
    mutating func take(limit range: Range<Int>, _ name: String, in bytes: Span<UInt8>) throws(Fault)
    {
        guard let limit = JSONNumber.double(range, in: bytes), limit >= 1, limit == limit.rounded(),
            limit < 1e15
        else {
            throw Fault("\"\(name)\" must be a whole number from 1 on", offset: range.lowerBound)
        }
        lengthLimit = Int(limit)
    }
}

extension WorkloadTable {
    /// Adds the prompt of a row.
    func addPrompt(of bytes: Span<UInt8>, to dialogue: inout Dialogue) throws(Fault) {
        var cells = CSVCells(limit: .max)
        if case .incomplete = cells.scan(bytes, from: 0, isWhole: true) {
            throw Fault(CSVCells.openQuote)
        }
        if let fault = cells.fault(of: bytes, columns: width) { throw fault }
        if let limit {
            let cell = bytes.trimmed(cells.ranges[limit])
            if !cell.isEmpty { try dialogue.take(limit: cell, "max_tokens", in: bytes) }
        }
        func text(_ cell: Int) -> String {
            CSVText.content(ofCell: bytes.extracting(cells.ranges[cell]))
        }
        if let id { dialogue.id = Dialogue.name(text(id)) }
        try dialogue.say(text(prompt))
    }
}

extension CSVCells {
    /// What is said of a row whose quotes do not end.
    static let openQuote = "a quote in this row is never closed"

    /// What is said of a line or row in another encoding.
    static func notUTF8(_ what: String) -> Fault {
        Fault("this \(what) is not UTF-8", hint: "save the file as UTF-8, or convert it with iconv")
    }

    /// What is wrong with a row that was cut into these cells, by a header of so many columns; nil
    /// where nothing is.
    func fault(of row: Span<UInt8>, columns: Int?) -> Fault? {
        if !row.isUTF8 { return Self.notUTF8("row") }
        if isMalformed {
            return Fault(
                "there is something behind the closing quote of a field",
                hint: "double the quotes that stand inside quotes")
        }
        guard let columns, ranges.count != columns else { return nil }
        let count = "\(ranges.count) field\(ranges.count == 1 ? "" : "s")"
        return Fault(
            "this row has \(count) and the first one has \(columns)",
            hint: "put fields that have commas between quotes")
    }
}

extension ElementParser {
    /// A prompt in JSON: `{"prompt":…}`, perhaps with its `id` and the reply's `max_tokens`.
    mutating func readPrompt(into dialogue: inout Dialogue) throws(Fault) {
        var prompt: String?
        try beginObject("a prompt", "an object with \"prompt\"")
        while let key = try nextKey() {
            switch key {
            case "prompt":
                let token = try next()
                guard case .string(let text) = token else { throw wrong(token, key, "a string") }
                prompt = text.string(in: bytes.span)
            case "max_tokens": try limit(key, into: &dialogue)
            case "id": dialogue.id = try name()
            default: try skipValue()
            }
        }
        try end()
        guard let prompt else { throw Fault("there is no \"prompt\" in this object") }
        try dialogue.say(prompt)
    }

    /// Single and multi turns of aiperf (ai-dynamo/aiperf, `dataset/loader`): a turn is an object with
    /// `text` or `texts`, its `timestamp` or the `delay` before it in milliseconds; a line is a turn,
    /// or has several in `turns`. Lines of one `session_id` are one conversation.
    mutating func readTurns(into dialogue: inout Dialogue) throws(Fault) {
        try beginObject("a conversation")
        try turn(isInList: false, into: &dialogue)
        try end()
    }

    /// The turn whose brace was just read, or the turns in it if it is not itself in a list.
    private mutating func turn(
        isInList: Bool, into dialogue: inout Dialogue
    ) throws(Fault) {
        let brace = max(scanner.position - 1, 0)
        var message = TranscriptMessage(role: .user, text: "")
        var hasTurns = false
        while let key = try nextKey() {
            switch key {
            case "text", "texts":
                let (text, _) = try content(key)
                if !text.isEmpty, !message.text.isEmpty {
                    throw Fault("a turn has \"text\" or \"texts\", not both", offset: brace)
                }
                if !text.isEmpty { message.text = text }
            case "image", "images", "audio", "audios", "video", "videos":
                message.otherParts += try otherParts()
            case "timestamp": message.time = try time(key, unit: .milliseconds(1))
            case "delay": message.think = try delay(key)
            case "role":
                let token = try next()
                if token != .null { message.role = try role(of: token, key) }
            case "output_length": try limit(key, into: &dialogue)
            case "session_id" where !isInList: dialogue.id = try name()
            case "turns" where !isInList:
                hasTurns = true
                try beginArray(key)
                while try nextObject("a turn") { try turn(isInList: true, into: &dialogue) }
            default: try skipValue()
            }
        }
        if hasTurns { return }
        if message.text.isEmpty, message.otherParts == 0 {
            throw Fault("a turn needs \"text\" or \"texts\"", offset: brace)
        }
        dialogue.add(message)
    }

    /// How many images or the like the next value names.
    private mutating func otherParts() throws(Fault) -> Int {
        let token = try next()
        guard token == .beginArray else {
            try skipRest(of: token)
            return token == .null ? 0 : 1
        }
        var count = 0
        while true {
            let token = try next()
            if token == .endArray { return count }
            try skipRest(of: token)
            count += 1
        }
    }

    private mutating func limit(
        _ key: String, into dialogue: inout Dialogue
    ) throws(Fault) {
        let token = try next()
        if token == .null { return }
        guard case .number(let range) = token else { throw wrong(token, key, "a number") }
        try dialogue.take(limit: range, key, in: bytes.span)
    }
}
