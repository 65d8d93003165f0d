/// Something that a descriptor's readiness is delivered to.
package class Channel {
    init() {}

    func ready(_ readiness: Readiness) {
        preconditionFailure("BUG: a channel does not handle its readiness")
    }
}

/// The channels of one loop by token. A token packs a slot with the slot's generation, so an event
/// that arrives late for a closed channel is recognised and dropped.
struct ChannelTable {
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

    func deliver(_ event: ReadyEvent) {
        guard let index = index(of: event.token) else { return }
        slots[index].channel?.ready(event.readiness)
    }

    private func index(of token: UInt64) -> Int? {
        let index = Int(token & 0xFFFF_FFFF)
        guard slots.indices.contains(index), slots[index].channel != nil,
            slots[index].generation == UInt32(token >> 32)
        else { return nil }
        return index
    }
}
