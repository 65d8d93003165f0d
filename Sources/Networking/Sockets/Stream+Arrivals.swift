/// When that which a stream has read had arrived at this machine.
extension Stream {
    /// From how late on a reading may have found several segments that waited for it: a machine that
    /// has nothing else to do reads within some tens of microseconds.
    private static let late = Nanoseconds.milliseconds(1)

    /// When the last byte of the latest reading arrived, by the kernel's stamp. Of several segments
    /// the kernel tells the last one's, so that is when whatever ended with it was over.
    ///
    /// - Parameter time: a time after that reading.
    /// - Returns: nil where the kernel gave no stamp, or one that does not lie after the reading
    ///   before, the request and before `time`.
    func arrival(readAt time: Nanoseconds) -> Nanoseconds? {
        guard let tls else { return readings.arrival(readAt: time) }
        return tls.readings.arrival(readAt: time)
    }

    /// Whether the first byte of the latest reading may have arrived well before its last: it was
    /// read late, and may have been several segments.
    ///
    /// Each segment with data is counted by the kernel. Where there are as many as readings, each
    /// of these was of one. It is asked on late readings only, so that one reading of several
    /// since the last time makes this say yes.
    @inline(never)
    private func mayHaveMerged() -> Bool {
        let received = loop.poller.segmentsReceived(descriptor)
        if let tls { return !tls.readings.wereOfOneSegment(received: received) }
        return !readings.wereOfOneSegment(received: received)
    }

    /// Whether a reading that was so late may have found several segments, the first of which had
    /// waited for the last.
    func hasMerged(late span: Nanoseconds) -> Bool { span > Self.late && mayHaveMerged() }

    /// A request leaves: nothing that arrived earlier is an answer to it.
    func expectNothing(before time: Nanoseconds) {
        if let tls {
            tls.readings.expectNothing(before: time)
        } else {
            readings.expectNothing(before: time)
        }
    }
}
