package import Base
import Glibc

/// What all connections of one side have in common: whom it trusts, who it is, and what it speaks:
/// TLS 1.2 and 1.3 with `http/1.1` inside.
///
/// `@unchecked Sendable` is sound because it is not changed once it is made, and OpenSSL locks what
/// connections share of it (openssl-threads(7)).
package final class TLSContext: @unchecked Sendable {
    // Constants of OpenSSL's headers.
    private static let setMode: Int32 = 33
    private static let setReadAhead: Int32 = 41
    private static let setSessionCacheMode: Int32 = 44
    private static let addChainCertificate: Int32 = 89
    private static let setLeastVersion: Int32 = 123
    private static let version12 = 0x0303
    /// Partial writes, from wherever the bytes then are, and no buffers for idle connections.
    private static let modes = 0x01 | 0x02 | 0x10
    private static let noRenegotiation: UInt64 = 1 << 30
    private static let verifyPeer: Int32 = 1
    private static let failWithoutCertificate: Int32 = 2
    private static let partialChain: UInt = 0x8_0000
    private static let noPartialWildcards: UInt32 = 4

    /// The protocols that are offered, each with its length before it (RFC 7301).
    private static let protocols: [UInt8] = [8] + Array("http/1.1".utf8)

    let table: UnsafePointer<OpenSSL>
    let pointer: OpaquePointer
    let isServer: Bool

    /// What clients need.
    ///
    /// - Throws: what is wrong with the settings, or that there is no OpenSSL.
    package convenience init(
        client settings: TLSSettings, namedAt places: TLSPlaces = TLSPlaces()
    ) throws(Fault) {
        try self.init(isServer: false, places)
        if let identity = settings.identity { try show(identity, places) }
        guard settings.verifies else { return }
        try trust(settings.authorities, places)
        table.pointee.setVerify(
            pointer, Self.verifyPeer, TLSFailure.verify)
    }

    /// What servers need.
    ///
    /// - Parameter clients: certificates of which clients have to show one, or one that they issued,
    ///   in PEM form; nil asks for none.
    /// - Throws: what is wrong with the certificates or the key, or that there is no OpenSSL.
    package convenience init(
        server identity: TLSIdentity, clients: [UInt8]? = nil,
        namedAt places: TLSPlaces = TLSPlaces()
    ) throws(Fault) {
        try self.init(isServer: true, places)
        try show(identity, places)
        table.pointee.setALPNSelect(pointer, Self.chooseProtocol, nil)
        guard let clients else { return }
        try trust(clients, places)
        table.pointee.setVerify(
            pointer, Self.verifyPeer | Self.failWithoutCertificate,
            TLSFailure.verify)
        var name = UInt8(ascii: "c")
        _ = table.pointee.setSessionIdentity(pointer, &name, 1)
    }

    private init(isServer: Bool, _ places: TLSPlaces) throws(Fault) {
        let table: UnsafePointer<OpenSSL>
        switch OpenSSL.found {
        case .success(let found): table = found
        case .failure(let fault): throw fault.at(places.use)
        }
        let method =
            isServer ? table.pointee.serverMethod() : table.pointee.clientMethod()
        guard let pointer = table.pointee.newContext(method) else {
            throw OpenSSL.unusable("OpenSSL makes no context: \(table.pointee.takeErrorText())")
                .at(places.use)
        }
        self.table = table
        self.pointer = pointer
        self.isServer = isServer
        _ = table.pointee.controlContext(
            pointer, Self.setLeastVersion, Self.version12, nil)
        _ = table.pointee.controlContext(pointer, Self.setMode, Self.modes, nil)
        _ = table.pointee.controlContext(pointer, Self.setReadAhead, 1, nil)
        // Clients keep their sessions themselves, and servers hand out tickets.
        _ = table.pointee.controlContext(pointer, Self.setSessionCacheMode, 0, nil)
        _ = table.pointee.setOptions(pointer, Self.noRenegotiation)
        let protocols = Self.protocols
        _ = table.pointee.setALPN(pointer, protocols, UInt32(protocols.count))
    }

    deinit { table.pointee.freeContext(pointer) }

    private func show(_ identity: TLSIdentity, _ places: TLSPlaces) throws(Fault) {
        let chain = try PEM(identity.chain, at: places.certificate, table).certificates()
        defer { chain.forEach(table.pointee.freeX509) }
        let key = try PEM(identity.key, at: places.key, table).key()
        defer { table.pointee.freeKey(key) }
        guard table.pointee.checkPrivateKey(chain[0], key) == 1 else {
            table.pointee.clearErrors()
            throw Fault("the file is not the certificate's key", at: places.key)
        }
        guard table.pointee.useCertificate(pointer, chain[0]) == 1 else {
            throw Fault(
                "the file cannot be used: \(table.pointee.takeErrorText())", at: places.certificate)
        }
        for certificate in chain.dropFirst() {
            _ = table.pointee.controlContext(
                pointer, Self.addChainCertificate, 1, UnsafeMutableRawPointer(certificate))
        }
        guard table.pointee.usePrivateKey(pointer, key) == 1 else {
            throw Fault("the file cannot be used: \(table.pointee.takeErrorText())", at: places.key)
        }
    }

    /// Trusts these certificates, each for itself and as an issuer; or the system's.
    private func trust(_ authorities: [UInt8]?, _ places: TLSPlaces) throws(Fault) {
        if let authorities {
            let certificates = try PEM(authorities, at: places.authorities, table).certificates()
            let store = table.pointee.certStore(pointer)
            for certificate in certificates {
                _ = table.pointee.addToStore(store, certificate)
                table.pointee.freeX509(certificate)
            }
        } else {
            _ = table.pointee.setDefaultVerifyPaths(pointer)
        }
        table.pointee.clearErrors()
        let parameters = table.pointee.contextParameters(pointer)
        _ = table.pointee.setFlags(parameters, Self.partialChain)
        table.pointee.setHostFlags(parameters, Self.noPartialWildcards)
    }

    /// What a server does with the protocols that a client offers: it speaks HTTP/1.1 to one that
    /// offers that, and to one that offers none or only others, as it would without TLS.
    private static let chooseProtocol: ALPNCallback = { _, out, length, offered, count, _ in
        let (chosen, notAcknowledged): (Int32, Int32) = (0, 3)
        guard let out, let length, let offered else { return notAcknowledged }
        var place = 0
        while place < count {
            let size = 1 + Int(offered[place])
            guard place + size <= count else { break }
            if UnsafeBufferPointer(start: offered + place, count: size).elementsEqual(protocols) {
                out.pointee = offered + place + 1
                length.pointee = offered[place]
                return chosen
            }
            place += size
        }
        return notAcknowledged
    }
}

/// Where what TLS needs was asked for and named, for what is said where something is wrong with it.
package struct TLSPlaces: Sendable {
    /// What makes TLS be spoken at all.
    package var use: Fault.Place?
    package var authorities: Fault.Place?
    package var certificate: Fault.Place?
    package var key: Fault.Place?

    /// The options of these names; nowhere where there are none.
    package init(
        use: String? = nil, authorities: String? = nil, certificate: String? = nil,
        key: String? = nil
    ) {
        self.use = use.map { .flag($0) }
        self.authorities = authorities.map { .flag($0) }
        self.certificate = certificate.map { .flag($0) }
        self.key = key.map { .flag($0) }
    }
}

/// Whom a client trusts, and who it is itself.
package struct TLSSettings: Sendable {
    /// Whether the server's certificate is checked: its chain, its time, and the host it is for.
    package var verifies = true
    /// Certificates to trust instead of the system's, in PEM form; nil for the system's.
    package var authorities: [UInt8]?
    /// What to show a server that asks for a certificate.
    package var identity: TLSIdentity?

    /// The system's certificates are trusted, and none is shown.
    package init() {}
}

/// A certificate and its private key, in PEM form.
package struct TLSIdentity: Sendable {
    /// The certificate, and after it those that lead from it to a root, if any.
    package var chain: [UInt8]
    /// The key, not encrypted.
    package var key: [UInt8]

    /// A certificate with its key.
    package init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }
}
