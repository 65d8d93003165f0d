/// Why TLS cannot be set up; found before anything is sent.
package enum TLSComplaint: Error, Equatable, Sendable {
    /// This machine has no OpenSSL 3 that could be used.
    case unavailable(String)
    /// The certificates to trust are none.
    case authorities(String)
    /// The certificate to show is none.
    case certificate(String)
    /// The private key is none, or not the certificate's.
    case key(String)
}

/// Why a connection did not become, or stay, a secure one.
package struct TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
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
