/// When what a connection received had arrived.
extension HTTPConnection {
    /// Takes note of bytes that were just read; when they had arrived.
    func note(_ count: Int, from stream: Stream) -> Nanoseconds {
        let read = origin.loop.clock()
        guard count > 0 else {
            timeline.readLate = nil
            return read
        }
        timeline.bytesIn += count
        let arrival = stream.arrival(readAt: read)
        let late = arrival.map { read - $0 }
        timeline.readLate = late.map { max($0, timeline.readLate ?? .zero) }
        guard timeline.firstByte == nil else { return arrival ?? read }
        timeline.firstByte = arrival ?? read
        if let late, stream.hasMerged(late: late) { timeline.mergedReads = 1 }
        return arrival ?? read
    }

    /// Takes note of interim responses that were just read, with whatever followed them: the final
    /// response's first byte is one after them.
    @inline(never)
    func noteInterims(_ arrived: Nanoseconds) {
        timeline.interimResponses = UInt16(clamping: parser.interims)
        timeline.firstByte = parser.hasBegun ? arrived : nil
        if !parser.hasBegun { timeline.mergedReads = 0 }
    }
}
