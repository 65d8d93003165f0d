/// Readings of one socket: what tells when that which was read had arrived, and whether it may have
/// been several segments.
struct SocketReadings {
    /// When the last byte of the latest reading arrived, by the kernel's stamp; `never` where it
    /// has none, or one that cannot be.
    private var stamp = Nanoseconds.never
    /// What is read next cannot have arrived before this: a reading had emptied the socket then, or
    /// the request that it answers was not yet on its way.
    private var earliest = Nanoseconds.zero
    /// Segments less readings when they were last compared, and the readings since; modulo 2³².
    private var segments: UInt32 = 0
    private var readings: UInt32 = 0

    /// Something was read.
    ///
    /// - Parameters:
    ///   - arrival: the kernel's stamp, if it gave one.
    ///   - isShort: whether there was less than room for, so that the socket is empty.
    ///   - tick: a time before the reading.
    @inline(__always)
    mutating func note(_ arrival: Nanoseconds?, isShort: Bool, in tick: Nanoseconds) {
        stamp = .never
        if let arrival, arrival >= earliest { stamp = arrival }
        if isShort {
            readings &+= 1
            earliest = max(earliest, tick)
        } else if stamp != .never {
            earliest = stamp
        }
    }

    /// A request leaves, to which nothing that came before is an answer.
    mutating func expectNothing(before time: Nanoseconds) { earliest = max(earliest, time) }

    /// When the last byte of the latest reading arrived; nil where the kernel does not say, or says
    /// what cannot be: its clock, the wall's, was set meanwhile.
    func arrival(readAt time: Nanoseconds) -> Nanoseconds? { stamp <= time ? stamp : nil }

    /// Whether each reading since the last call was of one segment, for all that is known.
    ///
    /// - Parameter received: the segments that have come since the connection was opened, where
    ///   somebody counts them.
    mutating func wereOfOneSegment(received: UInt32?) -> Bool {
        guard let received else { return false }
        defer { (segments, readings) = (received, 0) }
        return received &- segments == readings
    }
}
