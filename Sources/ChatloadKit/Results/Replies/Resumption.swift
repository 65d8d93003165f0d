package import Base

/// A replay that has stopped, its folder taken for this process alone, to be gone on with.
package final class Resumption {
    /// What the folder's `run.json` says.
    package let run: RunDescription
    /// Where the part that is about to begin begins on the run's time axis: at the end of all that
    /// has been logged.
    package let elapsed: Nanoseconds
    private let folder: String
    private let journal: Journal
    private let index: JournalIndex
    /// The bytes of whole rows in the log.
    private let logSize: Int

    /// Takes the folder of a replay and looks at what is in it; changes nothing.
    ///
    /// - Parameters:
    ///   - run: what its `run.json` says.
    ///   - boot: which start of the machine this is, as in the run's parts. After another one only
    ///     what is known to have reached the disk counts.
    /// - Throws: why it cannot be gone on with.
    package init(of folder: String, _ run: RunDescription, boot: String) throws(Fault) {
        self.folder = folder
        self.run = run
        let path = "\(folder)/\(RunFolder.journal)"
        guard run.command == "replay", Files.exists(path) else {
            throw Fault("\(folder): is no replay that could be resumed")
        }
        if run.logMode == .none {
            throw Fault(
                "\(folder): ran with --log none, so no report could tell of all of its parts")
        }
        let before = run.parts.last
        let isRebooted = before.map { $0.boot != boot && !$0.boot.isEmpty && !boot.isEmpty }
        journal = try Journal(path, isNew: false)
        index = try JournalIndex(reading: path, onlySafe: isRebooted ?? false)
        let end = try LogEnd(of: "\(folder)/\(RunFolder.log)")
        logSize = end.size
        elapsed = max(end.latest, Nanoseconds(seconds: before?.begins ?? 0))
    }

    /// The conversations that are done.
    package var doneCount: Int { index.entries.count }

    /// Whether the conversation at a place of the workload, from 0, is done.
    package func isDone(_ place: Int) -> Bool { index.isDone(place) }

    /// What was under way when the latest part ended, and is to be played again.
    package var inFlight: [InFlight] { index.inFlight }

    /// Lets others have the folder.
    package func release() { _ = journal.close() }

    /// Cuts off what the latest part's end has torn, and begins another part of the run.
    ///
    /// - Parameter part: the part's number, from 1.
    /// - Returns: the log to go on with.
    package func begin(part: Int) throws(Fault) -> RunLog {
        let files = try LogFiles(resuming: folder, behind: logSize, index)
        try journal.begin(part: part, at: index.end, trusted: index.trusted)
        return RunLog(folder: folder, mode: run.logMode, keeping: .progress, files, journal)
    }
}

/// Where a log ends: looks at the exchanges' ends alone.
struct LogEnd: LogCounter {
    /// The bytes of its whole rows; 0 where there is none.
    private(set) var size = 0
    /// The latest end of an exchange.
    private(set) var latest = Nanoseconds.zero
    var steps = StepTable()
    var credentials = StepTable()

    /// Reads the log at a path, if there is one.
    init(of path: String) throws(Fault) {
        guard Files.exists(path) else { return }
        let reading = try LogReader.read(exchanges: path, into: &self)
        size = Files.size(of: path) - reading.unfinished
    }

    mutating func add(_ exchange: borrowing Exchange) { latest = max(latest, exchange.end) }

    mutating func add(_ conversation: borrowing ConversationRecord) {}
}

/// What a journal says: where each conversation's record is, and what was under way when the run's
/// parts ended. Sixteen bytes a conversation.
struct JournalIndex: Sendable {
    /// A conversation that is over.
    struct Entry: Sendable, Equatable {
        /// Where its record begins; the lowest bit tells whether it belongs into the batch output.
        private var mark: UInt64
        let place: UInt32
        /// The record's length without its line feed.
        let length: UInt32

        init(place: UInt32, offset: Int, length: UInt32, isBatch: Bool) {
            mark = UInt64(offset) << 1 | (isBatch ? 1 : 0)
            self.place = place
            self.length = length
        }

        var offset: Int { Int(mark >> 1) }
        var isBatch: Bool { mark & 1 == 1 }
    }

    /// The conversations that are done, by their places.
    private(set) var entries: [Entry] = []
    /// The rows of the conversations that the latest part gave up, by their places.
    private(set) var leftRows: [Int: String] = [:]
    /// What was under way when the parts before the latest ended.
    private(set) var abandoned: [InFlight] = []
    /// The parts the run has had.
    private(set) var parts = 0
    /// Records before this offset are on the disk.
    private(set) var safe = 0
    /// What was done counts only before this offset.
    private(set) var trusted = 0
    /// Lines that are no records, as a failing disk leaves them.
    private(set) var malformed = 0
    /// Where the last whole line ends.
    private(set) var end = 0

    /// The conversations that are under way, by their places.
    private var underWay: [Int: InFlight] = [:]
    /// Those that are done and perhaps not safe, with the places and their records' offsets.
    private var recent: [(offset: Int, place: Int, last: InFlight)] = []

    /// Reads a journal.
    ///
    /// - Parameters:
    ///   - onlySafe: leaves out what may not have reached the disk.
    ///   - chunk: the bytes read at once.
    init(reading path: String, onlySafe: Bool = false, chunk: Int = 262_144) throws(Fault) {
        end = try Files.readLines(of: path, chunk: chunk) { (offset, line) throws(Fault) in
            take(line, at: offset)
        }
        trusted = onlySafe ? safe : end
        distrust(from: trusted)
        entries.sort { $0.place < $1.place }
    }

    /// What is, or was, under way in the latest part.
    var inFlight: [InFlight] { Self.list(underWay) }

    private mutating func take(_ line: Span<UInt8>, at offset: Int) {
        switch JournalRecord(line) {
        case .part(let number, let trusted):
            distrust(from: trusted)
            abandoned += inFlight
            underWay.removeAll()
            leftRows.removeAll()
            parts = number
        case .sends(let place, let turn, let id):
            if underWay[place] == nil {
                let name = "\(id.string(in: line))#\(place + 1)"
                underWay[place] = InFlight(part: parts, conversation: name, turn: turn)
            }
            underWay[place]?.turn = turn
        case .done(let place, let isBatch, _, _):
            guard let short = UInt32(exactly: place) else {
                malformed += 1
                return
            }
            if let last = underWay.removeValue(forKey: place) {
                recent.append((offset, place, last))
            }
            entries.append(
                Entry(
                    place: short, offset: offset, length: UInt32(line.count), isBatch: isBatch))
        case .left(let place, let row): leftRows[place] = row.string(in: line)
        case .safe(let offset): settle(until: offset)
        case nil: malformed += 1
        }
    }

    private mutating func settle(until offset: Int) {
        safe = offset
        recent.removeFirst(recent.firstIndex { $0.offset >= offset } ?? recent.count)
    }

    /// Takes back what was done after an offset: all that is known of it is that it was sent.
    private mutating func distrust(from offset: Int) {
        while let last = entries.last, last.offset >= offset { entries.removeLast() }
        for done in recent where done.offset >= offset { underWay[done.place] = done.last }
        recent.removeAll()
    }

    private static func list(_ underWay: [Int: InFlight]) -> [InFlight] {
        underWay.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension JournalIndex {
    /// Lends the row of `conversations.csv` of every conversation that is done, and that was given up
    /// if `withLeft`, each once, in the order in which they ended.
    func forEachRow(
        in path: String, withLeft: Bool = true, body: (_ row: [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        var row = ByteBuffer()
        _ = try Files.readLines(of: path) { (offset, line) throws(Fault) in
            guard case .done(let place, _, let text, _) = JournalRecord(line),
                stands(offset, for: place)
            else { return }
            row.clear()
            text.append(to: &row, from: line)
            row.append(byte: UInt8(ascii: "\n"))
            try body(row.bytes)
        }
        if !withLeft { return }
        for (_, row) in leftRows.sorted(by: { $0.key < $1.key }) {
            try body(Array((row + "\n").utf8))
        }
    }

    /// Whether the conversation at `place` is done.
    func isDone(_ place: Int) -> Bool { entry(of: place) != nil }

    /// Whether the record at an offset is the one that counts for its conversation.
    private func stands(_ offset: Int, for place: Int) -> Bool {
        entry(of: place)?.offset == offset
    }

    private func entry(of place: Int) -> Entry? {
        let index = entries.partitioningIndex { Int($0.place) >= place }
        return index < entries.count && Int(entries[index].place) == place ? entries[index] : nil
    }
}
