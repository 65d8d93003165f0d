/// The functions with which a certificate is made.
struct CertificateMakerFunctions {
    // MARK: Keys

    let newKeyMaker: @convention(c) (Int32, OpaquePointer?) -> OpaquePointer?
    let freeKeyMaker: @convention(c) (OpaquePointer?) -> Void
    let startKeys: @convention(c) (OpaquePointer?) -> Int32
    let setGroup: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
    let makeKey: @convention(c) (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?) -> Int32

    // MARK: Certificates

    let new: @convention(c) () -> OpaquePointer?
    let setVersion: @convention(c) (OpaquePointer?, Int) -> Int32
    let serialNumber: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let setInteger: @convention(c) (OpaquePointer?, UInt64) -> Int32
    let notBefore: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let notAfter: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let setTime: @convention(c) (OpaquePointer?, Int) -> OpaquePointer?
    let setKey: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let addNameEntry:
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>?, Int32, UnsafePointer<UInt8>?, Int32, Int32, Int32
        ) -> Int32
    let setIssuer: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let newExtension:
        @convention(c) (OpaquePointer?, OpaquePointer?, Int32, UnsafePointer<CChar>?) ->
            OpaquePointer?
    let addExtension: @convention(c) (OpaquePointer?, OpaquePointer?, Int32) -> Int32
    let freeExtension: @convention(c) (OpaquePointer?) -> Void
    let sha256: @convention(c) () -> OpaquePointer?
    let sign: @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Int32

    // MARK: PEM

    let memory: @convention(c) () -> OpaquePointer?
    let newBIO: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let readBIO: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Int32
    let writeX509: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    let writePrivateKey:
        @convention(c) (
            OpaquePointer?, OpaquePointer?, OpaquePointer?, UnsafeRawPointer?, Int32,
            PasswordCallback?, UnsafeMutableRawPointer?
        ) -> Int32

    init(_ crypto: OpenSSL.Library) throws(TLSComplaint) {
        newKeyMaker = try crypto.function("EVP_PKEY_CTX_new_id")
        freeKeyMaker = try crypto.function("EVP_PKEY_CTX_free")
        startKeys = try crypto.function("EVP_PKEY_keygen_init")
        setGroup = try crypto.function("EVP_PKEY_CTX_set_group_name")
        makeKey = try crypto.function("EVP_PKEY_generate")
        new = try crypto.function("X509_new")
        setVersion = try crypto.function("X509_set_version")
        serialNumber = try crypto.function("X509_get_serialNumber")
        setInteger = try crypto.function("ASN1_INTEGER_set_uint64")
        notBefore = try crypto.function("X509_getm_notBefore")
        notAfter = try crypto.function("X509_getm_notAfter")
        setTime = try crypto.function("X509_gmtime_adj")
        setKey = try crypto.function("X509_set_pubkey")
        addNameEntry = try crypto.function("X509_NAME_add_entry_by_txt")
        setIssuer = try crypto.function("X509_set_issuer_name")
        newExtension = try crypto.function("X509V3_EXT_conf_nid")
        addExtension = try crypto.function("X509_add_ext")
        freeExtension = try crypto.function("X509_EXTENSION_free")
        sha256 = try crypto.function("EVP_sha256")
        sign = try crypto.function("X509_sign")
        memory = try crypto.function("BIO_s_mem")
        newBIO = try crypto.function("BIO_new")
        readBIO = try crypto.function("BIO_read")
        writeX509 = try crypto.function("PEM_write_bio_X509")
        writePrivateKey = try crypto.function("PEM_write_bio_PrivateKey")
    }
}
