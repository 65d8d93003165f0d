import Glibc
import Networking

/// Where a run keeps what it has counted second by second: in a file without a name in its folder,
/// since in memory that would grow for as long as the run lasts. What cannot be written stays in
/// memory.
final class RunHistory: Sendable {
    private struct File {
        var descriptor: Int32 = -1
        /// The bytes written.
        var size = 0
        var hasFailed = false
        /// What could not be written.
        var kept = TimeHistory()
    }

    private let path: String
    private let waiting = Guarded<[TimeHistory]>([])
    /// Locked for as long as something is being written.
    private let file = Guarded(File())

    /// A history for the run in `folder`; makes nothing yet.
    init(in folder: String) { path = "\(folder)/history.\(getpid()).tmp" }

    deinit {
        let descriptor = file.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Takes a stretch, to be written by whoever calls `drain`. From any thread, and at once.
    func add(_ history: TimeHistory) { waiting.withLock { $0.append(history) } }

    /// Writes what waits.
    func drain() {
        file.withLock { file in
            while let next = waiting.withLock({ $0.popLast() }) {
                if !write(next.packed, &file) { file.kept.merge(next) }
            }
        }
    }

    /// Gives everything back.
    ///
    /// - Throws: when it cannot be read.
    func restore(to figures: inout Aggregator) throws(LogComplaint) {
        drain()
        let (descriptor, size, kept) = file.withLock { file in
            defer { file.kept = TimeHistory() }
            return (file.descriptor, file.size, file.kept)
        }
        figures.add(kept)
        var at = 0
        while at < size {
            let length = try RunFiles.bytes(of: descriptor, from: at, limit: 8, path: path)
                .reversed().reduce(0) { $0 << 8 | Int($1) }
            let bytes = try RunFiles.bytes(
                of: descriptor, from: at + 8, limit: min(max(length, 0), size), path: path)
            do throws(PackingDamage) {
                figures.add(try TimeHistory(unpacking: bytes))
            } catch {
                throw LogComplaint("\(path): is damaged")
            }
            at += 8 + bytes.count
        }
    }

    /// Appends a record with its length before it; false when that cannot be done. What is left of
    /// one that was cut off is never read.
    private func write(_ bytes: [UInt8], _ file: inout File) -> Bool {
        if file.hasFailed { return false }
        do throws(LogComplaint) {
            if file.descriptor < 0 {
                file.descriptor = try RunFiles.createUnnamed(path)
            }
            let length = (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
            try RunFiles.write(length + bytes, to: file.descriptor, path: path)
            file.size += 8 + bytes.count
        } catch {
            file.hasFailed = true
        }
        return !file.hasFailed
    }
}
