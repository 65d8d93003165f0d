package import Base
import Glibc

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
