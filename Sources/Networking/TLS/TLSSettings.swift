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
