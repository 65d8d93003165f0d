import Base
import Networking

/// Botyard's users, bots, chats and messages, in memory.
///
/// Bounded: of users, some 200,000 used last are certainly kept; a chat keeps its last 3,000
/// messages or more; and when all chats together pass the budget, the ones made first go.
struct BotyardStore {
    private static let mostMessages = 4000
    private static let keptMessages = 3000
    private static let chatCost = 256

    private(set) var ids: ULIDFactory
    private(set) var bots: [BotyardBot] = []
    private var users = GenerationCache<ULID, String>(capacity: 200_000)
    private var chats: [ULID: BotyardChat] = [:]
    private var chatsOfUser: [ULID: [ULID]] = [:]
    /// Chats in the order they were made, deleted ones included until they come to the front.
    private var order: [ULID] = []
    private var firstInOrder = 0
    private var cost = 0
    private let budget: Int
    var files = BotyardFiles()

    /// A store with the built-in bots.
    init(start: Nanoseconds, seed: UInt64, budget: Int = 256 << 20) {
        ids = ULIDFactory(start: start, seed: seed)
        self.budget = budget
        addBuiltIn("Test bot", "Just testing bot.", .replies)
        addBuiltIn("Support bot", "Answers questions about orders and refunds.", .replies)
        addBuiltIn("Echo bot", "Says what you say.", .echoes)
    }

    /// The next identifier.
    mutating func makeID() -> ULID { ids.next() }

    // MARK: Bots

    /// Where the bot with this id stands in `bots`.
    func botIndex(_ id: String) -> Int? {
        guard let id = ULID(text: id) else { return nil }
        return bots.firstIndex { $0.id == id }
    }

    /// Adds a bot that answers for itself.
    ///
    /// - Throws: when the name is not allowed or taken, or there are too many.
    mutating func addBot(
        name: String, description: String, avatar: String
    ) throws(BotyardError) -> BotyardBot {
        try checkBotName(name)
        guard bots.count < 1000 else { throw BotyardError(500, "Can't save bot to database.") }
        var bot = BotyardBot(id: makeID(), name: name, description: description, avatar: avatar)
        bot.token = makeID().bytes
        bots.append(bot)
        return bot
    }

    /// - Throws: when the name is not allowed or another bot has it.
    func checkBotName(_ name: String) throws(BotyardError) {
        let isAllowed = name.utf8.allSatisfy(\.isBotyardName)
        guard isAllowed, BotyardLimits.botName.contains(name.utf8.count) else {
            throw BotyardError(
                400,
                "Bot name should contain only upper/lower case English letters, spaces, dashes and "
                    + "numbers, at most 32.")
        }
        if bots.contains(where: { $0.name == name }) {
            throw BotyardError(400, "Bot with this name already exists.")
        }
    }

    mutating func updateBot(at index: Int, _ change: (inout BotyardBot) -> Void) {
        if bots.indices.contains(index) { change(&bots[index]) }
    }

    mutating func removeBot(at index: Int) {
        if bots.indices.contains(index) { bots.remove(at: index) }
    }

    private mutating func addBuiltIn(
        _ name: String, _ description: String, _ behaviour: BotyardBot.Behaviour
    ) {
        var bot = BotyardBot(
            id: makeID(), name: name, description: description, behaviour: behaviour)
        bot.commands = [
            BotyardCommand(
                id: makeID(), alias: "start", description: "Start a new conversation."),
            BotyardCommand(id: makeID(), alias: "help", description: "Show usage guide."),
        ]
        bot.token = makeID().bytes
        bots.append(bot)
    }

    // MARK: Users

    mutating func addUser(nickname: String) -> ULID {
        let id = makeID()
        _ = users.update(id, initial: nickname) { _ in }
        return id
    }

    mutating func nickname(of user: ULID) -> String? { users.value(for: user) }

    // MARK: Chats

    /// Makes a chat; old ones go when the budget is used up.
    mutating func addChat(user: ULID, bot: String) -> BotyardChat {
        let chat = BotyardChat(id: makeID(), user: user, bot: bot)
        chats[chat.id] = chat
        chatsOfUser[user, default: []].append(chat.id)
        order.append(chat.id)
        cost += Self.chatCost + bot.utf8.count
        stayWithinBudget(keeping: chat.id)
        return chat
    }

    func chat(_ id: ULID) -> BotyardChat? { chats[id] }

    /// A user's chats, with one bot or with all, in the order they were made.
    func chats(of user: ULID, bot: String?) -> [BotyardChat] {
        (chatsOfUser[user] ?? []).compactMap { chats[$0] }.filter { bot == nil || $0.bot == bot }
    }

    mutating func removeChat(_ id: ULID) {
        guard let chat = chats.removeValue(forKey: id) else { return }
        cost -= chat.messages.reduce(Self.chatCost + chat.bot.utf8.count) { $0 + $1.cost }
        cost -= chat.pending.reduce(0) { $0 + $1.body.count }
        chatsOfUser[chat.user]?.removeAll { $0 == id }
        if chatsOfUser[chat.user]?.isEmpty == true { chatsOfUser[chat.user] = nil }
    }

    private mutating func stayWithinBudget(keeping kept: ULID) {
        while cost > budget, firstInOrder < order.count, order[firstInOrder] != kept {
            removeChat(order[firstInOrder])
            firstInOrder += 1
        }
        guard order.count > 2 * chats.count + 4096 else { return }
        order = order[firstInOrder...].filter { chats[$0] != nil }
        firstInOrder = 0
    }

    // MARK: Messages

    /// Adds a message to the chat at the time `now`, behind all replies due before.
    mutating func addMessage(
        to chat: BotyardChat, isFromBot: Bool, body: [UInt8], attachments: [ULID],
        at now: Nanoseconds
    ) -> BotyardMessage {
        deliver(in: chat, at: now)
        let message = append(
            to: chat, isFromBot: isFromBot, body: body, attachments: attachments, at: now)
        stayWithinBudget(keeping: chat.id)
        return message
    }

    /// Has a bot's reply appear in the chat at `due`.
    mutating func addReply(to chat: BotyardChat, body: [UInt8], due: Nanoseconds) {
        cost += body.count
        let place = chat.pending.firstIndex { $0.due > due } ?? chat.pending.endIndex
        chat.pending.insert((due, body), at: place)
    }

    /// Puts the replies that are due into the chat, each with its own time.
    mutating func deliver(in chat: BotyardChat, at now: Nanoseconds) {
        while let reply = chat.pending.first, reply.due <= now {
            chat.pending.removeFirst()
            cost -= reply.body.count
            _ = append(
                to: chat, isFromBot: true, body: reply.body, attachments: [], at: reply.due)
        }
    }

    private mutating func append(
        to chat: BotyardChat, isFromBot: Bool, body: [UInt8], attachments: [ULID],
        at time: Nanoseconds
    ) -> BotyardMessage {
        let message = BotyardMessage(
            id: makeID(), isFromBot: isFromBot, timestamp: time.count / 1_000_000, body: body,
            attachments: attachments)
        chat.messages.append(message)
        cost += message.cost
        if chat.messages.count > Self.mostMessages {
            let surplus = chat.messages.count - Self.keptMessages
            cost -= chat.messages.prefix(surplus).reduce(0) { $0 + $1.cost }
            chat.messages.removeFirst(surplus)
        }
        return message
    }
}

extension UInt8 {
    /// Whether nicknames and bot names may hold it: `^[A-Za-z0-9 -]+$`.
    var isBotyardName: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased)
            || self == UInt8(ascii: " ") || self == UInt8(ascii: "-")
    }
}
