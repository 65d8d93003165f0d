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
/// The table keeps channels alive until they are taken out. So a channel is not what is held outside,
/// but a part of it: with a weak reference each event, and each use of the channel, would cost more.
struct ChannelTable {
    /// A token that names no channel.
    static let noToken = UInt64.max

    private struct Slot {
        var channel: Channel?
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

    /// The channel that the token names, if it is still there.
    subscript(token: UInt64) -> Channel? {
        guard let index = index(of: token) else { return nil }
        return slots[index].channel
    }

    private func index(of token: UInt64) -> Int? {
        let index = Int(token & 0xFFFF_FFFF)
        guard slots.indices.contains(index), slots[index].generation == UInt32(token >> 32)
        else { return nil }
        return index
    }
}
