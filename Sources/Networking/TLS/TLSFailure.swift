import Base
import Glibc

/// Failure of TLS: why a connection did not become, or stay, a secure one.
package struct TLSFailure: Equatable, Sendable, CustomStringConvertible {
    /// What people do different things about.
    package enum Kind: Sendable, Equatable {
        /// The peer's certificate has no issuer that is trusted.
        case untrusted
        /// The peer's certificate is of no use, whoever issued it.
        case invalid
        /// The certificate is another host's.
        case wrongHost
        /// The peer wants a certificate of this side.
        case wantsCertificate
        /// The peer refused, for another reason.
        case refused
        /// The peer does not speak TLS.
        case plainText
        /// The peer speaks HTTP without TLS.
        case plainHTTP
        /// Anything else that TLS does not allow.
        case broken
    }

    package var kind: Kind
    /// The failure in words, with what of the certificate matters.
    package var description: String

    /// A failure that OpenSSL gives no reason for.
    static let unknown = TLSFailure(.broken, "TLS failed for a reason that OpenSSL does not tell")

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// What an error of OpenSSL's says about the peer.
extension TLSFailure {
    /// Of the library of TLS errors; alerts have the reason 1000 and their number.
    private static let tlsLibrary: UInt = 20
    private static let noCommonVersion =
        "no protocol version in common: this side speaks TLS 1.2 and 1.3"

    /// The failure that an error stands for; `firstBytes` are the peer's first.
    init(_ error: UInt, firstBytes: [UInt8], _ table: UnsafePointer<OpenSSL>) {
        let text = table.pointee.text(of: error)
        // A record of TLS begins with its type from 20 to 24, and a major version of 3.
        let isRecord =
            firstBytes.count >= 2 && (20...24).contains(firstBytes[0]) && firstBytes[1] == 3
        let reason = error & 0x7F_FFFF
        if error >> 23 & 0xFF != Self.tlsLibrary {
            self.init(.broken, "TLS failed: \(text)")
        } else if firstBytes.starts(with: "HTTP/".utf8) {
            self.init(.plainHTTP, "the server speaks plain HTTP on this port, and no TLS")
        } else {
            let (httpsProxyRequest, httpRequest): (UInt, UInt) = (155, 156)
            let (unsupportedProtocol, wrongVersion): (UInt, UInt) = (258, 267)
            switch reason {
            case httpRequest, httpsProxyRequest:
                self.init(.plainHTTP, "the client speaks plain HTTP, and no TLS")
            case wrongVersion where !isRecord:
                self.init(.plainText, "the peer does not speak TLS on this port")
            case unsupportedProtocol, wrongVersion: self.init(.refused, Self.noCommonVersion)
            case 1_000..<1_256: self.init(alert: Int32(reason - 1_000), table, otherwise: text)
            default: self.init(.broken, "the peer breaks the rules of TLS: \(text)")
            }
        }
    }

    /// The table of texts that OpenSSL 3.0 has knows no alert that came with TLS 1.3.
    private init(alert number: Int32, _ table: UnsafePointer<OpenSSL>, otherwise text: String) {
        let name =
            switch number {
            case 109: "missing extension"
            case 116: "certificate required"
            case 120: "no application protocol"
            default: table.pointee.alertText(number).map { String(cString: $0) } ?? text
            }
        let words = "refused by the peer with the TLS alert \(number), \(name)"
        switch number {
        case 70: self.init(.refused, "\(Self.noCommonVersion) (\(words))")
        case 116: self.init(.wantsCertificate, words)
        default: self.init(.refused, words)
        }
    }
}

/// Says why a certificate is refused, while OpenSSL still has it at hand.
extension TLSFailure {
    /// Called for every certificate of a chain, with OpenSSL's own verdict, which stands.
    static let verify: VerifyCallback = { verdict, store in
        guard verdict != 1, let table = OpenSSL.table else { return verdict }
        let ssl = table.pointee.storeData(store, table.pointee.connectionIndex())
        return TLSSession.with(bio: table.pointee.connectionBIO(ssl)) { session in
            session.failure = TLSFailure(of: store, host: session.host, table)
            return 0
        }
    }

    /// The failure of the certificate that is being verified; the numbers are `X509_V_ERR_…`.
    private init(of store: OpaquePointer?, host: String, _ table: UnsafePointer<OpenSSL>) {
        let code = table.pointee.storeError(store)
        let names = CertificateNames(
            certificate: table.pointee.currentCertificate(store), table: table)
        let subject =
            table.pointee.storeDepth(store) > 0
            ? "the certificate of its CA \(names.subject)" : "the certificate"
        switch code {
        case 10: self.init(.invalid, "\(subject) has expired\(names.end.map { " on \($0)" } ?? "")")
        case 9:
            self.init(
                .invalid,
                "\(subject) is not yet valid\(names.start.map { ", but from \($0)" } ?? "")")
        case 18: self.init(.untrusted, "the certificate is self-signed")
        // A self-signed issuer, and then an issuer that is not there in four ways.
        case 19: self.init(.untrusted, "the certificate's CA is unknown: \(names.subject)")
        case 2, 20, 21, 27:
            self.init(.untrusted, "the certificate's CA is unknown: \(names.issuer)")
        // Another name, and another address.
        case 62, 64:
            self.init(
                .wrongHost, "the certificate is for another host: \(names.hosts), not \(host)")
        default:
            let reason = table.pointee.verifyText(Int(code)).map { String(cString: $0) }
            self.init(.invalid, "\(subject) is refused: \(reason ?? "error \(code)")")
        }
    }
}

/// What a certificate says about itself: anybody's words, so they are kept short and printable.
private struct CertificateNames {
    private static let mostShown = 3
    private static let longest = 80

    let certificate: OpaquePointer?
    let table: UnsafePointer<OpenSSL>

    var subject: String {
        commonName(of: table.pointee.subject(certificate)) ?? "one without a name"
    }
    var issuer: String {
        commonName(of: table.pointee.issuer(certificate)) ?? "one without a name"
    }
    var start: String? { date(table.pointee.notBefore(certificate)) }
    var end: String? { date(table.pointee.notAfter(certificate)) }

    /// The hosts it is for, by its alternative names and otherwise by its subject.
    var hosts: String {
        let alternativeNames: Int32 = 85
        guard let list = table.pointee.extensionValue(certificate, alternativeNames, nil, nil)
        else {
            return subject
        }
        defer { table.pointee.freeGeneralNames(list) }
        let count = max(table.pointee.stackCount(list), 0)
        let all = (0..<min(count, 100)).compactMap { host(table.pointee.stackItem(list, $0)) }
        if all.isEmpty { return "none" }
        return all.prefix(Self.mostShown).joined(separator: ", ")
            + (all.count > Self.mostShown ? ", …" : "")
    }

    /// A name or an address among the alternative names; nil for what else there is.
    private func host(_ name: OpaquePointer?) -> String? {
        let (dns, address): (Int32, Int32) = (2, 7)
        var kind: Int32 = 0
        let value = table.pointee.generalName(name, &kind)
        if kind == dns { return printable(bytes(of: value)) }
        guard kind == address else { return nil }
        let bytes = bytes(of: value)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(
                bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil
        else { return nil }
        return printable(text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    /// The last common name, or where there is none the last organisation.
    private func commonName(of name: OpaquePointer?) -> String? {
        let (commonName, organisation): (Int32, Int32) = (13, 17)
        for kind in [commonName, organisation] {
            let place = table.pointee.nameEntryIndex(name, kind, -1)
            guard place >= 0 else { continue }
            let value = table.pointee.nameEntryData(table.pointee.nameEntry(name, place))
            return printable(bytes(of: value))
        }
        return nil
    }

    private func date(_ time: OpaquePointer?) -> String? {
        var parts = tm()
        guard table.pointee.timeParts(time, &parts) == 1 else { return nil }
        return
            "\(Int(parts.tm_year) + 1_900)-\(twoDigits(parts.tm_mon + 1))-\(twoDigits(parts.tm_mday))"
    }

    private func bytes(of string: OpaquePointer?) -> [UInt8] {
        guard let string, let start = table.pointee.stringBytes(string) else { return [] }
        let count = max(Int(table.pointee.stringLength(string)), 0)
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    private func printable(_ bytes: [UInt8]) -> String {
        let shown = bytes.prefix(Self.longest).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
        return String(decoding: shown, as: UTF8.self) + (bytes.count > Self.longest ? "…" : "")
    }
}
