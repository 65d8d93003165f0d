import Base
import ChatloadKit
import Glibc
import Networking

/// Whether the process's limits leave room for what is about to be done, asked before anything is
/// sent: what runs out in the middle of a run costs the run.
enum ResourceCheck {
    /// The files that a run has open besides its connections and what its loops need.
    private static let files = 12
    /// What libdispatch starts besides its pool: its manager, and whoever serves a timer's queue or
    /// a blocked one. Where it gets none of these it waits for ever.
    private static let dispatchThreads = 3

    /// What a run takes of the address space at most: for itself, and for each user.
    private static let room = (own: 64 << 20, user: 32 << 10)

    /// Makes sure that the threads can be had: one for each loop, one for signals, and those of
    /// Swift's own pool, without which nothing that waits goes on; and the memory beside them.
    ///
    /// - Throws: why another thread is refused.
    static func threads(forLoops loops: Int, users: Int = 1) throws(Fault) {
        let needed = loops + 1 + ThisProcess.usableProcessors + dispatchThreads
        let status = SystemThread.refusal(of: needed, beside: room.own + room.user * users)
        if status == 0 { return }
        throw Fault(
            "cannot start \(needed) threads and have memory beside them: \(String(cString: strerror(status)))",
            hint:
                "raise the limit (ulimit -u, or the container's; ulimit -v where memory is bounded)"
                + (loops > 1 ? ", or use --workers 1" : ""), exitCode: .internalError)
    }

    /// Raises the limit on open files and makes sure that it is enough for all users at once, where
    /// all are to be there at once.
    ///
    /// - Returns: the limit in force.
    /// - Throws: that it is too low.
    static func descriptors(for order: PreparedRun) throws(Fault) -> Int {
        let limit = ThisProcess.raiseDescriptorLimit()
        let users = order.usersAtOnce
        let needed = order.descriptorsNeeded
        // The ceiling of a schedule is seldom reached, and users that give their connections back
        // do not all need one at once.
        let isCertain = order.plan.load.arrivals == nil && order.plan.connections.idleClose == nil
        guard needed > limit, isCertain || order.descriptorsNeeded(by: 1) > limit else {
            return limit
        }
        throw Fault(
            "\(Figures.count(users)) \(users == 1 ? "user needs" : "users need")"
                + " \(Figures.count(needed)) file descriptors, and the limit is"
                + " \(Figures.count(limit))",
            hint: "raise it (ulimit -n \(needed)), or use fewer users (-c), or --idle-close")
    }

    /// Both, for a run.
    ///
    /// - Returns: how many files and sockets it may have open.
    static func all(for order: PreparedRun) throws(Fault) -> Int {
        let limit = try descriptors(for: order)
        try threads(forLoops: order.loops, users: order.usersAtOnce)
        return limit
    }

    fileprivate static func base(loops: Int) -> Int {
        ThisProcess.openDescriptors + 2 * loops + files
    }
}

extension PreparedRun {
    /// The users that may be there at the same time.
    var usersAtOnce: Int {
        min(plan.load.users, plan.load.arrivals == nil ? plan.conversationLimit ?? .max : .max)
    }

    /// The event loops: a worker's each, the log's, and the sandbox's.
    var loops: Int { workers + 1 + (sandbox == nil ? 0 : 1) }

    /// The file descriptors that all users take at once.
    var descriptorsNeeded: Int { descriptorsNeeded(by: usersAtOnce) }

    /// The file descriptors that so many users take at once: a connection each, at both ends where
    /// the sandbox is inside, and what is open beside them.
    func descriptorsNeeded(by users: Int) -> Int {
        users * (sandbox == nil ? 1 : 2) + ResourceCheck.base(loops: loops)
    }
}
