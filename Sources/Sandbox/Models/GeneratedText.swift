import Base
import Networking

/// Generated text: what an imitated model says, token by token.
///
/// Every token is four characters (Unicode scalars), so that the sandbox's estimate of a text's tokens
/// is their number. The text begins with what the imitated bots say to a message and goes on with
/// filler for as long as it has to.
struct GeneratedText {
    /// Characters of a token.
    static let width = 4

    private static let filler: StaticString = """
        The order left the warehouse this morning and should arrive within three days. You can \
        follow it with the number in the message we sent. If the parcel is damaged, keep the box \
        and send us a picture; we replace it at no cost. Returns are free for thirty days, and the \
        money is back on your card two days after we have the parcel. For anything else, write to \
        us here at any hour, and one of us will answer as soon as there is something to say. 
        """
    private static let fillerTokens = filler.utf8CodeUnitCount / width

    /// What comes before the filler, in whole tokens.
    private let lead: [UInt8]
    private var position = 0
    /// The filler's next token.
    private var next: Int

    /// The text that begins with `lead` and goes on from some place of the filler.
    init(lead: borrowing ByteBuffer, place: Int) {
        var lead = copy lead
        while lead.scalarCount % Self.width != 0 { lead.append(byte: UInt8(ascii: " ")) }
        self.lead = lead.bytes
        next = Int(UInt(bitPattern: place) % UInt(Self.fillerTokens))
    }

    /// Appends the next tokens, escaped for a JSON string.
    mutating func append(_ tokens: Int, to buffer: inout ByteBuffer) {
        for _ in 0..<max(tokens, 0) {
            if position < lead.count { appendLead(to: &buffer) } else { appendFiller(to: &buffer) }
        }
    }

    private mutating func appendLead(to buffer: inout ByteBuffer) {
        let start = position
        for _ in 0..<Self.width where position < lead.count {
            position += 1
            while position < lead.count, lead[position] & 0xC0 == 0x80 { position += 1 }
        }
        buffer.append(jsonEscaped: lead.span.extracting(start..<position))
    }

    /// Nothing in the filler has to be escaped.
    private mutating func appendFiller(to buffer: inout ByteBuffer) {
        let start = Self.filler.utf8Start + next * Self.width
        buffer.append(UnsafeBufferPointer(start: start, count: Self.width).span)
        next = next + 1 < Self.fillerTokens ? next + 1 : 0
    }
}
