import Base
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

    init(_ crypto: SharedLibrary) throws(Fault) {
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

    init(_ crypto: SharedLibrary) throws(Fault) {
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
