import Networking

/// How the messages of a file answer each other, so that each conversation can be put together from
/// its last message backwards.
///
/// Four bytes for each message and four for each conversation; while the file is opened, some thirty
/// more for each message.
struct MessageLinks: Sendable {
    /// The longest way from a first message to a last one; ends what runs in a circle, too.
    static let longestPath = 1_000

    private static let first = UInt32.max
    private static let unknown = UInt32.max - 1

    /// For each message the one it answers.
    private var parents: [UInt32] = []
    /// The messages that end a conversation.
    private var ends: [UInt32] = []

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

    /// Collects what a file's messages say of each other.
    struct Builder {
        private var ids: [(hash: UInt64, ordinal: UInt32)] = []
        private var parentIDs: [UInt64?] = []
        private var deleted: [Bool] = []

        /// Takes the next message: a line that is none counts as a conversation of its own, which is
        /// refused when it is read.
        mutating func add(_ bytes: Span<UInt8>) {
            let ordinal = UInt32(clamping: parentIDs.count)
            do throws(ScriptFault) {
                var parser = ForeignParser()
                try parser.beginObject("a message", in: bytes)
                let node = try parser.oasstMessage(in: bytes)
                if let id = node.id { ids.append((Self.hash(id, in: bytes), ordinal)) }
                parentIDs.append(node.parentID.map { Self.hash($0, in: bytes) })
                deleted.append(node.isDeleted)
            } catch {
                parentIDs.append(nil)
                deleted.append(false)
            }
        }

        private static func hash(_ id: JSONText, in bytes: Span<UInt8>) -> UInt64 {
            var hash = FNV1a()
            hash.add(words: bytes.extracting(id.range))
            return hash.value
        }

        /// The links, and how many messages are deleted or below one that is.
        consuming func links() -> (MessageLinks, deleted: Int) {
            var links = MessageLinks()
            ids.sort { $0 < $1 }
            links.parents = parentIDs.map { hash in
                guard let hash else { return MessageLinks.first }
                return ordinal(of: hash) ?? MessageLinks.unknown
            }
            parentIDs = []
            ids = []
            let gone = links.parents.indices.map { links.isGone($0, deleted) }
            var hasReply = Array(repeating: false, count: gone.count)
            for (index, parent) in links.parents.enumerated()
            where !gone[index] && parent < MessageLinks.unknown {
                hasReply[Int(parent)] = true
            }
            for index in gone.indices where !gone[index] && !hasReply[index] {
                links.ends.append(UInt32(clamping: index))
            }
            return (links, gone.count(where: \.self))
        }

        private func ordinal(of hash: UInt64) -> UInt32? {
            var (low, high) = (0, ids.count)
            while low < high {
                let middle = low + (high - low) / 2
                if ids[middle].hash < hash { low = middle + 1 } else { high = middle }
            }
            return low < ids.count && ids[low].hash == hash ? ids[low].ordinal : nil
        }
    }

    /// Whether a message or one above it is deleted.
    private func isGone(_ message: Int, _ deleted: [Bool]) -> Bool {
        var next = UInt32(clamping: message)
        for _ in 0..<Self.longestPath where next < Self.unknown {
            if deleted[Int(next)] { return true }
            next = parents[Int(next)]
        }
        return false
    }
}
