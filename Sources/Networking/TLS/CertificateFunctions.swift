import Glibc

/// `int (*)(char *room, int size, int isForWriting, void *)`.
typealias PasswordCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32

/// The functions with which certificates and keys are read and judged.
struct CertificateFunctions {
    // MARK: PEM

    let newMemoryBIO: @convention(c) (UnsafeRawPointer?, Int32) -> OpaquePointer?
    let freeBIO: @convention(c) (OpaquePointer?) -> Int32
    let readX509:
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, PasswordCallback?, UnsafeMutableRawPointer?
        ) -> OpaquePointer?
    let readPrivateKey:
        @convention(c) (
            OpaquePointer?, UnsafeMutableRawPointer?, PasswordCallback?, UnsafeMutableRawPointer?
        ) -> OpaquePointer?
    let freeX509: @convention(c) (OpaquePointer?) -> Void
    let freeKey: @convention(c) (OpaquePointer?) -> Void
    let checkPrivateKey: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32

    // MARK: Trust

    let addToStore: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let setFlags: @convention(c) (OpaquePointer?, UInt) -> Int32
    let setHostFlags: @convention(c) (OpaquePointer?, UInt32) -> Void
    let setIP: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
    let storeData: @convention(c) (OpaquePointer?, Int32) -> OpaquePointer?
    let storeError: @convention(c) (OpaquePointer?) -> Int32
    let storeDepth: @convention(c) (OpaquePointer?) -> Int32
    let currentCertificate: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let verifyText: @convention(c) (Int) -> UnsafePointer<CChar>?

    // MARK: What a certificate says

    let issuer: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let subject: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let nameEntryIndex: @convention(c) (OpaquePointer?, Int32, Int32) -> Int32
    let nameEntry: @convention(c) (OpaquePointer?, Int32) -> OpaquePointer?
    let nameEntryData: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let notBefore: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let notAfter: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let timeParts: @convention(c) (OpaquePointer?, UnsafeMutablePointer<tm>?) -> Int32
    let extensionValue:
        @convention(c) (OpaquePointer?, Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?)
            -> OpaquePointer?
    let stackCount: @convention(c) (OpaquePointer?) -> Int32
    let stackItem: @convention(c) (OpaquePointer?, Int32) -> OpaquePointer?
    let generalName: @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?) -> OpaquePointer?
    let freeGeneralNames: @convention(c) (OpaquePointer?) -> Void
    let stringBytes: @convention(c) (OpaquePointer?) -> UnsafePointer<UInt8>?
    let stringLength: @convention(c) (OpaquePointer?) -> Int32

    init(_ crypto: OpenSSL.Library) throws(TLSComplaint) {
        newMemoryBIO = try crypto.function("BIO_new_mem_buf")
        freeBIO = try crypto.function("BIO_free")
        readX509 = try crypto.function("PEM_read_bio_X509")
        readPrivateKey = try crypto.function("PEM_read_bio_PrivateKey")
        freeX509 = try crypto.function("X509_free")
        freeKey = try crypto.function("EVP_PKEY_free")
        checkPrivateKey = try crypto.function("X509_check_private_key")
        addToStore = try crypto.function("X509_STORE_add_cert")
        setFlags = try crypto.function("X509_VERIFY_PARAM_set_flags")
        setHostFlags = try crypto.function("X509_VERIFY_PARAM_set_hostflags")
        setIP = try crypto.function("X509_VERIFY_PARAM_set1_ip_asc")
        storeData = try crypto.function("X509_STORE_CTX_get_ex_data")
        storeError = try crypto.function("X509_STORE_CTX_get_error")
        storeDepth = try crypto.function("X509_STORE_CTX_get_error_depth")
        currentCertificate = try crypto.function("X509_STORE_CTX_get_current_cert")
        verifyText = try crypto.function("X509_verify_cert_error_string")
        issuer = try crypto.function("X509_get_issuer_name")
        subject = try crypto.function("X509_get_subject_name")
        nameEntryIndex = try crypto.function("X509_NAME_get_index_by_NID")
        nameEntry = try crypto.function("X509_NAME_get_entry")
        nameEntryData = try crypto.function("X509_NAME_ENTRY_get_data")
        notBefore = try crypto.function("X509_get0_notBefore")
        notAfter = try crypto.function("X509_get0_notAfter")
        timeParts = try crypto.function("ASN1_TIME_to_tm")
        extensionValue = try crypto.function("X509_get_ext_d2i")
        stackCount = try crypto.function("OPENSSL_sk_num")
        stackItem = try crypto.function("OPENSSL_sk_value")
        generalName = try crypto.function("GENERAL_NAME_get0_value")
        freeGeneralNames = try crypto.function("GENERAL_NAMES_free")
        stringBytes = try crypto.function("ASN1_STRING_get0_data")
        stringLength = try crypto.function("ASN1_STRING_length")
    }
}
