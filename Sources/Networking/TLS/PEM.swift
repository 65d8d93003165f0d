package import Base
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

/// Self-signed certificates that are made on the spot, for servers on one's own machine.
extension TLSIdentity {
    private static let ellipticCurve: Int32 = 408
    private static let ascii: Int32 = 0x1001
    private static let alternativeNames: Int32 = 85
    private static let basicConstraints: Int32 = 87
    private static let keyUsage: Int32 = 83
    private static let extendedKeyUsage: Int32 = 126
    private static let thirdVersion = 2

    /// A self-signed certificate with a new key (P-256).
    ///
    /// - Parameters:
    ///   - hosts: the names and addresses it is for.
    ///   - begins: from when on it is valid, in seconds from now.
    ///   - ends: until when, in seconds from now.
    /// - Throws: that there is no OpenSSL, or that it makes none.
    package static func selfSigned(
        hosts: [String], begins: Int = -60, ends: Int = 30 * 86_400
    ) throws(Fault) -> TLSIdentity {
        let table = try OpenSSL.found.get()
        guard let key = makeKey(table) else { throw failure(table) }
        defer { table.pointee.freeKey(key) }
        guard let certificate = table.pointee.newX509() else { throw failure(table) }
        defer { table.pointee.freeX509(certificate) }
        guard
            describe(certificate, hosts: hosts, begins: begins, ends: ends, table),
            table.pointee.setKey(certificate, key) == 1,
            table.pointee.sign(certificate, key, table.pointee.sha256()) > 0
        else { throw failure(table) }
        return TLSIdentity(
            chain: written(table) { table.pointee.writeX509($0, certificate) },
            key: written(table) {
                table.pointee.writePrivateKey($0, key, nil, nil, 0, nil, nil)
            })
    }

    private static func makeKey(_ table: UnsafePointer<OpenSSL>) -> OpaquePointer? {
        let keys = table.pointee.newKeyMaker(ellipticCurve, nil)
        defer { table.pointee.freeKeyMaker(keys) }
        var key: OpaquePointer?
        guard table.pointee.startKeys(keys) == 1, table.pointee.setGroup(keys, "P-256") == 1,
            table.pointee.makeKey(keys, &key) == 1
        else { return nil }
        return key
    }

    private static func describe(
        _ certificate: OpaquePointer, hosts: [String], begins: Int, ends: Int,
        _ table: UnsafePointer<OpenSSL>
    ) -> Bool {
        let name = table.pointee.subject(certificate)
        let text = "chatload sandbox"
        let names = hosts.map { SocketAddress(ip: $0, port: 0) == nil ? "DNS:\($0)" : "IP:\($0)" }
        return table.pointee.setVersion(certificate, thirdVersion) == 1
            && table.pointee.setInteger(
                table.pointee.serialNumber(certificate), .random(in: 1...(.max >> 1))) == 1
            && table.pointee.setTime(table.pointee.notBefore(certificate), begins) != nil
            && table.pointee.setTime(table.pointee.notAfter(certificate), ends) != nil
            && table.pointee.addNameEntry(name, "CN", ascii, text, -1, -1, 0) == 1
            && table.pointee.setIssuer(certificate, name) == 1
            && add(alternativeNames, names.joined(separator: ","), to: certificate, table)
            && add(basicConstraints, "critical,CA:FALSE", to: certificate, table)
            && add(keyUsage, "critical,digitalSignature", to: certificate, table)
            && add(extendedKeyUsage, "serverAuth,clientAuth", to: certificate, table)
    }

    private static func add(
        _ kind: Int32, _ value: String, to certificate: OpaquePointer,
        _ table: UnsafePointer<OpenSSL>
    ) -> Bool {
        let part = table.pointee.newExtension(nil, nil, kind, value)
        defer { table.pointee.freeExtension(part) }
        return part != nil && table.pointee.addExtension(certificate, part, -1) == 1
    }

    /// What `write` puts into a BIO.
    private static func written(
        _ table: UnsafePointer<OpenSSL>, _ write: (OpaquePointer?) -> Int32
    ) -> [UInt8] {
        let bio = table.pointee.newBIO(table.pointee.memoryMethod())
        defer { _ = table.pointee.freeBIO(bio) }
        guard write(bio) == 1 else { return [] }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = table.pointee.readMemory(bio, &room, Int32(room.count))
            guard count > 0 else { return bytes }
            bytes += room.prefix(Int(count))
        }
    }

    private static func failure(_ table: UnsafePointer<OpenSSL>) -> Fault {
        OpenSSL.unusable("OpenSSL makes no certificate: \(table.pointee.takeErrorText())")
    }
}
