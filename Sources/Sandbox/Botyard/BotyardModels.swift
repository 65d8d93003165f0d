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
    /// A reply that its bot has begun and that will be in the chat at `due` (since 1970).
    struct Pending {
        var due: Nanoseconds
        var body: [UInt8]
    }

    let id: ULID
    let user: ULID
    /// As the client gave it: the program does not check that such a bot exists.
    let bot: String
    var messages: [BotyardMessage] = []
    var pending: [Pending] = []
    var turns = 0

    init(id: ULID, user: ULID, bot: String) {
        self.id = id
        self.user = user
        self.bot = bot
    }
}
