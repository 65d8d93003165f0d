package import Base

/// Names a pending timer. Stays harmless after the timer has fired or was cancelled.
package struct TimerID: Equatable, Sendable {
    var slot: Int32
    var generation: UInt32
}

/// What a loop does when a timer is due.
enum TimerAction {
    /// Goes on with the user that sleeps.
    case resume(UnsafeContinuation<WakeReason, Never>)
    /// Tells the channel with this token that its watchdog has come round, if it is still there.
    case check(UInt64)
    case call(() -> Void)
}

/// Pending deadlines in a four-ary heap: adding and cancelling cost O(log n) with a small constant,
/// and timers with equal deadlines fire in the order they were added.
///
/// A slot per timer remembers where in the heap it stands; a generation tells a reused slot from
/// the timer it used to be.
struct TimerQueue {
    private struct Entry {
        var action: TimerAction?
        var generation: UInt32 = 0
        var place: Int32 = -1
    }

    private struct Node {
        var deadline: Nanoseconds
        var order: UInt64
        var slot: Int32

        func isBefore(_ other: Node) -> Bool {
            deadline == other.deadline ? order < other.order : deadline < other.deadline
        }
    }

    private var heap: [Node] = []
    private var entries: [Entry] = []
    private var freeSlots: [Int32] = []
    private var added: UInt64 = 0

    /// The number of pending timers.
    var count: Int { heap.count }

    /// The earliest deadline; `.never` when nothing is pending.
    var nextDeadline: Nanoseconds { heap.first?.deadline ?? .never }

    /// Adds a timer.
    mutating func add(at deadline: Nanoseconds, _ action: TimerAction) -> TimerID {
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = Int32(entries.count)
            entries.append(Entry())
        }
        entries[Int(slot)].action = action
        added += 1
        heap.append(Node(deadline: deadline, order: added, slot: slot))
        siftUp(heap.count - 1)
        return TimerID(slot: slot, generation: entries[Int(slot)].generation)
    }

    /// Takes a pending timer out and returns what it would have done; nil when it is gone already.
    mutating func cancel(_ timer: TimerID) -> TimerAction? {
        guard entries.indices.contains(Int(timer.slot)),
            entries[Int(timer.slot)].generation == timer.generation,
            entries[Int(timer.slot)].place >= 0
        else { return nil }
        return remove(at: Int(entries[Int(timer.slot)].place))
    }

    /// Takes the earliest timer out if it is due at `now`.
    mutating func popDue(_ now: Nanoseconds) -> TimerAction? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        return remove(at: 0)
    }

    private mutating func remove(at place: Int) -> TimerAction? {
        let slot = Int(heap[place].slot)
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            entries[Int(last.slot)].place = Int32(place)
            siftDown(place)
            siftUp(place)
        }
        let action = entries[slot].action
        entries[slot].action = nil
        entries[slot].place = -1
        entries[slot].generation &+= 1
        freeSlots.append(Int32(slot))
        return action
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        let node = heap[place]
        while place > 0 {
            let parent = (place - 1) / 4
            guard node.isBefore(heap[parent]) else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(node, at: place)
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        let node = heap[place]
        while true {
            let firstChild = place * 4 + 1
            guard firstChild < heap.count else { break }
            var smallest = firstChild
            for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, heap.count))
            where heap[child].isBefore(heap[smallest]) {
                smallest = child
            }
            guard heap[smallest].isBefore(node) else { break }
            put(heap[smallest], at: place)
            place = smallest
        }
        put(node, at: place)
    }

    private mutating func put(_ node: Node, at place: Int) {
        heap[place] = node
        entries[Int(node.slot)].place = Int32(place)
    }
}

/// Why a wait ended.
package enum WakeReason: Sendable, Equatable {
    /// What was waited for is there.
    case ready
    /// The deadline came first.
    case timedOut
    /// Somebody ended the wait.
    case cancelled
}

/// Lets one simulated user sleep on its loop, and lets others wake it early.
///
/// Confined to the loop's thread, like the user that owns it.
package final class CancellableSleep {
    private let loop: EventLoop
    private var timer: TimerID?

    /// A sleeper on `loop`.
    package init(loop: EventLoop) { self.loop = loop }

    /// Sleeps until the deadline; `.cancelled` when `wake` was called before. One sleep at a time.
    package func sleep(until deadline: Nanoseconds) async -> WakeReason {
        let wake = await withUnsafeContinuation { continuation in
            timer = loop.add(at: deadline, .resume(continuation))
        }
        timer = nil
        return wake
    }

    /// Ends the sleep that is under way, if any.
    package func wake() {
        guard let timer, case .resume(let continuation)? = loop.take(timer) else { return }
        continuation.resume(returning: .cancelled)
    }
}
