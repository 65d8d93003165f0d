import Base

/// The exports of Open Assistant (LAION-AI/Open-Assistant, `oasst-data/README.md`): messages that
/// answer each other, one a line; threads, each with its messages in order; or trees, each with its
/// replies inside each other. A conversation is a way from a first message to a last one; what was
/// deleted, and what is below it, is in none.
extension ElementParser {
    /// One message of a file of messages.
    mutating func readOASSTMessage(into dialogue: inout Dialogue) throws(Fault) {
        try beginObject("a message")
        let node = try oasstMessage()
        try end()
        add(node, to: &dialogue)
    }

    /// A thread, up to its first deleted message.
    mutating func readOASSTThread(into dialogue: inout Dialogue) throws(Fault) {
        var hasMessages = false
        var id: String?
        try beginObject("a thread")
        while let key = try nextKey() {
            switch key {
            case "thread":
                try beginArray(key)
                try restOfThread(into: &dialogue)
                hasMessages = true
            case "thread_id": id = try name()
            default: try skipValue()
            }
        }
        try end()
        if !hasMessages { throw Fault("there is no \"thread\" in this object") }
        dialogue.id = id
    }

    private mutating func restOfThread(into dialogue: inout Dialogue) throws(Fault) {
        while try nextObject("a message") {
            let node = try oasstMessage()
            if node.isDeleted || dialogue.omissions[.deletedMessage] > 0 {
                dialogue.omissions.add(.deletedMessage)
            } else {
                add(node, to: &dialogue)
            }
        }
    }

    /// One way through a tree, by its number.
    mutating func readOASSTTree(branch: Int, into dialogue: inout Dialogue) throws(Fault) {
        let (nodes, leaves) = try oasstTree()
        guard branch < leaves.count else {
            throw Fault("the tree has changed since it was looked at")
        }
        var path: [Int] = []
        var next: Int? = leaves[branch]
        while let index = next {
            path.append(index)
            next = nodes[index].parent
        }
        for index in path.reversed() { add(nodes[index], to: &dialogue) }
    }

    /// The last message's id becomes the conversation's.
    private func add(_ node: OASSTNode, to dialogue: inout Dialogue) {
        dialogue.id = node.id.flatMap { Dialogue.name($0.string(in: bytes.span)) }
        dialogue.add(
            TranscriptMessage(
                role: node.role ?? .user, text: node.text?.string(in: bytes.span) ?? ""))
    }

    /// The message whose brace was just read; replies inside it are passed over.
    private mutating func oasstMessage() throws(Fault) -> OASSTNode {
        let brace = max(scanner.position - 1, 0)
        var node = OASSTNode()
        while let key = try nextKey() { try oasstMember(key, of: &node) }
        return try node.checked(at: brace)
    }

    /// The value of a message's key, which was just read.
    private mutating func oasstMember(_ key: String, of node: inout OASSTNode) throws(Fault) {
        switch key {
        case "role": node.role = try role(key)
        case "text": node.text = try text(key)
        case "message_id": node.id = try text(key)
        case "parent_id": node.parentID = try text(key)
        case "deleted":
            let token = try next()
            node.isDeleted = token == .bool(true)
            try skipRest(of: token)
        default: try skipValue()
        }
    }
}

/// Trees.
extension ElementParser {
    /// A tree taken apart, its texts not looked at: its messages, each behind the one it answers and
    /// deleted with that, and which of them end a conversation.
    mutating func oasstTree() throws(Fault) -> (nodes: [OASSTNode], leaves: [Int]) {
        var nodes: [OASSTNode] = []
        var hasPrompt = false
        try beginObject("a tree")
        while let key = try nextKey() {
            if key == "prompt" {
                try beginObject(key)
                try readBranches(into: &nodes, below: nil)
                hasPrompt = true
            } else {
                try skipValue()
            }
        }
        try end()
        if !hasPrompt { throw Fault("there is no \"prompt\" in this object") }
        var leaves = Set(nodes.indices)
        for index in nodes.indices {
            if let parent = nodes[index].parent {
                if nodes[parent].isDeleted { nodes[index].isDeleted = true }
                if !nodes[index].isDeleted { leaves.remove(parent) }
            }
            if nodes[index].isDeleted { leaves.remove(index) }
        }
        return (nodes, leaves.sorted())
    }

    /// The message whose brace was just read, and all below it.
    private mutating func readBranches(
        into nodes: inout [OASSTNode], below parent: Int?
    ) throws(Fault) {
        let index = nodes.count
        let brace = max(scanner.position - 1, 0)
        nodes.append(OASSTNode(parent: parent))
        while let key = try nextKey() {
            if key == "replies" {
                try beginArray(key)
                while try nextObject("a message") { try readBranches(into: &nodes, below: index) }
            } else {
                try oasstMember(key, of: &nodes[index])
            }
        }
        nodes[index] = try nodes[index].checked(at: brace)
    }
}

/// A message of Open Assistant as offsets into its line.
struct OASSTNode {
    var role: TranscriptMessage.Role?
    var text: JSONText?
    var id: JSONText?
    var parentID: JSONText?
    var isDeleted = false
    /// The message it answers, as a place in its tree.
    var parent: Int?

    /// The message, which must have a role.
    func checked(at brace: Int) throws(Fault) -> OASSTNode {
        if role == nil { throw Fault("a message needs a \"role\"", offset: brace) }
        return self
    }
}

/// How the messages of a file answer each other, so that each conversation can be put together from
/// its last message backwards.
///
/// Four bytes for each message and four for each conversation; while the file is opened, some fifty
/// more for each message.
struct MessageLinks: Sendable {
    /// What a message says of others: hashes of its own name and of the one it answers.
    typealias Message = (id: UInt64?, parent: UInt64?, isDeleted: Bool)

    /// The longest way from a first message to a last one; ends what runs in a circle, too.
    static let longestPath = 1_000

    private static let first = UInt32.max
    private static let unknown = UInt32.max - 1

    /// For each message the one it answers.
    private var parents: [UInt32] = []
    /// The messages that end a conversation.
    private var ends: [UInt32] = []
    /// How many messages are deleted or below one that is.
    private(set) var deleted = 0

    /// The links of a file's messages, in its order.
    init(of messages: [Message]) {
        var ids: [(hash: UInt64, ordinal: UInt32)] = []
        for (ordinal, message) in messages.enumerated() {
            if let id = message.id { ids.append((id, UInt32(clamping: ordinal))) }
        }
        ids.sort { $0 < $1 }
        parents = messages.map { message in
            guard let parent = message.parent else { return Self.first }
            let index = ids.partitioningIndex { $0.hash >= parent }
            return index < ids.count && ids[index].hash == parent
                ? ids[index].ordinal : Self.unknown
        }
        let gone = messages.indices.map { isGone($0, messages) }
        var hasReply = Array(repeating: false, count: gone.count)
        for (index, parent) in parents.enumerated() where !gone[index] && parent < Self.unknown {
            hasReply[Int(parent)] = true
        }
        ends = gone.indices.filter { !gone[$0] && !hasReply[$0] }.map { UInt32(clamping: $0) }
        deleted = gone.count(where: \.self)
    }

    /// Whether a message or one above it is deleted.
    private func isGone(_ message: Int, _ messages: [Message]) -> Bool {
        var next = UInt32(clamping: message)
        for _ in 0..<Self.longestPath where next < Self.unknown {
            if messages[Int(next)].isDeleted { return true }
            next = parents[Int(next)]
        }
        return false
    }

    /// The number of conversations.
    var count: Int { ends.count }

    /// The messages of a conversation, in their order; nil when the first of them is not there.
    func path(of conversation: Int) -> [Int]? {
        var path: [Int] = []
        var next = ends[conversation]
        while next != Self.first {
            guard next != Self.unknown, path.count < Self.longestPath else { return nil }
            path.append(Int(next))
            next = parents[Int(next)]
        }
        return path.reversed()
    }

    /// The last message of a conversation.
    func end(of conversation: Int) -> Int { Int(ends[conversation]) }
}

extension ElementParser {
    /// What a line of messages says of others: nothing where it is none, so that it counts as a
    /// conversation of its own, which is refused when it is read.
    mutating func oasstLink() -> MessageLinks.Message {
        do throws(Fault) {
            try beginObject("a message")
            let node = try oasstMessage()
            let (id, parent) = (node.id.map(hash), node.parentID.map(hash))
            return (id, parent, node.isDeleted)
        } catch {
            return (nil, nil, false)
        }
    }

    private func hash(of text: JSONText) -> UInt64 {
        FNV1a.hash(ofWords: bytes.span.extracting(text.range))
    }
}
