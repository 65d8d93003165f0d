import Base
import Networking

/// What the imitated bots say: a text that follows from the message, the turn and the seed, and
/// that takes up numbers and topics from the message so that captures and expectations find
/// something.
struct ReplyText {
    let seed: UInt64

    private static let longestExcerpt = 80
    private static let openings: [StaticString] = [
        "Thanks for your message. ", "Let me see. ", "Of course. ", "I am glad to help. ",
        "Good to hear from you. ", "Understood. ", "One moment, please. ",
        "Thank you for waiting. ",
    ]
    private static let closings: [StaticString] = [
        "", " Is there anything else?", " Please tell me if that is not what you meant.",
        " You will find the details in your account, and I keep an eye on it until it is done.",
    ]

    /// Appends the reply to `message` in turn number `turn` of its conversation.
    func append(to buffer: inout ByteBuffer, message bytes: [UInt8], turn: Int) {
        let message = bytes.span
        let number = Self.longestNumber(in: message)
        let mixed = hash(message, 0..<message.count) ^ UInt64(truncatingIfNeeded: turn)
        var random = SeededRandom(seed: mixed)
        let choice = random.next()
        if turn <= 1 { buffer.append(fixed: "Hello! ") }
        buffer.append(fixed: Self.openings[Int(choice & 7)])
        appendSubject(to: &buffer, message, number)
        buffer.append(fixed: Self.closings[Int(choice >> 3 & 3)])
        buffer.append(fixed: " (turn ")
        buffer.append(decimal: turn)
        buffer.append(fixed: ")")
    }

    private func appendSubject(
        to buffer: inout ByteBuffer, _ message: Span<UInt8>, _ number: Range<Int>
    ) {
        let isRefund = Self.mentions("refund", in: message)
        guard isRefund || !number.isEmpty else {
            buffer.append(fixed: "You said: ")
            buffer.append(message.extracting(0..<Self.excerptLength(of: message)))
            return
        }
        buffer.append(fixed: isRefund ? "The refund" : "The request")
        if !number.isEmpty {
            buffer.append(fixed: " for order ")
            buffer.append(message.extracting(number))
        }
        buffer.append(fixed: " is under way: ticket ")
        let ticket = number.isEmpty ? hash(message, 0..<message.count) : hash(message, number)
        buffer.append(decimal: Int(ticket % 900_000) + 100_000)
        buffer.append(fixed: ".")
    }

    /// FNV-1a with the seed mixed in: the same number always gets the same ticket.
    private func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
        for index in range {
            hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3
        }
        return hash ^ hash >> 29
    }

    /// The longest run of 3 to 20 digits, the first of several; empty when there is none.
    private static func longestNumber(in message: Span<UInt8>) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        while start < message.count {
            var end = start
            while end < message.count, message[end] &- 0x30 < 10 { end += 1 }
            if (3...20).contains(end - start), end - start > longest.count { longest = start..<end }
            start = end + 1
        }
        return longest
    }

    private static func mentions(_ word: StaticString, in message: Span<UInt8>) -> Bool {
        let length = word.utf8CodeUnitCount
        guard length > 0, message.count >= length else { return false }
        let first = word.utf8Start[0]
        for index in 0...(message.count - length) where message[index] | 0x20 == first {
            if message.equalsIgnoringCase(word, index..<index + length) { return true }
        }
        return false
    }

    /// As many bytes as make a short excerpt without cutting a character.
    private static func excerptLength(of message: Span<UInt8>) -> Int {
        guard message.count > longestExcerpt else { return message.count }
        var end = longestExcerpt
        while end > 0, message[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
