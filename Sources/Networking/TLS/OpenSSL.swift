import Glibc

/// The platform's OpenSSL 3, found when TLS is first asked for: no header, and nothing to link.
///
/// A table of C functions that is made once and never freed. It is handed round by pointer, so that
/// threads share it without counting references. The tables' properties are called after the
/// functions; what these do, and the constants in the code that calls them, is in section 3 of
/// OpenSSL's manual.
struct OpenSSL {
    let connection: ConnectionFunctions
    let certificate: CertificateFunctions
    let maker: CertificateMakerFunctions
    /// The kind of BIO through which connections reach their sockets.
    let transport: OpaquePointer

    /// The table, or why there is none.
    ///
    /// `nonisolated(unsafe)` is sound because what it points to never changes.
    nonisolated(unsafe) static let found = Result<UnsafePointer<OpenSSL>, TLSComplaint> {
        () throws(TLSComplaint) in
        try load(ssl: "libssl.so.3", crypto: "libcrypto.so.3")
    }

    /// The table where there is one: for callbacks, which only come where there is.
    nonisolated(unsafe) static let table = try? found.get()

    /// Loads the two libraries. They stay loaded, and no clean-up runs when the process exits: other
    /// threads may still be using them then.
    static func load(
        ssl: String, crypto: String
    ) throws(TLSComplaint) -> UnsafePointer<OpenSSL> {
        let crypto = try Library(crypto)
        let ssl = try Library(ssl)
        let initialise: @convention(c) (UInt64, OpaquePointer?) -> Int32 =
            try ssl.function("OPENSSL_init_ssl")
        let withoutExitHandler: UInt64 = 0x0008_0000
        guard initialise(withoutExitHandler, nil) == 1 else {
            throw .unavailable("OpenSSL does not start")
        }
        let connection = try ConnectionFunctions(ssl: ssl, crypto: crypto)
        guard let transport = TLSTransport.makeMethod(connection) else {
            throw .unavailable("OpenSSL has no memory")
        }
        let table = UnsafeMutablePointer<OpenSSL>.allocate(capacity: 1)
        table.initialize(
            to: OpenSSL(
                connection: connection, certificate: try CertificateFunctions(crypto),
                maker: try CertificateMakerFunctions(crypto), transport: transport))
        return UnsafePointer(table)
    }

    /// A shared library and what is looked up in it.
    struct Library {
        private let name: String
        private let handle: UnsafeMutableRawPointer

        init(_ name: String) throws(TLSComplaint) {
            guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
                throw .unavailable(dlerror().map { String(cString: $0) } ?? "no \(name)")
            }
            self.name = name
            self.handle = handle
        }

        /// The function of this name, as the C function type that is wanted.
        func function<Function>(_ symbol: String) throws(TLSComplaint) -> Function {
            guard let address = dlsym(handle, symbol) else {
                throw .unavailable("\(name) has no \(symbol)")
            }
            return unsafeBitCast(address, to: Function.self)
        }
    }
}
