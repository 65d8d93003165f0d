import Networking

/// Which elements of a file belong to the same conversation, and in which order.
///
/// Eight bytes an element; while the file is opened, some forty for each that belongs to others.
struct ElementGroups: Sendable {
    /// The elements, conversation by conversation.
    private var order: [UInt32] = []
    /// Where each conversation begins in them.
    private var starts: [UInt32] = []

    /// The number of conversations.
    var count: Int { starts.count }

    /// The elements of a conversation.
    func elements(of conversation: Int) -> [Int] {
        let start = Int(starts[conversation])
        let end = conversation + 1 < starts.count ? Int(starts[conversation + 1]) : order.count
        return order[start..<end].map(Int.init)
    }

    /// Collects what belongs together.
    struct Builder {
        private struct Member {
            var key: UInt64
            var time: Nanoseconds
            var ordinal: UInt32
        }

        private var members: [Member] = []

        /// Puts an element into the conversation named `key`, within which elements are ordered by
        /// `time`, and by their place in the file where that is the same.
        mutating func add(_ ordinal: Int, key: UInt64, time: Nanoseconds) {
            members.append(Member(key: key, time: time, ordinal: UInt32(clamping: ordinal)))
        }

        /// The conversations of `count` elements, in the order of their first elements. Those that
        /// were not added are conversations of their own. Nil when all are.
        consuming func groups(of count: Int) -> ElementGroups? {
            if members.isEmpty { return nil }
            members.sort { ($0.key, $0.time, $0.ordinal) < ($1.key, $1.time, $1.ordinal) }
            // For each element the first of its conversation, and the one that comes after it.
            var leads = Array(repeating: true, count: count)
            var next = Array(repeating: UInt32.max, count: count)
            for (member, follower) in zip(members, members.dropFirst())
            where member.key == follower.key {
                leads[Int(follower.ordinal)] = false
                next[Int(member.ordinal)] = follower.ordinal
            }
            members = []
            var groups = ElementGroups()
            groups.order.reserveCapacity(count)
            for lead in 0..<count where leads[lead] {
                groups.starts.append(UInt32(clamping: groups.order.count))
                var element = UInt32(clamping: lead)
                while element != .max {
                    groups.order.append(element)
                    element = next[Int(element)]
                }
            }
            return groups
        }
    }
}
