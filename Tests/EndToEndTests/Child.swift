import Glibc
import Base
import Networking
import Support

/// A run of the built binary: what it was given, what it printed, how it ended.
///
/// Nothing waits for longer than `patience`: then the process is killed, and what was waited for
/// has not come.
final class Child {
    /// How a process ended, and all it printed.
    struct Ending {
        /// The exit code; 128 and the signal's number when a signal ended it.
        var code: Int32
        var output: String
        var messages: String
    }

    /// What its stdout is.
    enum Output {
        case kept
        /// A pipe that nobody reads any more.
        case abandoned
        /// None at all.
        case none
        /// A device that takes nothing, as a full disk.
        case full
    }

    private static let patience: Double = Sanitizer.isOfThreads ? 300 : 60

    /// The repository's root, in which every child starts.
    static let root = String(#filePath.dropLast("/Tests/EndToEndTests/Child.swift".count))

    /// One child starts at a time: a pipe that is not yet marked as this process's own would go
    /// to the other child too, and its end unnoticed.
    private static let gate = Locked(())

    private(set) var pid: pid_t = 0
    private var output = ChildPipe()
    private var messages = ChildPipe()
    private let deadline = Child.now() + Child.patience

    /// Starts the binary that was built together with this test, its files limited to `fileSize`
    /// bytes each; or another binary.
    init(
        _ arguments: [String], environment: [String: String] = [:], output: Output = .kept,
        messages words: Output = .kept, fileSize: Int? = nil, binary: String = Child.binary
    ) throws {
        let limit = fileSize.map { ["/usr/bin/prlimit", "--fsize=\($0)"] } ?? []
        let command = limit + [binary] + arguments
        pid = try Self.gate.withLock { _ in try start(command, environment, output, words) }
        self.output.closeWriteEnd()
        messages.closeWriteEnd()
    }

    private func start(
        _ arguments: [String], _ environment: [String: String], _ output: Output,
        _ words: Output
    ) throws -> pid_t {
        try self.output.open()
        try messages.open()
        if output == .abandoned { self.output.closeReadEnd() }
        if words == .abandoned { messages.closeReadEnd() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if output == .none {
            posix_spawn_file_actions_addclose(&actions, STDOUT_FILENO)
        } else if output == .full {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/full", O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, self.output.writeEnd, STDOUT_FILENO)
        }
        if words == .none {
            posix_spawn_file_actions_addclose(&actions, STDERR_FILENO)
        } else {
            posix_spawn_file_actions_adddup2(&actions, messages.writeEnd, STDERR_FILENO)
        }
        // What libraries in the tests' process have opened is none of the child's.
        try Self.closeOthers(&actions)
        // `env` changes the folder and becomes the binary.
        let command = ["/usr/bin/env", "-C", Self.root] + arguments
        let variables = environment.merging(Sanitizer.environment) { given, _ in given }
        return try Self.spawn(command, variables, &actions)
    }

    /// Swift's Glibc module does not have it.
    private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) throws {
        typealias CloseFrom =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        let name = "posix_spawn_file_actions_addclosefrom_np"
        guard let address = dlsym(nil, name) else { throw Unavailable(what: name) }
        _ = unsafeBitCast(address, to: CloseFrom.self)(&actions, STDERR_FILENO + 1)
    }

    deinit {
        output.closeReadEnd()
        messages.closeReadEnd()
    }

    /// How many descriptors it has open.
    var descriptors: Int { names(in: "/proc/\(pid)/fd").count }

    /// Sends a signal.
    func signal(_ number: Int32) { kill(pid, number) }

    /// The first line of stdout, once it is complete; nil when the process ends without one.
    func firstLine() -> String? {
        read { $0.output.text.contains("\n") }
        let line = output.text.prefix { $0 != "\n" }
        return line.isEmpty ? nil : String(line)
    }

    /// Whether stdout gets `text`, now or later.
    func prints(_ text: String) -> Bool {
        read { $0.output.text.contains(text) }
        return output.text.contains(text)
    }

    /// Whether stderr says `text`, now or later.
    func says(_ text: String) -> Bool {
        read { $0.messages.text.contains(text) }
        return messages.text.contains(text)
    }

    /// What stderr says behind `text`, up to the end of that line, now or later.
    func words(after text: String) -> String? {
        func found() -> String? {
            let rest = messages.text.split(separator: text, maxSplits: 1).dropFirst().first
            guard let rest, rest.contains("\n") else { return nil }
            return String(rest.prefix { $0 != "\n" })
        }
        read { _ in found() != nil }
        return found()
    }

    /// Waits for the end.
    func ending() -> Ending {
        read { _ in false }
        if Self.now() >= deadline { kill(pid, SIGKILL) }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let signal = status & 0x7F
        let code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return Ending(code: code, output: output.text, messages: messages.text)
    }

    /// Reads both pipes until `isEnough`, the end of both, or the deadline.
    private func read(until isEnough: (Child) -> Bool) {
        while !isEnough(self), output.isOpen || messages.isOpen {
            let rest = deadline - Self.now()
            if rest <= 0 { return }
            var polled = [output, messages].filter(\.isOpen).map {
                pollfd(fd: $0.readEnd, events: Int16(POLLIN), revents: 0)
            }
            poll(&polled, nfds_t(polled.count), Int32(rest * 1_000) + 1)
            for ready in polled where ready.revents != 0 {
                if ready.fd == output.readEnd { output.readOnce() } else { messages.readOnce() }
            }
        }
    }

    /// The binary stands beside the bundle of tests.
    static let binary: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(readlink("/proc/self/exe", &path, path.count), 0)
        let own = String(decoding: path.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return String(own[..<(own.lastIndex(of: "/") ?? own.endIndex)]) + "/chatload"
    }()

    private static func spawn(
        _ arguments: [String], _ environment: [String: String],
        _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        let variables = environment.map { "\($0)=\($1)" } + ["PATH=/usr/bin:/bin"]
        var words = arguments.map { strdup($0) } + [nil]
        var settings = variables.map { strdup($0) } + [nil]
        defer { for text in words + settings { free(text) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, arguments[0], &actions, nil, &words, &settings)
        guard failure == 0 else { throw Unavailable(what: "\(arguments[0]): \(failure)") }
        return pid
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What a test needs of the system is not there.
struct Unavailable: Error {
    var what: String
}
