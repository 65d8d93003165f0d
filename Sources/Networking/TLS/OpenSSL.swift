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

    /// One of the two libraries; what is missing is told in the words of TLS.
    struct Library {
        private let library: SharedLibrary

        init(_ name: String) throws(TLSComplaint) {
            do throws(SharedLibrary.Missing) {
                library = try SharedLibrary(name)
            } catch {
                throw .unavailable(error.reason)
            }
        }

        /// The function of this name, as the C function type that is wanted.
        func function<Function>(_ symbol: String) throws(TLSComplaint) -> Function {
            do throws(SharedLibrary.Missing) {
                return try library.function(symbol)
            } catch {
                throw .unavailable(error.reason)
            }
        }
    }
}
