import Glibc
import LinuxSystem

/// Threads of our own, for the few things that must not share one: a loop, a blocking name look-up.
package enum SystemThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs `body` on a new detached thread. `name` is cut to the kernel's 15 characters.
    ///
    /// - Returns: 0, or the error number with which the system refuses another thread (EAGAIN).
    package static func spawn(
        named name: String, _ body: @escaping @Sendable () -> Void
    ) -> Int32 {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                _ = chatload_name_thread(String(start.name.prefix(15)))
                start.body()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            start.release()
            return status
        }
        pthread_detach(thread)
        return 0
    }
}
