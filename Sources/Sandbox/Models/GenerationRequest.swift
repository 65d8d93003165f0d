import Base
import Networking

/// Generation request: what a client asks an imitated model for, whichever API it speaks.
struct GenerationRequest {
    /// What a member of a body says.
    enum Field {
        case model, messages
        /// A text before all messages.
        case instruction
        case isStreamed, mostTokens, leastTokens, ignoresEnd
        /// Whether a stream tells its usage at the end, and whether in every frame.
        case includesUsage, countsInFrames
        /// The most tokens where a number below 1 means any.
        case mostTokensOrAny
        /// The name of the reply that this goes on from.
        case previous
    }

    /// A member that an API knows; every other is accepted and means nothing.
    struct Member {
        let name: StaticString
        var field: Field?
        /// The members of the object that it is.
        var members: [Member] = []

        init(_ name: StaticString, _ field: Field) { (self.name, self.field) = (name, field) }
        init(_ name: StaticString, _ members: [Member]) {
            (self.name, self.members) = (name, members)
        }
    }

    /// Why a body cannot be understood.
    enum Complaint: Equatable {
        case notJSON(JSONError)
        case notObject
        /// The member of this name has another type.
        case wrongType(String)
    }

    /// Empty where none was named.
    private(set) var model = ByteBuffer()
    /// The texts of all messages behind each other.
    private(set) var prompt = ByteBuffer()
    /// The latest message of the user within the prompt.
    private(set) var message = 0..<0
    /// How many messages of the user there are.
    private(set) var turn = 0
    private(set) var hasMessages = false
    private(set) var isStreamed: Bool?
    private(set) var mostTokens: Int?
    private(set) var leastTokens: Int?
    private(set) var ignoresEnd = false
    private(set) var includesUsage = false
    private(set) var countsInFrames = false
    /// Empty where none is referred to.
    private(set) var previous = ByteBuffer()
    private var wrong: String?

    /// Reads a body that says what `members` lists. Of a repeated member the last one counts, but
    /// all messages are taken.
    mutating func read(_ body: Span<UInt8>, _ members: [Member]) -> Complaint? {
        clear()
        var scanner = JSONScanner()
        do {
            let first = try scanner.next(in: body)
            guard first == .beginObject else {
                try scanner.skipRest(of: first, in: body)
                _ = try scanner.next(in: body)
                return .notObject
            }
            try readObject(members, body, &scanner)
            _ = try scanner.next(in: body)
        } catch {
            return .notJSON(error)
        }
        return wrong.map(Complaint.wrongType)
    }

    private mutating func clear() {
        model.clear()
        prompt.clear()
        previous.clear()
        (message, turn, hasMessages) = (0..<0, 0, false)
        (isStreamed, mostTokens, leastTokens, ignoresEnd) = (nil, nil, nil, false)
        (includesUsage, countsInFrames, wrong) = (false, false, nil)
    }

    /// Reads the members of an object that has begun.
    private mutating func readObject(
        _ members: [Member], _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        while case .key(let key) = try scanner.next(in: body) {
            guard let member = members.first(where: { key.equals($0.name, in: body) }) else {
                try scanner.skipValue(in: body)
                continue
            }
            let token = try scanner.next(in: body)
            if let field = member.field {
                guard try take(field, token, body, &scanner) else {
                    wrong = wrong ?? member.name.description
                    continue
                }
            } else if token == .beginObject {
                try readObject(member.members, body, &scanner)
            } else {
                try scanner.skipRest(of: token, in: body)
            }
        }
    }

    /// Takes a member's value; false when it has another type. Null is as good as missing.
    private mutating func take(
        _ field: Field, _ token: JSONToken, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) -> Bool {
        switch (field, token) {
        case (_, .null): break
        case (.model, .string(let text)):
            model.clear()
            text.append(to: &model, from: body)
        case (.messages, .string), (.messages, .beginArray):
            hasMessages = true
            try readMessages(token, body, &scanner)
        case (.instruction, .string), (.instruction, .beginArray), (.instruction, .beginObject):
            try readContent(token, body, &scanner)
        case (.isStreamed, .bool(let value)): isStreamed = value
        case (.ignoresEnd, .bool(let value)): ignoresEnd = value
        case (.includesUsage, .bool(let value)): includesUsage = value
        case (.countsInFrames, .bool(let value)): countsInFrames = value
        case (.mostTokens, .number(let range)):
            mostTokens = JSONNumber.integer(range, in: body)
            return mostTokens != nil
        case (.mostTokensOrAny, .number(let range)):
            let most = JSONNumber.integer(range, in: body)
            mostTokens = most.flatMap { $0 < 1 ? nil : $0 }
            return most != nil
        case (.previous, .string(let text)):
            previous.clear()
            text.append(to: &previous, from: body)
        case (.leastTokens, .number(let range)):
            leastTokens = JSONNumber.integer(range, in: body)
            return leastTokens != nil
        default:
            try scanner.skipRest(of: token, in: body)
            return false
        }
        return true
    }
}

/// Messages and what is in them.
extension GenerationRequest {
    /// Reads a list of messages, or a text that is the user's only one.
    private mutating func readMessages(
        _ token: JSONToken, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        guard token == .beginArray else { return try readUserText(token, body, &scanner) }
        while true {
            let element = try scanner.next(in: body)
            switch element {
            case .endArray: return
            case .beginObject: try readMessage(body, &scanner)
            case .string: try readUserText(element, body, &scanner)
            default: try scanner.skipRest(of: element, in: body)
            }
        }
    }

    private mutating func readUserText(
        _ token: JSONToken, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        let start = prompt.count
        try readContent(token, body, &scanner)
        hear(from: start)
    }

    /// Reads a message that has begun; one without a role is the user's.
    private mutating func readMessage(
        _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        let start = prompt.count
        var isUsers = true
        while case .key(let key) = try scanner.next(in: body) {
            let value = try scanner.next(in: body)
            if key.equals("role", in: body) {
                if case .string(let role) = value { isUsers = role.equals("user", in: body) }
                try scanner.skipRest(of: value, in: body)
            } else if Self.holdsText(key, body) {
                try readContent(value, body, &scanner)
            } else {
                try scanner.skipRest(of: value, in: body)
            }
        }
        if isUsers { hear(from: start) }
    }

    /// The prompt's end from `start` on is a message of the user.
    private mutating func hear(from start: Int) {
        turn += 1
        message = start..<prompt.count
    }

    /// Reads a text, or a list of parts or an object with texts in it, into the prompt.
    private mutating func readContent(
        _ token: JSONToken, _ body: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        switch token {
        case .string(let text): text.append(to: &prompt, from: body)
        case .beginArray:
            while true {
                let element = try scanner.next(in: body)
                if element == .endArray { return }
                try readContent(element, body, &scanner)
            }
        case .beginObject:
            while case .key(let key) = try scanner.next(in: body) {
                if Self.holdsText(key, body) {
                    try readContent(try scanner.next(in: body), body, &scanner)
                } else {
                    try scanner.skipValue(in: body)
                }
            }
        default: break
        }
    }

    /// Whether the member is one in which an API puts text: of a message, or of a part of one.
    private static func holdsText(_ key: JSONText, _ body: Span<UInt8>) -> Bool {
        key.equals("content", in: body) || key.equals("text", in: body)
            || key.equals("parts", in: body)
    }
}
