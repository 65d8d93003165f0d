import Glibc
import Networking

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
        var failure: LogComplaint?
    }

    let path: String
    private let state: Guarded<State>
    /// Locked for as long as a `sync` takes; nil once closed.
    private let syncing: Guarded<Int?>

    /// A new journal at `path`, where there must be none yet.
    convenience init(creating path: String) throws(LogComplaint) {
        let descriptor = try RunFiles.create(path)
        try RunFiles.lock(descriptor, path: path)
        self.init(path, descriptor: descriptor, size: 0)
    }

    deinit { _ = close() }

    /// The journal at `path`, taken for this process alone.
    convenience init(taking path: String) throws(LogComplaint) {
        let descriptor = try RunFiles.open(appending: path)
        do throws(LogComplaint) {
            try RunFiles.lock(descriptor, path: path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        self.init(path, descriptor: descriptor, size: 0)
    }

    /// Begins a part of the run behind the journal's first `size` bytes; what comes after them is
    /// cut off, and what was done counts only before `trusted`.
    func begin(part: Int, at size: Int, trusted: Int) throws(LogComplaint) {
        let failure = state.withLock { state -> LogComplaint? in
            if ftruncate(state.descriptor, size) != 0 {
                return RunFiles.complaint("cannot be shortened", path)
            }
            state.size = size
            return nil
        }
        if let failure { throw failure }
        var record = ByteBuffer()
        record.append(journalPart: part, trusted: trusted)
        if let failure = append(record.bytes) { throw failure }
    }

    private init(_ path: String, descriptor: Int32, size: Int) {
        self.path = path
        state = Guarded(State(descriptor: descriptor, size: size))
        syncing = Guarded(size)
    }

    /// Writes whole records; from any thread. Nothing is written any more after a failure, as what
    /// is written behind a record that was cut off could not be read.
    ///
    /// - Returns: why it cannot be done, if so.
    func append(_ records: [UInt8]) -> LogComplaint? {
        state.withLock { state in
            if let failure = state.failure { return failure }
            do throws(LogComplaint) {
                try RunFiles.write(records, to: state.descriptor, path: path)
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
    func sync(after log: () -> LogComplaint?) -> LogComplaint? {
        syncing.withLock { known in
            let (descriptor, size) = state.withLock { ($0.descriptor, $0.size) }
            guard let before = known, size > before else { return nil }
            // What the records before `size` stand for is in the log by now.
            if let failure = log() { return fail(failure) }
            var record = ByteBuffer()
            record.append(journalSafe: size)
            if let failure = append(record.bytes) { return failure }
            if fdatasync(descriptor) != 0 {
                return fail(RunFiles.complaint("cannot be put on the disk", path))
            }
            known = size + record.count
            return nil
        }
    }

    /// Closes the file and lets others have it.
    ///
    /// - Returns: the first failure since the start.
    func close() -> LogComplaint? {
        syncing.withLock { $0 = nil }
        return state.withLock { state in
            let failure = state.failure
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
            state.descriptor = -1
            state.failure = failure ?? LogComplaint("\(path): is closed")
            return failure
        }
    }

    private func fail(_ failure: LogComplaint) -> LogComplaint {
        state.withLock { $0.failure = failure }
        return failure
    }
}
