import Base
import ChatloadKit
import Glibc
import Networking

/// Makes sure that the threads can be had: one for each loop, one for signals, and those of Swift's
/// own pool, without which nothing that waits goes on; and the memory beside them.
///
/// - Throws: why another thread is refused.
func requireThreads(forLoops loops: Int, users: Int = 1) throws(Fault) {
    // Besides its pool libdispatch starts its manager, and whoever serves a timer's queue or a
    // blocked one. Where it gets none of these it waits for ever.
    let needed = loops + 1 + ThisProcess.usableProcessors + 3
    // What a run takes of the address space at most: for itself, and for each user.
    let room = (64 << 20) + (32 << 10) * users
    let status = SystemThread.refusal(of: needed, beside: room)
    if status == 0 { return }
    throw Fault(
        "cannot start \(needed) threads and have memory beside them: \(String(cString: strerror(status)))",
        hint:
            "raise the limit (ulimit -u, or the container's; ulimit -v where memory is bounded)"
            + (loops > 1 ? ", or use --workers 1" : ""), exitCode: .internalError)
}

/// Whether the process's limits leave room for what is about to be done, asked before anything is
/// sent: what runs out in the middle of a run costs the run.
extension PreparedRun {

    /// Raises the limit on open files and makes sure that it is enough for all users at once, where
    /// all are to be there at once, and that there are threads.
    ///
    /// - Returns: how many files and sockets the run may have open.
    /// - Throws: that the limit is too low.
    func requireResources() throws(Fault) -> Int {
        let limit = ThisProcess.raiseDescriptorLimit()
        let (users, needed) = (usersAtOnce, descriptorsNeeded)
        // The ceiling of a schedule is seldom reached, and users that give their connections back
        // do not all need one at once.
        let isCertain = plan.load.arrivals == nil && plan.connections.idleClose == nil
        if needed > limit, isCertain || descriptorsNeeded(by: 1) > limit {
            throw Fault(
                "\(Figures.count(users)) \(users == 1 ? "user needs" : "users need")"
                    + " \(Figures.count(needed)) file descriptors, and the limit is"
                    + " \(Figures.count(limit))",
                hint: "raise it (ulimit -n \(needed)), or use fewer users (-c), or --idle-close")
        }
        try requireThreads(forLoops: loops, users: users)
        return limit
    }

    /// The users that may be there at the same time.
    var usersAtOnce: Int {
        min(plan.load.users, plan.load.arrivals == nil ? plan.conversationLimit ?? .max : .max)
    }

    /// The event loops: a worker's each, the log's, and the sandbox's.
    var loops: Int { workers + 1 + (sandbox == nil ? 0 : 1) }

    /// The file descriptors that all users take at once.
    var descriptorsNeeded: Int { descriptorsNeeded(by: usersAtOnce) }

    /// The file descriptors that so many users take at once: a connection each, at both ends where
    /// the sandbox is inside, and what is open beside them: each loop's, and a dozen files.
    private func descriptorsNeeded(by users: Int) -> Int {
        users * (sandbox == nil ? 1 : 2) + ThisProcess.openDescriptors + 2 * loops + 12
    }
}
