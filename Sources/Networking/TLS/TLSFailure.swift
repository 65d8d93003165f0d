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
