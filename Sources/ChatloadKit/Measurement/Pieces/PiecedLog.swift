import Glibc

/// One log of a run that is being written. Before it would grow beyond its limit it becomes an
/// earlier piece, under the next number, and a new one begins with the header.
struct PiecedLog {
    private let folder: String
    private let name: String
    private let header: [UInt8]
    private let limit: Int
    /// Whether what is closed must be put on the disk, by whoever takes `unsynced`.
    private let isSynced: Bool
    /// The number of the latest earlier piece.
    private(set) var pieces = 0
    /// The piece that is being written.
    private(set) var descriptor: Int32
    private var size = 0
    /// Earlier pieces, still open, that may not be on the disk yet.
    private var unsynced: [Int32] = []

    private var path: String { "\(folder)/\(name)" }

    /// A new log with its header.
    init(
        creating name: String, in folder: String, header: [UInt8], limit: Int?,
        isSynced: Bool = false
    ) throws(LogComplaint) {
        self.folder = folder
        self.name = name
        self.header = header
        self.limit = limit ?? .max
        self.isSynced = isSynced
        descriptor = try RunFiles.create("\(folder)/\(name)")
        try RunFiles.write(header, to: descriptor, path: path)
        size = header.count
    }

    /// The last piece of a log, behind its first `size` bytes; what comes after them is cut off.
    init(
        resuming log: LogPieces, size: Int, header: [UInt8], limit: Int?, isSynced: Bool = false
    ) throws(LogComplaint) {
        folder = log.folder
        name = log.name
        self.header = header
        self.limit = limit ?? .max
        self.isSynced = isSynced
        pieces = log.highest
        descriptor =
            log.hasLast
            ? try RunFiles.open(appending: log.last, behind: size) : try RunFiles.create(log.last)
        self.size = log.hasLast ? size : 0
        if self.size == 0 {
            try RunFiles.write(header, to: descriptor, path: path)
            self.size = header.count
        }
    }

    /// A file that is open already and is never cut.
    init(_ descriptor: Int32, name: String) {
        folder = ""
        self.name = name
        header = []
        limit = .max
        isSynced = false
        self.descriptor = descriptor
    }

    /// Makes sure that the file which is being written can still be found.
    func requireName() throws(LogComplaint) {
        try RunFiles.requireName(of: descriptor, path: path)
    }

    /// Appends whole rows.
    mutating func write(_ rows: [UInt8]) throws(LogComplaint) {
        if size > header.count, size + rows.count > limit { try beginPiece() }
        try RunFiles.write(rows, to: descriptor, path: path)
        size += rows.count
    }

    /// Hands over the earlier pieces that are to be put on the disk and closed.
    mutating func takeUnsynced() -> [Int32] {
        defer { unsynced = [] }
        return unsynced
    }

    /// Closes everything.
    consuming func close() throws(LogComplaint) {
        for piece in unsynced { Glibc.close(piece) }
        try RunFiles.finish(descriptor, path: path)
    }

    /// A kill in the middle of it leaves a log whose last piece is missing or has no header: both
    /// are read as a log that ends there.
    private mutating func beginPiece() throws(LogComplaint) {
        try RunFiles.requireName(of: descriptor, path: path)
        var earlier: String
        repeat {
            pieces += 1
            earlier = "\(folder)/\(name.dropLast(4)).\(pieces).csv"
        } while RunFiles.exists(earlier)
        if rename(path, earlier) != 0 { throw RunFiles.complaint("cannot become a piece", path) }
        let closing = descriptor
        descriptor = try RunFiles.create(path)
        if isSynced {
            unsynced.append(closing)
        } else {
            try RunFiles.finish(closing, path: earlier)
        }
        try RunFiles.write(header, to: descriptor, path: path)
        size = header.count
    }
}
