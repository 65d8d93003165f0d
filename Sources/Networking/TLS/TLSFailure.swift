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

/// What OpenSSL's error says about the peer.
struct TLSErrorWords {
    /// Reasons of the library of TLS errors; those of alerts are 1000 and the alert's number.
    private enum Reason {
        static let library: UInt = 20
        static let httpRequest: UInt = 156
        static let httpsProxyRequest: UInt = 155
        static let unsupportedProtocol: UInt = 258
        static let wrongVersion: UInt = 267
        static let alerts: UInt = 1_000
    }

    private let error: UInt
    private let firstBytes: [UInt8]
    private let table: UnsafePointer<OpenSSL>

    init(_ error: UInt, firstBytes: [UInt8], _ table: UnsafePointer<OpenSSL>) {
        self.error = error
        self.firstBytes = firstBytes
        self.table = table
    }

    var failure: TLSFailure {
        let reason = error & 0x7F_FFFF
        guard error >> 23 & 0xFF == Reason.library else {
            return TLSFailure(.broken, "TLS failed: \(text)")
        }
        if firstBytes.starts(with: "HTTP/".utf8) {
            return TLSFailure(.plainHTTP, "the server speaks plain HTTP on this port, and no TLS")
        }
        switch reason {
        case Reason.httpRequest, Reason.httpsProxyRequest:
            return TLSFailure(.plainHTTP, "the client speaks plain HTTP, and no TLS")
        case Reason.wrongVersion where !isRecord:
            return TLSFailure(.plainText, "the peer does not speak TLS on this port")
        case Reason.unsupportedProtocol, Reason.wrongVersion:
            return TLSFailure(.refused, Self.noCommonVersion)
        case Reason.alerts..<Reason.alerts + 256: return alert(Int32(reason - Reason.alerts))
        default: return TLSFailure(.broken, "the peer breaks the rules of TLS: \(text)")
        }
    }

    private static let noCommonVersion =
        "no protocol version in common: this side speaks TLS 1.2 and 1.3"

    /// Whether what came first is a record of TLS: its type from 20 to 24, and a major version of 3.
    private var isRecord: Bool {
        firstBytes.count >= 2 && (20...24).contains(firstBytes[0]) && firstBytes[1] == 3
    }

    private func alert(_ number: Int32) -> TLSFailure {
        let words = "refused by the peer with the TLS alert \(number), \(alertText(number))"
        return switch number {
        case 70: TLSFailure(.refused, "\(Self.noCommonVersion) (\(words))")
        case 116: TLSFailure(.wantsCertificate, words)
        default: TLSFailure(.refused, words)
        }
    }

    /// The table of texts that OpenSSL 3.0 has knows no alert that came with TLS 1.3.
    private func alertText(_ number: Int32) -> String {
        switch number {
        case 109: "missing extension"
        case 116: "certificate required"
        case 120: "no application protocol"
        default: table.pointee.connection.alertText(number).map { String(cString: $0) } ?? text
        }
    }

    private var text: String { table.text(of: error) }
}
