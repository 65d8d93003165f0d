package import Base
import Glibc

/// Run folder: the names of the files that runs keep and read again; those that are made of the
/// figures stand in `Exporter.all`.
package enum RunFolder {
    package static let description = "run.json"
    /// The description of the service, where a file describes it.
    package static let service = "service.json"
    package static let generator = "generator.json"
    package static let log = "exchanges.csv"
    package static let conversations = "conversations.csv"
    package static let summary = "summary.json"
    /// What a run that keeps replies does, in the order of time; gone once it is complete.
    package static let journal = "journal.tsv"
    package static let transcript = "transcript.jsonl"
    package static let batchOutput = "batch_output.jsonl"
    package static let inFlight = "in_flight.json"

    /// Makes a folder that nobody else has, called `path` or `path-2` or `path-3` and so on: who
    /// makes it is who may use it, however many begin at once.
    ///
    /// - Throws: why no folder can be made there.
    package static func claim(_ path: String) throws(Fault) -> String {
        for number in 1...10_000 {
            let name = number == 1 ? path : "\(path)-\(number)"
            if try Files.makeNewFolder(name) { return name }
        }
        throw Fault("\(path): too many folders of this name; choose another one")
    }
}

/// A place outside of a run's folder where the user wants a file, checked before there is anything to
/// write: what cannot be written there is refused then.
///
/// A regular file, or none yet, is written beside its place and renamed, behind links too. Whatever
/// else is there (a device, a FIFO, an open descriptor such as `/dev/fd/63`) is never replaced: it is
/// opened at once and written into.
package struct ExportPlace: Sendable {
    /// How it is written.
    package enum Way: Sendable, Equatable {
        /// By renaming a file over this path, which is no link.
        case replacing(String)
        /// Into an open descriptor, which is closed when all is written.
        case into(Int32)
    }

    /// The place as it was named.
    package let path: String
    package let way: Way

    private static let mostLinks = 40

    /// Looks at what is there, and opens what is to be written into.
    ///
    /// - Parameter output: a folder that may be missing yet and will be made.
    /// - Throws: why nothing can be written there.
    package init(_ path: String, output: String? = nil) throws(Fault) {
        self.path = path
        if let number = Self.descriptor(path) {
            way = .into(try Self.copy(of: number, path))
            return
        }
        var status = stat()
        let isThere = stat(path, &status) == 0
        let target = try Self.target(of: path)
        if !isThere, let output, path.hasPrefix(output + "/") {
            way = .replacing(path)
        } else if let number = Self.descriptor(target) {
            way = .into(try Self.copy(of: number, path))
        } else if !isThere || status.st_mode & S_IFMT == S_IFREG, !target.hasPrefix("/proc/") {
            try Self.requireRoom(at: target, isThere: isThere)
            way = .replacing(target)
        } else {
            way = .into(try Self.open(path, status.st_mode & S_IFMT))
        }
    }

    /// What is written there.
    func replacement() throws(Fault) -> Replacement {
        switch way {
        case .replacing(let target): try Replacement(of: target)
        case .into(let descriptor): Replacement(into: descriptor, path: path)
        }
    }

    /// Writes a file there.
    package func write(_ bytes: [UInt8]) throws(Fault) {
        try Files.write(bytes, in: replacement())
    }

    /// The number of a descriptor of this process by its name; nil for any other path.
    private static func descriptor(_ path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            let folders = ["/dev/fd/", "/proc/self/fd/"]
            return folders.first(where: path.hasPrefix).flatMap { Int32(path.dropFirst($0.count)) }
        }
    }

    private static func copy(of number: Int32, _ path: String) throws(Fault) -> Int32 {
        let mode = fcntl(number, F_GETFL)
        if mode >= 0, mode & O_ACCMODE == O_RDONLY {
            throw Fault("\(path): is open for reading only")
        }
        let descriptor = fcntl(number, F_DUPFD_CLOEXEC, 0)
        if mode < 0 || descriptor < 0 { throw Files.fault("cannot be written", path) }
        return descriptor
    }

    /// Where links lead, as far as they do.
    private static func target(of path: String) throws(Fault) -> String {
        var path = path
        for _ in 0..<mostLinks {
            if descriptor(path) != nil { return path }
            var room = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &room, room.count)
            if count < 0 { return path }
            let next = String(
                decoding: room.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            path = next.hasPrefix("/") ? next : folder + next
        }
        throw Files.fault("cannot be written", path, because: ELOOP)
    }

    /// Opens what is no regular file, and waits for nobody.
    private static func open(_ path: String, _ kind: mode_t) throws(Fault) -> Int32 {
        if kind == S_IFDIR { throw Fault("\(path): is a folder") }
        let descriptor = Glibc.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        if descriptor < 0, errno == ENXIO, kind == S_IFIFO {
            throw Fault("\(path): nobody reads from this FIFO; start its reader first")
        }
        if descriptor < 0 { throw Files.fault("cannot be written", path) }
        _ = fcntl(descriptor, F_SETFL, 0)
        return descriptor
    }

    /// Makes sure that a file can be made at `path`.
    private static func requireRoom(at path: String, isThere: Bool) throws(Fault) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? "./"
        if path.isEmpty { throw Fault("the file to write has no name") }
        if path.hasSuffix("/") { throw Fault("\(path): is a folder") }
        if !Files.isFolder(folder) { throw Fault("\(folder): there is no such folder") }
        if isThere, access(path, W_OK) != 0 {
            throw Files.fault("cannot be written", path)
        }
        try Replacement.requireRoom(at: path)
    }
}
