import Glibc

/// A pipe from a child, and what has come through it.
struct ChildPipe {
    private(set) var readEnd: Int32 = -1
    private(set) var writeEnd: Int32 = -1
    private var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isOpen: Bool { readEnd >= 0 }

    mutating func open() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Unavailable(what: "a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Takes what is there; at the end the pipe closes.
    mutating func readOnce() {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(readEnd, &room, room.count)
        if count > 0 { bytes += room[..<count] } else { closeReadEnd() }
    }

    mutating func closeReadEnd() {
        if readEnd >= 0 { close(readEnd) }
        readEnd = -1
    }

    mutating func closeWriteEnd() {
        close(writeEnd)
        writeEnd = -1
    }
}
