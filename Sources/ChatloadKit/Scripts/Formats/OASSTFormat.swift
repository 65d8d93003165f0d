import Base

/// The exports of Open Assistant (LAION-AI/Open-Assistant, `oasst-data/README.md`): messages that
/// answer each other, one a line; threads, each with its messages in order; or trees, each with its
/// replies inside each other. A conversation is a way from a first message to a last one; what was
/// deleted, and what is below it, is in none.
enum OASSTFormat {
    /// One message of a file of messages.
    static func readMessage(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        try parser.beginObject("a message", in: bytes)
        let node = try parser.oasstMessage(in: bytes)
        try parser.end(in: bytes)
        add(node, to: &dialogue, in: bytes)
    }

    /// A thread, up to its first deleted message.
    static func readThread(_ bytes: Span<UInt8>, into dialogue: inout Dialogue) throws(Fault) {
        var parser = ForeignParser()
        var hasMessages = false
        var id: String?
        var isCut = false
        try parser.beginObject("a thread", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("thread", in: bytes) {
                try parser.beginArray("thread", in: bytes)
                while try parser.nextObject("a message", in: bytes) {
                    let node = try parser.oasstMessage(in: bytes)
                    isCut = isCut || node.isDeleted
                    if isCut {
                        dialogue.omissions.add(.deletedMessage)
                    } else {
                        add(node, to: &dialogue, in: bytes)
                    }
                }
                hasMessages = true
            } else if key.equals("thread_id", in: bytes) {
                id = try parser.name(in: bytes)
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        if !hasMessages { throw Fault("there is no \"thread\" in this object") }
        dialogue.id = id
    }

    /// One way through a tree, by its number.
    static func readTree(
        _ bytes: Span<UInt8>, branch: Int, into dialogue: inout Dialogue
    ) throws(Fault) {
        let tree = try OASSTTree(reading: bytes)
        guard branch < tree.leaves.count else {
            throw Fault("the tree has changed since it was looked at")
        }
        var path: [Int] = []
        var next: Int? = tree.leaves[branch]
        while let index = next {
            path.append(index)
            next = tree.nodes[index].parent
        }
        for index in path.reversed() { add(tree.nodes[index], to: &dialogue, in: bytes) }
    }

    /// The last message's id becomes the conversation's.
    private static func add(_ node: OASSTNode, to dialogue: inout Dialogue, in bytes: Span<UInt8>) {
        dialogue.id = node.id.flatMap { Dialogue.name($0.string(in: bytes)) }
        dialogue.add(
            TranscriptMessage(role: node.role ?? .user, text: node.text?.string(in: bytes) ?? ""))
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
    /// Whether some message that is not deleted answers it.
    var hasReply = false

    /// The message, which must have a role.
    func checked(at brace: Int) throws(Fault) -> OASSTNode {
        if role == nil { throw Fault("a message needs a \"role\"", offset: brace) }
        return self
    }
}

/// A tree taken apart.
struct OASSTTree {
    /// Its messages, each behind the one it answers.
    private(set) var nodes: [OASSTNode] = []
    /// The messages that end a conversation.
    private(set) var leaves: [Int] = []

    /// Messages that are deleted or below one that is.
    private(set) var deleted = 0

    /// Reads a line; texts are not looked at.
    init(reading bytes: Span<UInt8>) throws(Fault) {
        var parser = ForeignParser()
        var hasPrompt = false
        try parser.beginObject("a tree", in: bytes)
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("prompt", in: bytes) {
                try parser.beginObject("prompt", in: bytes)
                try read(&parser, below: nil, in: bytes)
                hasPrompt = true
            } else {
                try parser.skipValue(in: bytes)
            }
        }
        try parser.end(in: bytes)
        if !hasPrompt { throw Fault("there is no \"prompt\" in this object") }
        prune()
    }

    /// The message whose brace was just read, and all below it.
    private mutating func read(
        _ parser: inout ForeignParser, below parent: Int?, in bytes: Span<UInt8>
    ) throws(Fault) {
        let index = nodes.count
        let brace = max(parser.scanner.position - 1, 0)
        nodes.append(OASSTNode(parent: parent))
        while let key = try parser.nextKey(in: bytes) {
            if key.equals("replies", in: bytes) {
                try parser.beginArray("replies", in: bytes)
                while try parser.nextObject("a message", in: bytes) {
                    try read(&parser, below: index, in: bytes)
                }
            } else {
                try parser.oasstMember(key, of: &nodes[index], in: bytes)
            }
        }
        nodes[index] = try nodes[index].checked(at: brace)
    }

    private mutating func prune() {
        for index in nodes.indices {
            if let parent = nodes[index].parent, nodes[parent].isDeleted {
                nodes[index].isDeleted = true
            }
            if nodes[index].isDeleted {
                deleted += 1
            } else if let parent = nodes[index].parent {
                nodes[parent].hasReply = true
            }
        }
        leaves = nodes.indices.filter { !nodes[$0].isDeleted && !nodes[$0].hasReply }
    }
}

extension ForeignParser {
    /// The message whose brace was just read; replies inside it are passed over.
    mutating func oasstMessage(in bytes: Span<UInt8>) throws(Fault) -> OASSTNode {
        let brace = max(scanner.position - 1, 0)
        var node = OASSTNode()
        while let key = try nextKey(in: bytes) { try oasstMember(key, of: &node, in: bytes) }
        return try node.checked(at: brace)
    }

    /// The value of a message's key, which was just read.
    mutating func oasstMember(
        _ key: JSONText, of node: inout OASSTNode, in bytes: Span<UInt8>
    ) throws(Fault) {
        if key.equals("role", in: bytes) {
            node.role = try role(key, in: bytes)
        } else if key.equals("text", in: bytes) {
            node.text = try text("text", in: bytes)
        } else if key.equals("message_id", in: bytes) {
            node.id = try text("message_id", in: bytes)
        } else if key.equals("parent_id", in: bytes) {
            node.parentID = try text("parent_id", in: bytes)
        } else if key.equals("deleted", in: bytes) {
            let token = try next(in: bytes)
            node.isDeleted = token == .bool(true)
            try skipRest(of: token, in: bytes)
        } else {
            try skipValue(in: bytes)
        }
    }
}
