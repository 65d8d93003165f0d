import Base
import Glibc

/// The file in which a run writes down, in the order of time, what it is about to send and every
/// conversation that is over: all that is needed to go on where it stopped.
///
/// Records go to the kernel at once, so they outlive the process however it ends; `sync` puts them
/// on the disk, so that they outlive the machine's end too. Only one process at a time holds the
/// file.
package final class Journal: Sendable {
    private struct State {
        var descriptor: Int32
        /// The bytes of whole records.
        var size: Int
        var failure: Fault?
    }

    let path: String
    private let state: Locked<State>
    /// Locked for as long as a `sync` takes; nil once closed.
    private let syncing: Locked<Int?>

    /// The journal at `path`, taken for this process alone: a new one where there must be none yet, or
    /// one that is there.
    init(_ path: String, isNew: Bool) throws(Fault) {
        let descriptor = isNew ? try Files.create(path) : try Files.open(appending: path)
        do throws(Fault) {
            try Files.lock(descriptor, path: path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.path = path
        state = Locked(State(descriptor: descriptor, size: 0))
        syncing = Locked(0)
    }

    deinit { _ = close() }

    /// Begins a part of the run behind the journal's first `size` bytes; what comes after them is
    /// cut off, and what was done counts only before `trusted`.
    func begin(part: Int, at size: Int, trusted: Int) throws(Fault) {
        let failure = state.withLock { state -> Fault? in
            if ftruncate(state.descriptor, size) != 0 {
                return Files.fault("cannot be shortened", path)
            }
            state.size = size
            return nil
        }
        if let failure { throw failure }
        var record = ByteBuffer()
        record.append(journalPart: part, trusted: trusted)
        if let failure = append(record.bytes) { throw failure }
    }

    /// Writes whole records; from any thread. Nothing is written any more after a failure, as what
    /// is written behind a record that was cut off could not be read.
    ///
    /// - Returns: why it cannot be done, if so.
    func append(_ records: [UInt8]) -> Fault? {
        state.withLock { state in
            if let failure = state.failure { return failure }
            do throws(Fault) {
                try Files.write(records, to: state.descriptor, path: path)
                state.size += records.count
            } catch {
                state.failure = error
            }
            return state.failure
        }
    }

    /// Puts what has been written on the disk, after `log` has done so with the log, and says so in a
    /// record of its own. Takes as long as the disk does.
    ///
    /// - Returns: why it cannot be done, if so.
    func sync(after log: () -> Fault?) -> Fault? {
        syncing.withLock { known in
            let (descriptor, size) = state.withLock { ($0.descriptor, $0.size) }
            guard let before = known, size > before else { return nil }
            // What the records before `size` stand for is in the log by now.
            if let failure = log() { return fail(failure) }
            var record = ByteBuffer()
            record.append(journalSafe: size)
            if let failure = append(record.bytes) { return failure }
            if fdatasync(descriptor) != 0 {
                return fail(Files.fault("cannot be put on the disk", path))
            }
            known = size + record.count
            return nil
        }
    }

    /// Closes the file and lets others have it.
    ///
    /// - Returns: the first failure since the start.
    func close() -> Fault? {
        syncing.withLock { $0 = nil }
        return state.withLock { state in
            let failure = state.failure
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
            state.descriptor = -1
            state.failure = failure ?? Fault("\(path): is closed")
            return failure
        }
    }

    private func fail(_ failure: Fault) -> Fault {
        state.withLock { $0.failure = failure }
        return failure
    }
}

/// A line of a run's journal: words and numbers with tabs between them.
///
/// Conversations go by their place: their number in the order in which they are to stand in the
/// transcript, from 0.
enum JournalRecord: Equatable {
    /// A part of the run begins. Conversations that are done count only where their record stands
    /// before `trusted`: what comes later may not have been kept in full.
    case part(number: Int, trusted: Int)
    /// A turn, from 1, of the conversation with this id is about to be sent.
    case sends(place: Int, turn: Int, id: JSONText)
    /// A conversation is over. `row` is its row of `conversations.csv` without the line feed, as the
    /// inside of a JSON string; `line` its line of the transcript, and `isBatch` tells whether it
    /// belongs into the batch output too. Both are ranges within the record.
    case done(place: Int, isBatch: Bool, row: JSONText, line: Range<Int>)
    /// A conversation was given up because the run ended.
    case left(place: Int, row: JSONText)
    /// Every record before this offset, and what was logged before it was written, is on the disk.
    case safe(offset: Int)

    /// Reads a line without its line feed; nil for anything else.
    init?(_ line: Span<UInt8>) {
        let cells = Self.cells(of: line)
        guard cells.count > 1, let number = Self.number(line, cells[1]) else { return nil }
        let (word, count) = (cells[0], cells.count)
        if count == 4, line.equals("sends", word), let turn = Self.number(line, cells[2]),
            let id = Self.text(line, cells[3])
        {
            self = .sends(place: number, turn: turn, id: id)
        } else if count == 4, line.equals("done", word) || line.equals("batch", word),
            let row = Self.text(line, cells[2]), Self.isObject(line.extracting(cells[3]))
        {
            self = .done(
                place: number, isBatch: line.equals("batch", word), row: row, line: cells[3])
        } else if count == 3, line.equals("left", word), let row = Self.text(line, cells[2]) {
            self = .left(place: number, row: row)
        } else if count == 2, line.equals("safe", word) {
            self = .safe(offset: number)
        } else if count == 3, line.equals("part", word),
            let trusted = Self.number(line, cells[2])
        {
            self = .part(number: number, trusted: trusted)
        } else {
            return nil
        }
    }

    /// The places of a line's cells, of which no record has more than four.
    private static func cells(of line: Span<UInt8>) -> [Range<Int>] {
        var cells: [Range<Int>] = []
        var start = 0
        while cells.count < 5, let tab = line.firstIndex(of: UInt8(ascii: "\t"), from: start) {
            cells.append(start..<tab)
            start = tab + 1
        }
        return cells + [start..<line.count]
    }

    /// A cell as a whole number that is not negative.
    private static func number(_ line: Span<UInt8>, _ cell: Range<Int>) -> Int? {
        guard !cell.isEmpty, cell.count < 19 else { return nil }
        var value = 0
        for index in cell {
            let digit = line[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// A cell as a JSON string.
    private static func text(_ line: Span<UInt8>, _ cell: Range<Int>) -> JSONText? {
        var scanner = JSONScanner()
        let bytes = line.extracting(cell)
        guard case .string(var text)? = try? scanner.next(in: bytes),
            case .end? = try? scanner.next(in: bytes)
        else { return nil }
        let (start, end) = (text.range.lowerBound, text.range.upperBound)
        text.range = start + cell.lowerBound..<end + cell.lowerBound
        return text
    }

    /// Whether the bytes are what the journal's writer has made, as far as its ends tell and by
    /// holding no zero: a page that never reached the disk reads as zeros.
    private static func isObject(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "{"),
            bytes[bytes.count - 1] == UInt8(ascii: "}")
        else { return false }
        for index in bytes.indices where bytes[index] == 0 { return false }
        return true
    }
}

/// Writes a journal's lines.
extension ByteBuffer {
    mutating func append(journalPart number: Int, trusted: Int) {
        append("part\t\(number)\t\(trusted)\n")
    }

    mutating func append(journalSends place: Int, turn: Int, id: String) {
        append("sends\t")
        append(decimal: place)
        append("\t")
        append(decimal: turn)
        append("\t")
        append(jsonString: id)
        append("\n")
    }

    /// `line` is the transcript's line, its line feed included or not.
    mutating func append(
        journalDone place: Int, isBatch: Bool, row: [UInt8], line: borrowing ByteBuffer
    ) {
        append(isBatch ? "batch\t" : "done\t")
        append(decimal: place)
        append(journalRow: row)
        append("\t")
        append(line)
        if line.bytes.last != UInt8(ascii: "\n") { append("\n") }
    }

    mutating func append(journalLeft place: Int, row: [UInt8]) {
        append("left\t")
        append(decimal: place)
        append(journalRow: row)
        append("\n")
    }

    mutating func append(journalSafe offset: Int) {
        append("safe\t\(offset)\n")
    }

    private mutating func append(journalRow row: [UInt8]) {
        let hasEnd = row.last == UInt8(ascii: "\n")
        append("\t\"")
        append(jsonEscaped: row.span.extracting(0..<(hasEnd ? row.count - 1 : row.count)))
        append("\"")
    }
}

/// A conversation that was under way when a part of the run ended.
package struct InFlight: Codable, Equatable, Sendable {
    /// The part of the run, from 1.
    package var part: Int
    /// The conversation as in `exchanges.csv`: the script's id and the iteration.
    package var conversation: String
    /// The turn, from 1, that was about to be sent last: it may or may not have arrived. Those before
    /// it have been sent.
    package var turn: Int
}

/// The content of `in_flight.json`.
struct InFlightList: Codable, Equatable {
    var schema = "chatload.in_flight/1"
    var conversations: [InFlight]
}
