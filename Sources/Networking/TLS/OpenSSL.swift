import Base
import Glibc

/// The platform's OpenSSL 3, found when TLS is first asked for: no header, and nothing to link.
///
/// A table of C functions that is made once and never freed. It is handed round by pointer, so that
/// threads share it without counting references. The tables' properties are called after the
/// functions; what these do, and the constants in the code that calls them, is in section 3 of
/// OpenSSL's manual.
struct OpenSSL {
    /// An object of OpenSSL's; nil for none.
    typealias Object = OpaquePointer?
    typealias Room = UnsafeMutableRawPointer?
    typealias Text = UnsafePointer<CChar>?
    typealias Octets = UnsafePointer<UInt8>?
    /// `X509 *(*)(BIO *, X509 **, pem_password_cb *, void *)`, and the same for keys.
    typealias PEMReader = @convention(c) (Object, Room, PasswordCallback?, Room) -> Object

    /// The kind of BIO through which connections reach their sockets; made from the rest.
    private(set) var transport: Object = nil

    // MARK: Contexts

    let clientMethod: @convention(c) () -> Object = symbol("TLS_client_method")
    let serverMethod: @convention(c) () -> Object = symbol("TLS_server_method")
    let newContext: @convention(c) (Object) -> Object = symbol("SSL_CTX_new")
    let freeContext: @convention(c) (Object) -> Void = symbol("SSL_CTX_free")
    let controlContext: @convention(c) (Object, Int32, Int, Room) -> Int = symbol("SSL_CTX_ctrl")
    let setOptions: @convention(c) (Object, UInt64) -> UInt64 = symbol("SSL_CTX_set_options")
    let setVerify: @convention(c) (Object, Int32, VerifyCallback?) -> Void = symbol(
        "SSL_CTX_set_verify")
    let setDefaultVerifyPaths: @convention(c) (Object) -> Int32 = symbol(
        "SSL_CTX_set_default_verify_paths")
    let certStore: @convention(c) (Object) -> Object = symbol("SSL_CTX_get_cert_store")
    let contextParameters: @convention(c) (Object) -> Object = symbol("SSL_CTX_get0_param")
    let useCertificate: @convention(c) (Object, Object) -> Int32 = symbol("SSL_CTX_use_certificate")
    let usePrivateKey: @convention(c) (Object, Object) -> Int32 = symbol("SSL_CTX_use_PrivateKey")
    let setSessionIdentity: @convention(c) (Object, Octets, UInt32) -> Int32 = symbol(
        "SSL_CTX_set_session_id_context")
    let setALPN: @convention(c) (Object, Octets, UInt32) -> Int32 = symbol(
        "SSL_CTX_set_alpn_protos")
    let setALPNSelect: @convention(c) (Object, ALPNCallback?, Room) -> Void = symbol(
        "SSL_CTX_set_alpn_select_cb")

    // MARK: Connections

    let newConnection: @convention(c) (Object) -> Object = symbol("SSL_new")
    let freeConnection: @convention(c) (Object) -> Void = symbol("SSL_free")
    let setBIO: @convention(c) (Object, Object, Object) -> Void = symbol("SSL_set_bio")
    let connectionBIO: @convention(c) (Object) -> Object = symbol("SSL_get_rbio")
    let setConnectState: @convention(c) (Object) -> Void = symbol("SSL_set_connect_state")
    let setAcceptState: @convention(c) (Object) -> Void = symbol("SSL_set_accept_state")
    let control: @convention(c) (Object, Int32, Int, Room) -> Int = symbol("SSL_ctrl")
    let setHost: @convention(c) (Object, Text) -> Int32 = symbol("SSL_set1_host")
    let connectionParameters: @convention(c) (Object) -> Object = symbol("SSL_get0_param")
    let handshake: @convention(c) (Object) -> Int32 = symbol("SSL_do_handshake")
    let read: @convention(c) (Object, Room, Int32) -> Int32 = symbol("SSL_read")
    let write: @convention(c) (Object, UnsafeRawPointer?, Int32) -> Int32 = symbol("SSL_write")
    let hasPending: @convention(c) (Object) -> Int32 = symbol("SSL_has_pending")
    let shutdown: @convention(c) (Object) -> Int32 = symbol("SSL_shutdown")
    let connectionError: @convention(c) (Object, Int32) -> Int32 = symbol("SSL_get_error")
    let protocolVersion: @convention(c) (Object) -> Text = symbol("SSL_get_version")
    let selectedALPN:
        @convention(c) (Object, UnsafeMutablePointer<Octets>?, UnsafeMutablePointer<UInt32>?) ->
            Void = symbol("SSL_get0_alpn_selected")
    let connectionIndex: @convention(c) () -> Int32 = symbol("SSL_get_ex_data_X509_STORE_CTX_idx")
    let alertText: @convention(c) (Int32) -> Text = symbol("SSL_alert_desc_string_long")

    // MARK: Sessions

    let session: @convention(c) (Object) -> Object = symbol("SSL_get1_session")
    let setSession: @convention(c) (Object, Object) -> Int32 = symbol("SSL_set_session")
    let sessionReused: @convention(c) (Object) -> Int32 = symbol("SSL_session_reused")
    let sessionIsResumable: @convention(c) (Object) -> Int32 = symbol("SSL_SESSION_is_resumable")
    let freeSession: @convention(c) (Object) -> Void = symbol("SSL_SESSION_free")

    // MARK: The way to the socket

    let newIndex: @convention(c) () -> Int32 = symbol("BIO_get_new_index")
    let newMethod: @convention(c) (Int32, Text) -> Object = symbol("BIO_meth_new")
    let setMethodRead: @convention(c) (Object, TransportRead?) -> Int32 = symbol(
        "BIO_meth_set_read")
    let setMethodWrite: @convention(c) (Object, TransportWrite?) -> Int32 = symbol(
        "BIO_meth_set_write")
    let setMethodControl: @convention(c) (Object, TransportControl?) -> Int32 = symbol(
        "BIO_meth_set_ctrl")
    let newBIO: @convention(c) (Object) -> Object = symbol("BIO_new")
    let setBIOInit: @convention(c) (Object, Int32) -> Void = symbol("BIO_set_init")
    let setBIOData: @convention(c) (Object, Room) -> Void = symbol("BIO_set_data")
    let bioData: @convention(c) (Object) -> Room = symbol("BIO_get_data")
    let setBIOFlags: @convention(c) (Object, Int32) -> Void = symbol("BIO_set_flags")
    let clearBIOFlags: @convention(c) (Object, Int32) -> Void = symbol("BIO_clear_flags")

    // MARK: Errors

    let lastError: @convention(c) () -> UInt = symbol("ERR_peek_last_error")
    let clearErrors: @convention(c) () -> Void = symbol("ERR_clear_error")
    let errorText: @convention(c) (UInt) -> Text = symbol("ERR_reason_error_string")

    // MARK: PEM

    let newMemoryBIO: @convention(c) (UnsafeRawPointer?, Int32) -> Object = symbol(
        "BIO_new_mem_buf")
    let freeBIO: @convention(c) (Object) -> Int32 = symbol("BIO_free")
    let readX509: PEMReader = symbol("PEM_read_bio_X509")
    let readPrivateKey: PEMReader = symbol("PEM_read_bio_PrivateKey")
    let freeX509: @convention(c) (Object) -> Void = symbol("X509_free")
    let freeKey: @convention(c) (Object) -> Void = symbol("EVP_PKEY_free")
    let checkPrivateKey: @convention(c) (Object, Object) -> Int32 = symbol("X509_check_private_key")

    // MARK: Trust

    let addToStore: @convention(c) (Object, Object) -> Int32 = symbol("X509_STORE_add_cert")
    let setFlags: @convention(c) (Object, UInt) -> Int32 = symbol("X509_VERIFY_PARAM_set_flags")
    let setHostFlags: @convention(c) (Object, UInt32) -> Void = symbol(
        "X509_VERIFY_PARAM_set_hostflags")
    let setIP: @convention(c) (Object, Text) -> Int32 = symbol("X509_VERIFY_PARAM_set1_ip_asc")
    let storeData: @convention(c) (Object, Int32) -> Object = symbol("X509_STORE_CTX_get_ex_data")
    let storeError: @convention(c) (Object) -> Int32 = symbol("X509_STORE_CTX_get_error")
    let storeDepth: @convention(c) (Object) -> Int32 = symbol("X509_STORE_CTX_get_error_depth")
    let currentCertificate: @convention(c) (Object) -> Object = symbol(
        "X509_STORE_CTX_get_current_cert")
    let verifyText: @convention(c) (Int) -> Text = symbol("X509_verify_cert_error_string")

    // MARK: What a certificate says

    let issuer: @convention(c) (Object) -> Object = symbol("X509_get_issuer_name")
    let subject: @convention(c) (Object) -> Object = symbol("X509_get_subject_name")
    let nameEntryIndex: @convention(c) (Object, Int32, Int32) -> Int32 = symbol(
        "X509_NAME_get_index_by_NID")
    let nameEntry: @convention(c) (Object, Int32) -> Object = symbol("X509_NAME_get_entry")
    let nameEntryData: @convention(c) (Object) -> Object = symbol("X509_NAME_ENTRY_get_data")
    let timeParts: @convention(c) (Object, UnsafeMutablePointer<tm>?) -> Int32 = symbol(
        "ASN1_TIME_to_tm")
    let extensionValue: @convention(c) (Object, Int32, Room, Room) -> Object = symbol(
        "X509_get_ext_d2i")
    let stackCount: @convention(c) (Object) -> Int32 = symbol("OPENSSL_sk_num")
    let stackItem: @convention(c) (Object, Int32) -> Object = symbol("OPENSSL_sk_value")
    let generalName: @convention(c) (Object, UnsafeMutablePointer<Int32>?) -> Object = symbol(
        "GENERAL_NAME_get0_value")
    let freeGeneralNames: @convention(c) (Object) -> Void = symbol("GENERAL_NAMES_free")
    let stringBytes: @convention(c) (Object) -> Octets = symbol("ASN1_STRING_get0_data")
    let stringLength: @convention(c) (Object) -> Int32 = symbol("ASN1_STRING_length")

    // MARK: Making keys

    let newKeyMaker: @convention(c) (Int32, Object) -> Object = symbol("EVP_PKEY_CTX_new_id")
    let freeKeyMaker: @convention(c) (Object) -> Void = symbol("EVP_PKEY_CTX_free")
    let startKeys: @convention(c) (Object) -> Int32 = symbol("EVP_PKEY_keygen_init")
    let setGroup: @convention(c) (Object, Text) -> Int32 = symbol("EVP_PKEY_CTX_set_group_name")
    let makeKey: @convention(c) (Object, UnsafeMutablePointer<OpaquePointer?>?) -> Int32 = symbol(
        "EVP_PKEY_generate")

    // MARK: Making certificates

    let newX509: @convention(c) () -> Object = symbol("X509_new")
    let setVersion: @convention(c) (Object, Int) -> Int32 = symbol("X509_set_version")
    let serialNumber: @convention(c) (Object) -> Object = symbol("X509_get_serialNumber")
    let setInteger: @convention(c) (Object, UInt64) -> Int32 = symbol("ASN1_INTEGER_set_uint64")
    let notBefore: @convention(c) (Object) -> Object = symbol("X509_getm_notBefore")
    let notAfter: @convention(c) (Object) -> Object = symbol("X509_getm_notAfter")
    let setTime: @convention(c) (Object, Int) -> Object = symbol("X509_gmtime_adj")
    let setKey: @convention(c) (Object, Object) -> Int32 = symbol("X509_set_pubkey")
    let addNameEntry: @convention(c) (Object, Text, Int32, Octets, Int32, Int32, Int32) -> Int32 =
        symbol("X509_NAME_add_entry_by_txt")
    let setIssuer: @convention(c) (Object, Object) -> Int32 = symbol("X509_set_issuer_name")
    let newExtension: @convention(c) (Object, Object, Int32, Text) -> Object = symbol(
        "X509V3_EXT_conf_nid")
    let addExtension: @convention(c) (Object, Object, Int32) -> Int32 = symbol("X509_add_ext")
    let freeExtension: @convention(c) (Object) -> Void = symbol("X509_EXTENSION_free")
    let sha256: @convention(c) () -> Object = symbol("EVP_sha256")
    let sign: @convention(c) (Object, Object, Object) -> Int32 = symbol("X509_sign")

    // MARK: Writing PEM

    let memoryMethod: @convention(c) () -> Object = symbol("BIO_s_mem")
    let readMemory: @convention(c) (Object, Room, Int32) -> Int32 = symbol("BIO_read")
    let writeX509: @convention(c) (Object, Object) -> Int32 = symbol("PEM_write_bio_X509")
    let writePrivateKey:
        @convention(c) (Object, Object, Object, UnsafeRawPointer?, Int32, PasswordCallback?, Room)
            -> Int32 = symbol("PEM_write_bio_PrivateKey")

    /// The table, or why there is none.
    ///
    /// `nonisolated(unsafe)` is sound because what it points to never changes.
    nonisolated(unsafe) static let found = Result<UnsafePointer<OpenSSL>, Fault> {
        () throws(Fault) in
        do throws(Fault) {
            return try load("libssl.so.3")
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

    /// Loads the library, and with it libcrypto, whose functions are found through it. Both stay
    /// loaded, and no clean-up runs when the process exits: other threads may still be using them.
    static func load(_ name: String) throws(Fault) -> UnsafePointer<OpenSSL> {
        let library = try SharedLibrary(name)
        let initialise: @convention(c) (UInt64, Object) -> Int32 =
            try library.function("OPENSSL_init_ssl")
        let withoutExitHandler: UInt64 = 0x0008_0000
        guard initialise(withoutExitHandler, nil) == 1 else {
            throw Fault("OpenSSL does not start")
        }
        lookUp.withLock { $0 = LookUp(library: library, standIn: initialise) }
        var functions = OpenSSL()
        if let lacked = lookUp.withLock({ $0?.lacked }) { throw lacked }
        functions.transport = TLSSession.makeTransport(functions)
        guard functions.transport != nil else { throw Fault("OpenSSL has no memory") }
        let table = UnsafeMutablePointer<OpenSSL>.allocate(capacity: 1)
        table.initialize(to: functions)
        return UnsafePointer(table)
    }
}

/// Where a table's functions are looked up while it is made.
private struct LookUp {
    let library: SharedLibrary
    /// Stands for a function that is not there: a table that lacks one is never used.
    let standIn: @convention(c) (UInt64, OpaquePointer?) -> Int32
    var lacked: Fault?
}

private let lookUp = Locked<LookUp?>(nil)

/// The function of this name.
private func symbol<Function>(_ name: String) -> Function {
    lookUp.withLock { lookUp in
        do throws(Fault) {
            guard let library = lookUp?.library else { throw Fault("no library") }
            return try library.function(name)
        } catch {
            lookUp?.lacked = error
            return unsafeBitCast(lookUp?.standIn, to: Function.self)
        }
    }
}

/// `int (*)(char *room, int size, int isForWriting, void *)`.
typealias PasswordCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
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
