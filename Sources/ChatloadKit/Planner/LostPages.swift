import Glibc
import Synchronization

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
