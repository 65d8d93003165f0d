/// Something that a descriptor's readiness is delivered to.
package class Channel {
    init() {}

    func ready(_ readiness: Readiness) {
        preconditionFailure("BUG: a channel does not handle its readiness")
    }

    /// The timer that guards the channel's waits has come round.
    func watchdogFired() {}
}

/// The channels of one loop by token. A token packs a slot with the slot's generation, so an event
/// that arrives late for a closed channel is recognised and dropped.
///
/// The table does not keep channels alive: one that nobody holds any more takes itself out and
/// closes its descriptor. The references are weak rather than unowned because the last holder may
/// let go on another thread, a moment before the loop hears of it.
struct ChannelTable {
    /// A token that names no channel.
    static let noToken = UInt64.max

    private struct Slot {
        weak var channel: Channel?
        var generation: UInt32 = 0
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    mutating func insert(_ channel: Channel) -> UInt64 {
        let index: Int
        if let reused = free.popLast() {
            index = reused
        } else {
            index = slots.count
            slots.append(Slot())
        }
        slots[index].channel = channel
        return UInt64(slots[index].generation) << 32 | UInt64(index)
    }

    mutating func remove(_ token: UInt64) {
        guard let index = index(of: token) else { return }
        slots[index].channel = nil
        slots[index].generation &+= 1
        free.append(index)
    }

    /// The channel that the token names, if it is still there. Call it outside of any access to the
    /// table: this may be its last reference, and then it takes itself out.
    subscript(token: UInt64) -> Channel? { index(of: token).flatMap { slots[$0].channel } }

    private func index(of token: UInt64) -> Int? {
        let index = Int(token & 0xFFFF_FFFF)
        guard slots.indices.contains(index), slots[index].generation == UInt32(token >> 32)
        else { return nil }
        return index
    }
}
