import Networking

/// Back-off of one user after failures that cost nothing, because nothing was sent: a service that
/// is not there must cost neither a core nor a disk full of log. It doubles with every such failure
/// in a row up to a second, and a success ends it.
///
/// It counts from when the failed attempt began, so what took longer to fail asks for none.
struct FailureBackoff {
    private static let first = Nanoseconds.milliseconds(4)
    private static let longest = Nanoseconds.seconds(1)
    /// The failures after which it does not grow any more.
    private static let most: UInt8 = 8

    private var failures: UInt8 = 0
    /// Whether the latest failure has not been waited out yet.
    private(set) var isDue = false
    /// Until when the user is to do nothing.
    private(set) var end = Nanoseconds.zero

    /// An attempt that began at `start` has failed, and nothing was sent. Where a schedule spaces the
    /// user's attempts (`isPaced`), only the loop is given back.
    mutating func fail(begun start: Nanoseconds, isPaced: Bool) {
        let span = Nanoseconds(Self.first.count << Int64(failures))
        end = isPaced ? start : start + min(span, Self.longest)
        failures = min(failures + 1, Self.most)
        isDue = true
    }

    mutating func succeed() { failures = 0 }

    /// The wait is over, or nobody is to wait.
    mutating func clear() { isDue = false }
}
