package import Base
import Glibc

/// A self-signed certificate that is made on the spot, for a server on one's own machine.
package enum SelfSignedCertificate {
    private static let ellipticCurve: Int32 = 408
    private static let ascii: Int32 = 0x1001
    private static let alternativeNames: Int32 = 85
    private static let basicConstraints: Int32 = 87
    private static let keyUsage: Int32 = 83
    private static let extendedKeyUsage: Int32 = 126
    private static let thirdVersion = 2

    /// Makes a certificate with a new key (P-256).
    ///
    /// - Parameters:
    ///   - hosts: the names and addresses it is for.
    ///   - begins: from when on it is valid, in seconds from now.
    ///   - ends: until when, in seconds from now.
    /// - Throws: that there is no OpenSSL, or that it makes none.
    package static func make(
        hosts: [String], begins: Int = -60, ends: Int = 30 * 86_400
    ) throws(Fault) -> TLSIdentity {
        let table = try OpenSSL.found.get()
        guard let key = makeKey(table.pointee.maker) else { throw failure(table) }
        defer { table.pointee.certificate.freeKey(key) }
        guard let certificate = table.pointee.maker.new() else { throw failure(table) }
        defer { table.pointee.certificate.freeX509(certificate) }
        guard
            describe(certificate, hosts: hosts, begins: begins, ends: ends, table),
            table.pointee.maker.setKey(certificate, key) == 1,
            table.pointee.maker.sign(certificate, key, table.pointee.maker.sha256()) > 0
        else { throw failure(table) }
        return TLSIdentity(
            chain: written(table) { table.pointee.maker.writeX509($0, certificate) },
            key: written(table) {
                table.pointee.maker.writePrivateKey($0, key, nil, nil, 0, nil, nil)
            })
    }

    private static func makeKey(_ maker: CertificateMakerFunctions) -> OpaquePointer? {
        let keys = maker.newKeyMaker(ellipticCurve, nil)
        defer { maker.freeKeyMaker(keys) }
        var key: OpaquePointer?
        guard maker.startKeys(keys) == 1, maker.setGroup(keys, "P-256") == 1,
            maker.makeKey(keys, &key) == 1
        else { return nil }
        return key
    }

    private static func describe(
        _ certificate: OpaquePointer, hosts: [String], begins: Int, ends: Int,
        _ table: UnsafePointer<OpenSSL>
    ) -> Bool {
        let maker = table.pointee.maker
        let name = table.pointee.certificate.subject(certificate)
        let text = "chatload sandbox"
        let names = hosts.map { SocketAddress(ip: $0, port: 0) == nil ? "DNS:\($0)" : "IP:\($0)" }
        return maker.setVersion(certificate, thirdVersion) == 1
            && maker.setInteger(maker.serialNumber(certificate), .random(in: 1...(.max >> 1))) == 1
            && maker.setTime(maker.notBefore(certificate), begins) != nil
            && maker.setTime(maker.notAfter(certificate), ends) != nil
            && maker.addNameEntry(name, "CN", ascii, text, -1, -1, 0) == 1
            && maker.setIssuer(certificate, name) == 1
            && add(alternativeNames, names.joined(separator: ","), to: certificate, maker)
            && add(basicConstraints, "critical,CA:FALSE", to: certificate, maker)
            && add(keyUsage, "critical,digitalSignature", to: certificate, maker)
            && add(extendedKeyUsage, "serverAuth,clientAuth", to: certificate, maker)
    }

    private static func add(
        _ kind: Int32, _ value: String, to certificate: OpaquePointer,
        _ maker: CertificateMakerFunctions
    ) -> Bool {
        let part = maker.newExtension(nil, nil, kind, value)
        defer { maker.freeExtension(part) }
        return part != nil && maker.addExtension(certificate, part, -1) == 1
    }

    /// What `write` puts into a BIO.
    private static func written(
        _ table: UnsafePointer<OpenSSL>, _ write: (OpaquePointer?) -> Int32
    ) -> [UInt8] {
        let maker = table.pointee.maker
        let bio = maker.newBIO(maker.memory())
        defer { _ = table.pointee.certificate.freeBIO(bio) }
        guard write(bio) == 1 else { return [] }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = maker.readBIO(bio, &room, Int32(room.count))
            guard count > 0 else { return bytes }
            bytes += room.prefix(Int(count))
        }
    }

    private static func failure(_ table: UnsafePointer<OpenSSL>) -> Fault {
        OpenSSL.unusable("OpenSSL makes no certificate: \(table.pointee.takeErrorText())")
    }
}
