import Glibc

/// How many files and sockets the process may have open at once (RLIMIT_NOFILE).
package enum DescriptorLimit {
    /// How many files and sockets this process has open; the three standard ones where the system
    /// does not tell.
    package static var used: Int {
        guard let folder = opendir("/proc/self/fd") else { return 3 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Less the folder itself and its two names for folders.
        return max(count - 3, 3)
    }

    /// Raises the soft limit to the hard one, which takes no privilege: the usual soft limit of 1,024
    /// is a compatibility with `select` and far below what a load test needs.
    ///
    /// - Returns: the limit in force afterwards, raised or not; `Int.max` where there is none.
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
                limit = raised
            }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
