import Glibc
import Networking
import Synchronization

/// A file's bytes, mapped read-only into memory for as long as this lives.
///
/// Only the pages that are looked at take memory, and the kernel can drop them at any time. When
/// somebody writes to the file or shortens it, its bytes are others than before, and zeros where
/// there are none any more: whoever has read something asks for the `change` before making use of
/// it. What is not a plain file (a pipe, a compressed file) is first written to a temporary file
/// without a name, which nobody can change.
final class MappedFile: Sendable {
    /// The file as it was named.
    let path: String
    /// The number of bytes.
    let count: Int
    private static let longestColumn = 100_000
    /// An address without access rules is safe to share: nobody writes to the pages.
    private let address: UInt
    private let lookups = Atomic<Int>(0)
    /// Notes that pages of the mapping were gone; see `LostPages`.
    private let watch: UInt
    /// The file itself, to see whether it stays as it is; -1 for one without a name.
    private let descriptor: Int32
    private let written: timespec

    /// Maps the file at `path`, `-` being stdin; what is packed with gzip or is UTF-16 as the text
    /// that it holds. A table of data is not decoded: what is in its cells goes to the service as it
    /// is, so a person must say what it is.
    ///
    /// - Parameter progress: hears how many bytes have been unpacked or have come through a pipe.
    /// - Throws: why it cannot be read.
    init(
        path: String, isTable: Bool = false, progress: ((Int) -> Void)? = nil
    ) throws(ScriptComplaint) {
        self.path = path
        let descriptor = InputFile.open(path)
        guard descriptor >= 0 else { throw Self.complaint(path, "cannot be opened", errno) }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Self.complaint(path, "cannot be read", errno)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw ScriptComplaint(
                file: path, message: "this is a folder", suggestion: "name the files in it")
        }
        let isPlain = status.st_mode & S_IFMT == S_IFREG && path != InputFile.stdin
        if let spool = try Spool.text(
            of: descriptor, isPlain: isPlain, isTable: isTable, path: path, progress: progress)
        {
            defer { spool.close() }
            count = try spool.count()
            address = try Self.map(spool.descriptor, count: count, path: path)
            (self.descriptor, written) = (-1, timespec())
        } else {
            count = Int(status.st_size)
            written = status.st_mtim
            address = try Self.map(descriptor, count: count, path: path)
            self.descriptor = descriptor
            isKept = true
        }
        watch = LostPages.watch(address, count: count)
    }

    /// A file of these bytes that is nowhere on the disk.
    ///
    /// - Throws: that they cannot be kept.
    init(content: [UInt8], called name: String) throws(ScriptComplaint) {
        path = name
        let spool = try Spool(path: name)
        defer { spool.close() }
        try spool.append(content, count: content.count)
        count = content.count
        address = try Self.map(spool.descriptor, count: count, path: name)
        (descriptor, written) = (-1, timespec())
        watch = LostPages.watch(address, count: count)
    }

    deinit {
        LostPages.end(of: watch)
        if descriptor >= 0 { close(descriptor) }
        if let start = UnsafeMutableRawPointer(bitPattern: address) { munmap(start, count) }
    }

    /// Lends the bytes in `range`, which must lie within the file.
    func withBytes<Result, Failure: Error>(
        in range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "BUG: bytes outside the file")
        let start = UnsafePointer<UInt8>(bitPattern: address).map { $0 + range.lowerBound }
        return try body(
            UnsafeBufferPointer(start: start, count: start == nil ? 0 : range.count).span)
    }

    /// What has happened to the file since it was opened; nil where nothing has. What was read before
    /// this is what was there at first only if it is nil.
    var change: ScriptComplaint? {
        var status = stat()
        let isKnown = descriptor >= 0 && fstat(descriptor, &status) == 0
        let isSame =
            !isKnown
            || status.st_size == count && status.st_mtim.tv_sec == written.tv_sec
                && status.st_mtim.tv_nsec == written.tv_nsec
        if isSame, !LostPages.hasLost(watch) { return nil }
        let sizes =
            isKnown && status.st_size != count
            ? "; it had \(count) bytes and has \(status.st_size) now" : ""
        return ScriptComplaint(
            file: path, message: "was changed while it was in use" + sizes,
            suggestion: "write the new content to another file and rename that")
    }

    /// The offset of the first line feed from `start` on, or the number of bytes.
    func endOfLine(from start: Int) -> Int {
        guard start >= 0, start < count, let base = UnsafeRawPointer(bitPattern: address) else {
            return count
        }
        guard let found = memchr(base + start, 0x0A, count - start) else { return count }
        return UnsafeRawPointer(found) - base
    }

    /// Three when the file begins with a byte order mark, none otherwise.
    var lengthOfMark: Int { withBytes(in: 0..<min(3, count)) { $0.lengthOfMark } }

    /// The number of line feeds in `range`, which must lie within the file.
    func lineFeeds(in range: Range<Int>) -> Int {
        withBytes(in: range) { bytes in
            bytes.withUnsafeBufferPointer { raw in
                var count = 0
                for byte in raw where byte == 0x0A { count += 1 }
                return count
            }
        }
    }

    /// The column of a byte: the Unicode scalars of its line that begin before it, counted from 1.
    /// Nil far down a long line, where nobody counts.
    func column(of offset: Int) -> Int? {
        let offset = min(max(offset, 0), count)
        let earliest = max(offset - Self.longestColumn, lengthOfMark)
        return withBytes(in: min(earliest, offset)..<offset) { bytes in
            var column = 1
            var index = bytes.count
            while index > 0, bytes[index - 1] != 0x0A {
                index -= 1
                if bytes[index] & 0xC0 != 0x80 { column += 1 }
            }
            return index > 0 || earliest == lengthOfMark ? column : nil
        }
    }

    /// Tells the kernel that the pages wholly within `range` need not stay in memory; looking at
    /// them again brings them back.
    func forget(_ range: Range<Int>) {
        let page = Int(getpagesize())
        let first = (range.lowerBound + page - 1) / page * page
        let last = range.upperBound / page * page
        guard last > first, last <= count, let base = UnsafeMutableRawPointer(bitPattern: address)
        else { return }
        madvise(base + first, last - first, MADV_DONTNEED)
    }

    /// Counts a look at some place of the file and lets all pages go now and then: playing a large
    /// workload would otherwise, page by page, end with all of it in memory.
    func noteLookup() {
        guard count > 64 << 20 else { return }
        let lookup = lookups.add(1, ordering: .relaxed).newValue
        if lookup & 511 == 0 { forget(0..<count) }
    }

    /// Tells the kernel that the file is about to be read from front to back, or here and there. Here
    /// and there must not map two megabytes for one line, as it may do with its huge pages.
    func expect(sequentialReading: Bool) {
        guard let base = UnsafeMutableRawPointer(bitPattern: address) else { return }
        madvise(base, count, sequentialReading ? MADV_SEQUENTIAL : MADV_RANDOM)
        madvise(base, count, sequentialReading ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
    }

    /// What the system said when something could not be done with the file.
    static func complaint(_ path: String, _ what: String, _ code: Int32) -> ScriptComplaint {
        ScriptComplaint(
            file: path, message: "\(what): \(String(cString: strerror(code)))",
            suggestion: code == ENOENT ? "check the name; it is relative to this folder" : nil)
    }

    private static func map(
        _ descriptor: Int32, count: Int, path: String
    ) throws(ScriptComplaint) -> UInt {
        // The kernel maps nothing rather than an empty range.
        if count == 0 { return 0 }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
            start != MAP_FAILED
        else { throw complaint(path, "cannot be mapped", errno) }
        return UInt(bitPattern: start)
    }
}
