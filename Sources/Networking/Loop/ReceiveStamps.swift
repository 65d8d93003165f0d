import Base
import Glibc
import LinuxSystem

/// Receive stamps of the kernel (`SO_TIMESTAMPNS`, socket(7)): when the last of the bytes that a
/// read returns arrived at this machine, however late they are read. Confined to a loop's thread.
///
/// The kernel stamps with the wall clock. What that is on the monotonic clock is found out once a
/// tick, and only in ticks that read something. A wall clock that is set puts stamps wrong that are
/// read in the same tick or had been waiting; whoever uses one checks it against what is known of
/// its socket.
struct ReceiveStamps: ~Copyable {
    /// Wall clock less monotonic clock; nil where it has to be looked at again.
    private var offset: Nanoseconds?
    private let message: UnsafeMutablePointer<msghdr>
    private let piece: UnsafeMutablePointer<iovec>
    private let control: UnsafeMutableRawPointer
    /// The stamp of the latest read that returned bytes, on the monotonic clock.
    private(set) var latest: Nanoseconds?

    /// `SO_TIMESTAMPNS`, and the kind of message that carries the stamp (asm-generic/socket.h).
    private static let option: Int32 = 35
    /// The message's header and a `timespec`.
    private static let controlSize = MemoryLayout<cmsghdr>.size + MemoryLayout<timespec>.size
    /// Two readings of the clock so close say well enough when what lies between them was.
    private static let closeEnough = Nanoseconds.microseconds(5)
    private static let attempts = 4

    init() {
        message = .allocate(capacity: 1)
        message.initialize(to: msghdr())
        piece = .allocate(capacity: 1)
        piece.initialize(to: iovec())
        control = .allocate(byteCount: Self.controlSize, alignment: 8)
        message.pointee.msg_iov = piece
        message.pointee.msg_iovlen = 1
        message.pointee.msg_control = control
    }

    deinit {
        message.deallocate()
        piece.deallocate()
        control.deallocate()
    }

    /// Has a socket stamp what arrives; where it refuses, no read has a stamp.
    static func request(on descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, option, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// `recv`, which takes note of the stamp.
    @inline(__always)
    mutating func receive(
        from descriptor: Int32, into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        piece.pointee.iov_base = room.baseAddress
        piece.pointee.iov_len = room.count
        message.pointee.msg_controllen = Self.controlSize
        let count = recvmsg(descriptor, message, 0)
        if count > 0 { latest = stamp }
        return count
    }

    /// The next stamp is turned with an offset that is looked at then.
    mutating func forgetOffset() { offset = nil }

    private var stamp: Nanoseconds? {
        mutating get {
            guard message.pointee.msg_controllen >= Self.controlSize else { return nil }
            let header = control.assumingMemoryBound(to: cmsghdr.self).pointee
            guard header.cmsg_level == SOL_SOCKET, header.cmsg_type == Self.option else {
                return nil
            }
            let time = control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: timespec.self)
            return Nanoseconds(time) - currentOffset()
        }
    }

    private mutating func currentOffset() -> Nanoseconds {
        if let offset { return offset }
        let offset = Self.lookAtOffset()
        self.offset = offset
        return offset
    }

    /// Whoever is held up between two clocks compares two moments, so that is tried again.
    private static func lookAtOffset() -> Nanoseconds {
        var best = (width: Nanoseconds.never, offset: Nanoseconds.zero)
        for _ in 0..<attempts where best.width > closeEnough {
            let before = Nanoseconds.reading(CLOCK_MONOTONIC)
            let wall = Nanoseconds.reading(CLOCK_REALTIME)
            let width = Nanoseconds.reading(CLOCK_MONOTONIC) - before
            if width < best.width { best = (width, wall - before) }
        }
        return best.offset
    }
}

extension Nanoseconds {
    @inline(__always)
    init(_ time: timespec) {
        self.init(Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
