import Base

/// The platform's OpenSSL 3, found when TLS is first asked for: no header, and nothing to link.
///
/// A table of C functions that is made once and never freed. It is handed round by pointer, so that
/// threads share it without counting references. The tables' properties are called after the
/// functions; what these do, and the constants in the code that calls them, is in section 3 of
/// OpenSSL's manual.
struct OpenSSL {
    let context: ContextFunctions
    let connection: ConnectionFunctions
    let certificate: CertificateFunctions
    let maker: CertificateMakerFunctions
    /// The kind of BIO through which connections reach their sockets.
    let transport: OpaquePointer

    /// The table, or why there is none.
    ///
    /// `nonisolated(unsafe)` is sound because what it points to never changes.
    nonisolated(unsafe) static let found = Result<UnsafePointer<OpenSSL>, Fault> {
        () throws(Fault) in
        do throws(Fault) {
            return try load(ssl: "libssl.so.3", crypto: "libcrypto.so.3")
        } catch {
            throw unusable(error.message)
        }
    }

    /// The table where there is one: for callbacks, which only come where there is.
    nonisolated(unsafe) static let table = try? found.get()

    /// What is to be done where OpenSSL is of no use, for a reason.
    static func unusable(_ reason: String) -> Fault {
        Fault(
            "TLS needs OpenSSL 3, which cannot be used here (\(reason))",
            hint: "install the package that has libssl.so.3, such as Debian's libssl3")
    }

    /// Loads the two libraries. They stay loaded, and no clean-up runs when the process exits: other
    /// threads may still be using them then.
    static func load(
        ssl: String, crypto: String
    ) throws(Fault) -> UnsafePointer<OpenSSL> {
        let crypto = try SharedLibrary(crypto)
        let ssl = try SharedLibrary(ssl)
        let initialise: @convention(c) (UInt64, OpaquePointer?) -> Int32 =
            try ssl.function("OPENSSL_init_ssl")
        let withoutExitHandler: UInt64 = 0x0008_0000
        guard initialise(withoutExitHandler, nil) == 1 else {
            throw Fault("OpenSSL does not start")
        }
        let connection = try ConnectionFunctions(ssl: ssl, crypto: crypto)
        guard let transport = TLSTransport.makeMethod(connection) else {
            throw Fault("OpenSSL has no memory")
        }
        let table = UnsafeMutablePointer<OpenSSL>.allocate(capacity: 1)
        table.initialize(
            to: OpenSSL(
                context: try ContextFunctions(ssl: ssl), connection: connection,
                certificate: try CertificateFunctions(crypto),
                maker: try CertificateMakerFunctions(crypto), transport: transport))
        return UnsafePointer(table)
    }
}

/// `int (*)(int preverified, X509_STORE_CTX *)`.
typealias VerifyCallback = @convention(c) (Int32, OpaquePointer?) -> Int32
/// `int (*)(SSL *, const unsigned char **out, unsigned char *length, const unsigned char *offered,
/// unsigned int offeredLength, void *)`.
typealias ALPNCallback =
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
        UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32
/// `int (*)(BIO *, char *, int)`.
typealias TransportRead = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Int32
/// `int (*)(BIO *, const char *, int)`.
typealias TransportWrite = @convention(c) (OpaquePointer?, UnsafeRawPointer?, Int32) -> Int32
/// `long (*)(BIO *, int, long, void *)`.
typealias TransportControl =
    @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int

/// The functions that a context needs.
struct ContextFunctions {
    let clientMethod: @convention(c) () -> OpaquePointer?
    let serverMethod: @convention(c) () -> OpaquePointer?
    let newContext: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let freeContext: @convention(c) (OpaquePointer?) -> Void
    let controlContext: @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let setOptions: @convention(c) (OpaquePointer?, UInt64) -> UInt64
    let setVerify: @convention(c) (OpaquePointer?, Int32, VerifyCallback?) -> Void
    let setDefaultVerifyPaths: @convention(c) (OpaquePointer?) -> Int32
    let certStore: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let contextParameters: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let useCertificate: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let usePrivateKey: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let setSessionIdentity: @convention(c) (OpaquePointer?, UnsafePointer<UInt8>?, UInt32) -> Int32
    let setALPN: @convention(c) (OpaquePointer?, UnsafePointer<UInt8>?, UInt32) -> Int32
    let setALPNSelect:
        @convention(c) (OpaquePointer?, ALPNCallback?, UnsafeMutableRawPointer?) -> Void

    init(ssl: SharedLibrary) throws(Fault) {
        clientMethod = try ssl.function("TLS_client_method")
        serverMethod = try ssl.function("TLS_server_method")
        newContext = try ssl.function("SSL_CTX_new")
        freeContext = try ssl.function("SSL_CTX_free")
        controlContext = try ssl.function("SSL_CTX_ctrl")
        setOptions = try ssl.function("SSL_CTX_set_options")
        setVerify = try ssl.function("SSL_CTX_set_verify")
        setDefaultVerifyPaths = try ssl.function("SSL_CTX_set_default_verify_paths")
        certStore = try ssl.function("SSL_CTX_get_cert_store")
        contextParameters = try ssl.function("SSL_CTX_get0_param")
        useCertificate = try ssl.function("SSL_CTX_use_certificate")
        usePrivateKey = try ssl.function("SSL_CTX_use_PrivateKey")
        setSessionIdentity = try ssl.function("SSL_CTX_set_session_id_context")
        setALPN = try ssl.function("SSL_CTX_set_alpn_protos")
        setALPNSelect = try ssl.function("SSL_CTX_set_alpn_select_cb")
    }
}

/// The functions that a connection needs.
struct ConnectionFunctions {
    // MARK: Connections

    let new: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let free: @convention(c) (OpaquePointer?) -> Void
    let setBIO: @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Void
    let readBIO: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let setConnectState: @convention(c) (OpaquePointer?) -> Void
    let setAcceptState: @convention(c) (OpaquePointer?) -> Void
    let control: @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let setHost: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
    let parameters: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let handshake: @convention(c) (OpaquePointer?) -> Int32
    let read: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Int32
    let write: @convention(c) (OpaquePointer?, UnsafeRawPointer?, Int32) -> Int32
    let hasPending: @convention(c) (OpaquePointer?) -> Int32
    let shutdown: @convention(c) (OpaquePointer?) -> Int32
    let error: @convention(c) (OpaquePointer?, Int32) -> Int32
    let version: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
    let selectedALPN:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
            UnsafeMutablePointer<UInt32>?
        ) -> Void
    let connectionIndex: @convention(c) () -> Int32
    let alertText: @convention(c) (Int32) -> UnsafePointer<CChar>?

    // MARK: Sessions

    let session: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let setSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let sessionReused: @convention(c) (OpaquePointer?) -> Int32
    let sessionIsResumable: @convention(c) (OpaquePointer?) -> Int32
    let freeSession: @convention(c) (OpaquePointer?) -> Void

    // MARK: The way to the socket

    let newIndex: @convention(c) () -> Int32
    let newMethod: @convention(c) (Int32, UnsafePointer<CChar>?) -> OpaquePointer?
    let setMethodRead: @convention(c) (OpaquePointer?, TransportRead?) -> Int32
    let setMethodWrite: @convention(c) (OpaquePointer?, TransportWrite?) -> Int32
    let setMethodControl: @convention(c) (OpaquePointer?, TransportControl?) -> Int32
    let newBIO: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let setBIOInit: @convention(c) (OpaquePointer?, Int32) -> Void
    let setBIOData: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void
    let bioData: @convention(c) (OpaquePointer?) -> UnsafeMutableRawPointer?
    let setBIOFlags: @convention(c) (OpaquePointer?, Int32) -> Void
    let clearBIOFlags: @convention(c) (OpaquePointer?, Int32) -> Void

    // MARK: Errors

    let lastError: @convention(c) () -> UInt
    let clearErrors: @convention(c) () -> Void
    let errorText: @convention(c) (UInt) -> UnsafePointer<CChar>?

    init(ssl: SharedLibrary, crypto: SharedLibrary) throws(Fault) {
        new = try ssl.function("SSL_new")
        free = try ssl.function("SSL_free")
        setBIO = try ssl.function("SSL_set_bio")
        readBIO = try ssl.function("SSL_get_rbio")
        setConnectState = try ssl.function("SSL_set_connect_state")
        setAcceptState = try ssl.function("SSL_set_accept_state")
        control = try ssl.function("SSL_ctrl")
        setHost = try ssl.function("SSL_set1_host")
        parameters = try ssl.function("SSL_get0_param")
        handshake = try ssl.function("SSL_do_handshake")
        read = try ssl.function("SSL_read")
        write = try ssl.function("SSL_write")
        hasPending = try ssl.function("SSL_has_pending")
        shutdown = try ssl.function("SSL_shutdown")
        error = try ssl.function("SSL_get_error")
        version = try ssl.function("SSL_get_version")
        selectedALPN = try ssl.function("SSL_get0_alpn_selected")
        connectionIndex = try ssl.function("SSL_get_ex_data_X509_STORE_CTX_idx")
        alertText = try ssl.function("SSL_alert_desc_string_long")
        session = try ssl.function("SSL_get1_session")
        setSession = try ssl.function("SSL_set_session")
        sessionReused = try ssl.function("SSL_session_reused")
        sessionIsResumable = try ssl.function("SSL_SESSION_is_resumable")
        freeSession = try ssl.function("SSL_SESSION_free")
        newIndex = try crypto.function("BIO_get_new_index")
        newMethod = try crypto.function("BIO_meth_new")
        setMethodRead = try crypto.function("BIO_meth_set_read")
        setMethodWrite = try crypto.function("BIO_meth_set_write")
        setMethodControl = try crypto.function("BIO_meth_set_ctrl")
        newBIO = try crypto.function("BIO_new")
        setBIOInit = try crypto.function("BIO_set_init")
        setBIOData = try crypto.function("BIO_set_data")
        bioData = try crypto.function("BIO_get_data")
        setBIOFlags = try crypto.function("BIO_set_flags")
        clearBIOFlags = try crypto.function("BIO_clear_flags")
        lastError = try crypto.function("ERR_peek_last_error")
        clearErrors = try crypto.function("ERR_clear_error")
        errorText = try crypto.function("ERR_reason_error_string")
    }
}
