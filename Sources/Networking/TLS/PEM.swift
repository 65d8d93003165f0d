import Base
import Glibc

/// Reads certificates and keys in PEM form.
struct PEM {
    /// PEM_R_NO_START_LINE in the library of PEM errors.
    private static let nothingMore: UInt = 9 << 23 | 108
    /// Says no password, so that OpenSSL does not ask for one on the terminal.
    private static let noPassword: PasswordCallback = { _, _, _, _ in -1 }

    private let bytes: [UInt8]
    private let place: Fault.Place?
    private let table: UnsafePointer<OpenSSL>

    /// A file in PEM form that was named at `place`.
    init(_ bytes: [UInt8], at place: Fault.Place?, _ table: UnsafePointer<OpenSSL>) {
        self.bytes = bytes
        self.place = place
        self.table = table
    }

    /// All certificates, at least one; whoever asks has to free them.
    ///
    /// - Throws: that there is none, or not all can be read.
    func certificates() throws(Fault) -> [OpaquePointer] {
        var all: [OpaquePointer] = []
        let error = reading { bio in
            while let next = table.pointee.readX509(bio, nil, Self.noPassword, nil) {
                all.append(next)
            }
        }
        if error == Self.nothingMore, !all.isEmpty { return all }
        all.forEach(table.pointee.freeX509)
        if error == Self.nothingMore { throw fault("holds no certificate in PEM form") }
        throw fault(
            "its certificate \(all.count + 1) cannot be read: \(table.pointee.text(of: error))")
    }

    /// The private key; whoever asks has to free it.
    func key() throws(Fault) -> OpaquePointer {
        var key: OpaquePointer?
        let error = reading {
            key = table.pointee.readPrivateKey($0, nil, Self.noPassword, nil)
        }
        if let key { return key }
        if isEncrypted {
            throw fault(
                "is encrypted; openssl pkey -in FILE -out PLAIN writes it without a passphrase")
        }
        let isAnything = holds("PRIVATE KEY-----")
        throw fault(
            isAnything
                ? "cannot be read: \(table.pointee.text(of: error))"
                : "holds no private key in PEM form")
    }

    private func fault(_ reason: String) -> Fault { Fault("the file \(reason)", at: place) }

    private var isEncrypted: Bool {
        holds("BEGIN ENCRYPTED PRIVATE KEY") || holds(",ENCRYPTED")
    }

    private func holds(_ text: String) -> Bool {
        bytes.span.firstRange(of: Array(text.utf8).span) != nil
    }

    /// Lends the bytes as OpenSSL reads them; the last error, with the queue of errors left empty.
    private func reading(_ body: (OpaquePointer?) -> Void) -> UInt {
        bytes.withUnsafeBytes { raw in
            let bio = table.pointee.newMemoryBIO(
                raw.baseAddress, Int32(clamping: raw.count))
            defer { _ = table.pointee.freeBIO(bio) }
            body(bio)
            let error = table.pointee.lastError()
            table.pointee.clearErrors()
            return error
        }
    }
}

extension OpenSSL {
    /// OpenSSL's words for an error.
    func text(of error: UInt) -> String {
        errorText(error).map { String(cString: $0) } ?? "error \(error)"
    }

    /// The words for the latest error; forgets all of them.
    func takeErrorText() -> String {
        let error = lastError()
        clearErrors()
        return errorText(error).map { String(cString: $0) } ?? "no reason given"
    }
}
