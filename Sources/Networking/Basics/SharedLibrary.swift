import Glibc

/// A shared library of the platform, found when it is first needed, and what is looked up in it. It
/// stays loaded.
struct SharedLibrary {
    /// Why a library or a function of it is not there, in the loader's words.
    struct Missing: Error, Equatable {
        var reason: String
    }

    private let name: String
    private let handle: UnsafeMutableRawPointer

    init(_ name: String) throws(Missing) {
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw Missing(reason: dlerror().map { String(cString: $0) } ?? "no \(name)")
        }
        self.name = name
        self.handle = handle
    }

    /// The function of this name, as the C function type that is wanted.
    func function<Function>(_ symbol: String) throws(Missing) -> Function {
        guard let address = dlsym(handle, symbol) else {
            throw Missing(reason: "\(name) has no \(symbol)")
        }
        return unsafeBitCast(address, to: Function.self)
    }
}
