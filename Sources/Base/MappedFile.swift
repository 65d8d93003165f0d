import Glibc
import LinuxSystem
import Synchronization

/// Mapped file: its bytes, mapped read-only into memory for as long as this lives.
///
/// Only the pages that are looked at take memory, and the kernel can drop them at any time. When
/// somebody writes to the file or shortens it, its bytes are others than before, and zeros where
/// there are none any more: whoever has read something asks for the `change` before making use of
/// it. What is not a plain file (a pipe, a compressed file) is first written to a temporary file
/// without a name, which nobody can change.
package final class MappedFile: Sendable {
    /// The file as it was named.
    package let path: String
    /// The number of bytes.
    package let count: Int
    private static let longestColumn = 100_000
    /// An address without access rules is safe to share: nobody writes to the pages.
    @usableFromInline let address: UInt
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
    package init(
        path: String, isTable: Bool = false, progress: ((Int) -> Void)? = nil
    ) throws(Fault) {
        self.path = path
        let descriptor = InputFile.open(path)
        guard descriptor >= 0 else {
            throw Files.fault(
                "cannot be opened", path,
                hint: errno == ENOENT ? "check the name; it is relative to this folder" : nil)
        }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Files.fault("cannot be read", path)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw Fault(
                "this is a folder", at: .file(path),
                hint: "name the files in it")
        }
        let isPlain = status.st_mode & S_IFMT == S_IFREG && path != InputFile.stdin
        if let spool = try Spool.text(
            of: descriptor, isPlain: isPlain, isTable: isTable, path: path, progress: progress)
        {
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
    package init(content: [UInt8], called name: String) throws(Fault) {
        path = name
        let spool = try Spool(path: name)
        try spool.append(content)
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
    package func withBytes<Result, Failure: Error>(
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
    package var change: Fault? {
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
        return Fault(
            "was changed while it was in use" + sizes, at: .file(path),
            hint: "write the new content to another file and rename that")
    }

    /// The offset of the first line feed from `start` on, or the number of bytes.
    package func endOfLine(from start: Int) -> Int {
        withBytes(in: 0..<count) { $0.firstIndex(of: 0x0A, from: start) } ?? count
    }

    /// Three when the file begins with a byte order mark, none otherwise.
    package var lengthOfMark: Int { withBytes(in: 0..<min(3, count)) { $0.lengthOfMark } }

    /// The number of line feeds in `range`, which must lie within the file.
    package func lineFeeds(in range: Range<Int>) -> Int {
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
    package func column(of offset: Int) -> Int? {
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
    package func forget(_ range: Range<Int>) {
        let page = Int(getpagesize())
        let first = (range.lowerBound + page - 1) / page * page
        let last = range.upperBound / page * page
        guard last > first, last <= count, let base = UnsafeMutableRawPointer(bitPattern: address)
        else { return }
        madvise(base + first, last - first, MADV_DONTNEED)
    }

    /// Counts a look at some place of the file and lets all pages go now and then: playing a large
    /// workload would otherwise, page by page, end with all of it in memory.
    package func noteLookup() {
        guard count > 64 << 20 else { return }
        let lookup = lookups.add(1, ordering: .relaxed).newValue
        if lookup & 511 == 0 { forget(0..<count) }
    }

    /// Tells the kernel that the file is about to be read from front to back, or here and there. Here
    /// and there must not map two megabytes for one line, as it may do with its huge pages.
    package func expect(sequentialReading: Bool) {
        guard let base = UnsafeMutableRawPointer(bitPattern: address) else { return }
        madvise(base, count, sequentialReading ? MADV_SEQUENTIAL : MADV_RANDOM)
        madvise(base, count, sequentialReading ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
    }

    private static func map(_ descriptor: Int32, count: Int, path: String) throws(Fault) -> UInt {
        // The kernel maps nothing rather than an empty range.
        if count == 0 { return 0 }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
            start != MAP_FAILED
        else { throw Files.fault("cannot be mapped", path) }
        return UInt(bitPattern: start)
    }
}

/// Opens files that people name for reading, without waiting for anybody in silence.
///
/// A FIFO that nobody writes to yet is announced on stderr after a second, since whoever waits for it
/// would otherwise not know why; a device has no end and is refused.
package enum InputFile {
    /// What stdin is called where a file is named.
    package static let stdin = "-"

    /// Milliseconds before a wait is announced.
    private static let patience: Int32 = 1_000

    /// A descriptor from which the first byte, or the end, can be read at once.
    ///
    /// - Returns: -1, with `errno`, where there is nothing to read; ENODEV for a device.
    package static func open(_ path: String) -> Int32 {
        if path == stdin {
            let descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
            if descriptor >= 0 { wait(descriptor, "stdin") }
            return descriptor
        }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor < 0 { return descriptor }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        let isDevice = kind == S_IFBLK || kind == S_IFCHR && isatty(descriptor) == 0
        if isDevice, !isNull(status) {
            close(descriptor)
            errno = ENODEV
            return -1
        }
        if kind == S_IFIFO || kind == S_IFCHR, !isNull(status) { wait(descriptor, path) }
        _ = fcntl(descriptor, F_SETFL, 0)
        return descriptor
    }

    /// The null device is an empty file, and meant as one.
    private static func isNull(_ status: stat) -> Bool {
        var null = stat()
        return stat("/dev/null", &null) == 0 && status.st_mode & S_IFMT == S_IFCHR
            && status.st_rdev == null.st_rdev
    }

    private static func wait(_ descriptor: Int32, _ path: String) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var timeout = patience
        while case let ready = poll(&polled, 1, timeout), ready <= 0 {
            if ready < 0, errno != EINTR { return }
            if ready == 0, timeout > 0 {
                let line = Array("chatload: waiting for \(path), which nobody writes to yet\n".utf8)
                _ = write(STDERR_FILENO, line, line.count)
                timeout = -1
            }
        }
    }
}

/// Pages of mapped files that are gone because somebody shortened the file, or because the disk
/// cannot be read.
///
/// The kernel sends SIGBUS to whoever looks at one, which ends the process. For the mappings that are
/// watched here zeros take the place of what is gone, from the page that was looked at to the
/// mapping's end, and the loss is noted: whoever reads goes on over zeros and asks afterwards. A
/// fault anywhere else is left to whoever had the signal before.
enum LostPages {
    /// One mapping. A handler must neither allocate nor wait, so these are never freed, only used
    /// again, and form a list that only grows: as long as the most files that were open at once.
    struct Watch: ~Copyable {
        /// Where the mapping begins; 0 while this is used for none.
        fileprivate let start: Atomic<UInt>
        fileprivate let end: Atomic<UInt>
        fileprivate let isTaken = Atomic<Bool>(true)
        fileprivate let hasLost = Atomic<Bool>(false)
        /// The address of the next one; 0 for none.
        fileprivate let next: UInt

        fileprivate init(start: UInt, end: UInt, next: UInt) {
            self.start = Atomic(start)
            self.end = Atomic(end)
            self.next = next
        }
    }

    /// The address of the first one; 0 for none.
    private static let first = Atomic<UInt>(0)
    /// What became of SIGBUS before, given back at a fault that is none of ours.
    private static let before: sigaction = installed()

    /// Watches the mapping of `count` bytes at `address` until `end(of:)`.
    static func watch(_ address: UInt, count: Int) -> UInt {
        let end = address + UInt(count)
        _ = before
        var node = first.load(ordering: .acquiring)
        while let watch = UnsafeMutablePointer<Watch>(bitPattern: node) {
            let isFree = watch.pointee.isTaken.compareExchange(
                expected: false, desired: true, ordering: .acquiringAndReleasing
            ).exchanged
            if isFree {
                watch.pointee.hasLost.store(false, ordering: .relaxed)
                watch.pointee.end.store(end, ordering: .relaxed)
                watch.pointee.start.store(address, ordering: .releasing)
                return UInt(bitPattern: watch)
            }
            node = watch.pointee.next
        }
        let watch = UnsafeMutablePointer<Watch>.allocate(capacity: 1)
        var head = first.load(ordering: .acquiring)
        while true {
            watch.initialize(to: Watch(start: address, end: end, next: head))
            let (isDone, found) = first.compareExchange(
                expected: head, desired: UInt(bitPattern: watch),
                ordering: .acquiringAndReleasing)
            if isDone { return UInt(bitPattern: watch) }
            head = found
        }
    }

    /// Whether something of a watched mapping was gone when it was looked at.
    static func hasLost(_ watch: UInt) -> Bool {
        UnsafeMutablePointer<Watch>(bitPattern: watch)?.pointee.hasLost.load(ordering: .acquiring)
            ?? false
    }

    /// The mapping is about to be taken away.
    static func end(of watch: UInt) {
        guard let watch = UnsafeMutablePointer<Watch>(bitPattern: watch) else { return }
        watch.pointee.start.store(0, ordering: .releasing)
        watch.pointee.isTaken.store(false, ordering: .releasing)
    }

    private static func installed() -> sigaction {
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { _, information, _ in
            LostPages.replace(information?.pointee._sifields._sigfault.si_addr)
        }
        action.sa_flags = SA_SIGINFO | SA_ONSTACK
        var before = sigaction()
        _ = sigaction(SIGBUS, &action, &before)
        return before
    }

    /// Called in the signal handler: system calls and atomic loads only, and errno is left alone.
    private static func replace(_ address: UnsafeMutableRawPointer?) {
        let kept = errno
        defer { errno = kept }
        let place = UInt(bitPattern: address)
        var node = first.load(ordering: .acquiring)
        while let watch = UnsafeMutablePointer<Watch>(bitPattern: node) {
            let start = watch.pointee.start.load(ordering: .acquiring)
            let end = watch.pointee.end.load(ordering: .relaxed)
            if start > 0, place >= start, place < end {
                watch.pointee.hasLost.store(true, ordering: .releasing)
                let page = place & ~(UInt(getpagesize()) - 1)
                let zeros = mmap(
                    UnsafeMutableRawPointer(bitPattern: page), Int(end - page), PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0)
                if zeros != MAP_FAILED { return }
                break
            }
            node = watch.pointee.next
        }
        // The instruction faults again, and then it is dealt with as if this were not here.
        var action = before
        _ = sigaction(SIGBUS, &action, nil)
    }
}
