import Base
import Networking

/// A request's failure in Botyard's terms.
struct BotyardError: Error, Equatable {
    var status: Int
    var message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}

/// Botyard's default configuration.
enum BotyardLimits {
    static let nickname = 3...32
    static let tokenLifetimeMinutes: Int64 = 10_080
    static let messageBytes = 4096
    /// Its largest file is also its largest body.
    static let bodyBytes = 26_214_400
    static let attachments = 10
    static let chatsPerBot = 10
    static let botName = 1...32
    /// The program gives up on a bot's webhook after this time.
    static let webhookTimeout = Nanoseconds.seconds(6)
}

struct BotyardCommand {
    var id: ULID
    var alias: String
    var description: String
}

struct BotyardBot {
    /// What a built-in bot answers; a bot that was made over the admin API answers for itself.
    enum Behaviour { case replies, echoes, external }

    var id: ULID
    var name: String
    var description = ""
    var avatar = ""
    var commands: [BotyardCommand] = []
    var behaviour = Behaviour.external
    /// The part of the bot's key behind the colon.
    var token: [UInt8] = []
}

struct BotyardMessage {
    var id: ULID
    /// Otherwise it is from the chat's user.
    var isFromBot: Bool
    /// Milliseconds since 1970.
    var timestamp: Int64
    var body: [UInt8]
    var attachments: [ULID] = []

    /// What it counts for in the store's budget, roughly its memory.
    var cost: Int { 96 + body.count + attachments.count * 16 }
}

/// A chat; confined to the server's loop like the store that owns it.
final class BotyardChat {
    let id: ULID
    let user: ULID
    /// As the client gave it: the program does not check that such a bot exists.
    let bot: String
    var messages: [BotyardMessage] = []
    /// Replies that its bot has begun, each in the chat at `due` (since 1970).
    var pending: [(due: Nanoseconds, body: [UInt8])] = []
    var turns = 0

    init(id: ULID, user: ULID, bot: String) {
        self.id = id
        self.user = user
        self.bot = bot
    }
}

/// An identifier of 128 bits that sorts by its creation (github.com/ulid/spec), written in 26
/// characters; Botyard writes them in lower case.
struct ULID: Hashable, Comparable {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    let value: UInt128

    static func < (left: ULID, right: ULID) -> Bool { left.value < right.value }

    init(value: UInt128) { self.value = value }

    /// The identifier written as `text`; nil unless it is written as this program writes it.
    init?(_ text: Span<UInt8>) {
        guard text.count == 26, text[0] <= UInt8(ascii: "7") else { return nil }
        var value: UInt128 = 0
        for index in 0..<26 {
            guard let digit = Self.alphabet.firstIndex(of: text[index]) else { return nil }
            value = value << 5 | UInt128(digit)
        }
        self.value = value
    }

    /// The identifier written as `text`.
    init?(text: String) { self.init(Array(text.utf8).span) }

    /// The 26 characters.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The 26 characters as bytes.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 26) { room, count in
            var rest = value
            for index in stride(from: 25, through: 0, by: -1) {
                room[index] = Self.alphabet[Int(rest & 31)]
                rest >>= 5
            }
            count = 26
        }
    }
}

/// Makes the identifiers of one run of the server: all have the time of its start and so the same
/// first ten characters, and each is greater than the one before.
struct ULIDFactory {
    private var last: UInt128
    private var random: SeededRandom

    /// The identifiers of a server started at `start` (since 1970).
    init(start: Nanoseconds, seed: UInt64) {
        random = SeededRandom(seed: seed, stream: 0x756c_6964)
        let milliseconds = UInt64(clamping: start.count / 1_000_000) & 0xFFFF_FFFF_FFFF
        // The entropy's highest bit stays clear: 2⁷⁹ divided by 2³² a step is room enough.
        let entropy = UInt128(random.next() >> 49) << 64 | UInt128(random.next())
        last = UInt128(milliseconds) << 80 | entropy
    }

    /// The next identifier.
    mutating func next() -> ULID {
        last &+= UInt128(random.next() >> 32) + 1
        return ULID(value: last)
    }
}
