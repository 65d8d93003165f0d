import Glibc

/// The library that sends exchanges through URLSession, which stands beside the executable and is
/// loaded when it is first asked for: nothing else needs what it links.
///
/// A table of its functions that is made once and never freed, as OpenSSL's is. What they do stands
/// beside them in the target PortableTransport.
struct PortableLibrary {
    static let name = "libChatloadPortable.so"
    /// Of the functions' forms.
    private static let version = 2

    typealias Tell =
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, Int, UnsafePointer<UInt8>?, Int
        ) -> Void

    let open:
        @convention(c) (
            _ origin: UnsafePointer<CChar>, _ connectTimeout: Int, _ headLimit: Int,
            _ bodyLimit: Int, _ verifies: Int, _ authorities: UnsafePointer<CChar>?,
            _ certificate: UnsafePointer<CChar>?, _ key: UnsafePointer<CChar>?,
            _ proxy: UnsafePointer<CChar>
        ) -> UnsafeMutableRawPointer?
    let send:
        @convention(c) (
            _ session: UnsafeMutableRawPointer, _ request: UnsafePointer<UInt8>?, _ count: Int,
            _ tell: Tell, _ context: UnsafeMutableRawPointer?
        ) -> UnsafeMutableRawPointer?
    let cancel: @convention(c) (_ exchange: UnsafeMutableRawPointer) -> Void
    let forget: @convention(c) (_ exchange: UnsafeMutableRawPointer) -> Void
    let close: @convention(c) (_ session: UnsafeMutableRawPointer) -> Void

    /// The table, or why there is none.
    ///
    /// `nonisolated(unsafe)` is sound because what it points to never changes.
    nonisolated(unsafe) static let found = Result<UnsafePointer<PortableLibrary>, PortableComplaint>
    { () throws(PortableComplaint) in
        try load(from: folder)
    }

    /// The folder of this process's executable, links resolved.
    private static var folder: String {
        var room = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &room, room.count)
        let path = String(
            decoding: room.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Loads the library from a folder. It stays loaded.
    static func load(from folder: String) throws(PortableComplaint) -> UnsafePointer<
        PortableLibrary
    > {
        let path = folder + "/" + name
        guard access(path, F_OK) == 0 else { throw .missing(path) }
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw .unusable(dlerror().map { String(cString: $0) } ?? path)
        }
        let version: @convention(c) () -> Int = try function("version", in: handle)
        guard version() == Self.version else { throw .otherVersion(path) }
        let table = UnsafeMutablePointer<PortableLibrary>.allocate(capacity: 1)
        table.initialize(to: try PortableLibrary(handle))
        return UnsafePointer(table)
    }

    private init(_ handle: UnsafeMutableRawPointer) throws(PortableComplaint) {
        open = try Self.function("open", in: handle)
        send = try Self.function("send", in: handle)
        cancel = try Self.function("cancel", in: handle)
        forget = try Self.function("forget", in: handle)
        close = try Self.function("close", in: handle)
    }

    private static func function<Function>(
        _ symbol: String, in handle: UnsafeMutableRawPointer
    ) throws(PortableComplaint) -> Function {
        guard let address = dlsym(handle, "chatload_portable_" + symbol) else {
            throw .unusable("\(name) has no \(symbol)")
        }
        return unsafeBitCast(address, to: Function.self)
    }
}

/// Why nothing can be sent through URLSession; found before anything is sent.
package enum PortableComplaint: Error, Equatable, Sendable {
    /// There is no library at this path.
    case missing(String)
    /// The library at this path belongs to another build.
    case otherVersion(String)
    /// The library cannot be loaded, for this reason.
    case unusable(String)
    /// URLSession uses a libcurl that it cannot be guarded in.
    case unguarded
}
