import Glibc
import LinuxSystem

/// Threads of our own, for the few things that must not share one: a loop, a blocking name look-up.
package enum SystemThread {
    /// Whether so many more threads can be had at once, and so many bytes of address space beside
    /// them: they are made, and ended again. Each allocates, so that it has what the allocator
    /// reserves for a thread.
    ///
    /// - Returns: 0, or the error number with which the system refuses one of them.
    package static func refusal(of count: Int, beside bytes: Int) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return errno }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let waiting = ends[0]
        var status: Int32 = 0
        var threads: [pthread_t] = []
        while status == 0, threads.count < count {
            var thread = pthread_t()
            status = pthread_create(
                &thread, nil,
                { argument in
                    free(malloc(1))
                    // Until the other end is closed.
                    var byte: UInt8 = 0
                    while read(Int32(Int(bitPattern: argument)), &byte, 1) < 0, errno == EINTR {}
                    return nil
                }, UnsafeMutableRawPointer(bitPattern: Int(waiting)))
            if status == 0 { threads.append(thread) }
        }
        if status == 0 {
            let room = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            if room == MAP_FAILED { status = errno } else { munmap(room, bytes) }
        }
        close(ends[1])
        for thread in threads { pthread_join(thread, nil) }
        close(waiting)
        return status
    }

    /// Runs `body` on a new detached thread. `name` is cut to the kernel's 15 characters.
    ///
    /// - Returns: 0, or the error number with which the system refuses another thread (EAGAIN).
    package static func spawn(
        named name: String, _ body: @escaping @Sendable () -> Void
    ) -> Int32 {
        var thread = pthread_t()
        let start = UnsafeMutablePointer<@Sendable () -> Void>.allocate(capacity: 1)
        start.initialize(to: {
            _ = chatload_name_thread(String(name.prefix(15)))
            body()
        })
        let status = pthread_create(
            &thread, nil,
            { argument in
                let start = argument?.assumingMemoryBound(to: (@Sendable () -> Void).self)
                let body = start?.move()
                start?.deallocate()
                body?()
                return nil
            }, start)
        guard status == 0 else {
            start.deinitialize(count: 1)
            start.deallocate()
            return status
        }
        pthread_detach(thread)
        return 0
    }
}
