import Support
import Testing

@testable import Base
@testable import Networking

/// Files that are no certificates or keys, and machines without OpenSSL.
@Suite struct TLSContextTests {
    private static let noPEM = Array("hello\n".utf8)
    private static let cutShort = Array(Secure.identity.chain.prefix(300))
    private static let spoilt = Secure.identity.chain.map { $0 == UInt8(ascii: "a") ? 0x62 : $0 }
    private static let encrypted = Array(
        """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgJ
        -----END ENCRYPTED PRIVATE KEY-----

        """.utf8)

    @Test(arguments: [
        ([], "holds no certificate"), (noPEM, "holds no certificate"), (cutShort, "certificate 1"),
        (spoilt, "certificate 1"), (Secure.identity.key, "holds no certificate"),
        (Secure.identity.chain + cutShort, "certificate 2"),
    ])
    func filesWithoutCertificatesAreRefused(bytes: [UInt8], words: String) {
        var settings = TLSSettings()
        settings.authorities = bytes
        let places = TLSPlaces(authorities: "--cacert")
        let fault = #expect(throws: Fault.self) {
            try TLSContext(client: settings, namedAt: places)
        }
        #expect(fault?.place == .flag("--cacert"))
        #expect(fault?.message.contains(words) == true, "\(String(describing: fault))")
    }

    @Test(arguments: [
        (noPEM, "holds no private key"), (Secure.identity.chain, "holds no private key"),
        (Secure.other.key, "not the certificate's"), (encrypted, "is encrypted"),
        (Array(Secure.identity.key.prefix(60)), "cannot be read"),
    ])
    func filesWithoutTheKeyAreRefused(bytes: [UInt8], words: String) {
        var settings = TLSSettings()
        settings.identity = TLSIdentity(chain: Secure.identity.chain, key: bytes)
        let places = TLSPlaces(key: "--key")
        let fault = #expect(throws: Fault.self) {
            try TLSContext(client: settings, namedAt: places)
        }
        #expect(fault?.place == .flag("--key"))
        #expect(fault?.message.contains(words) == true, "\(String(describing: fault))")
    }

    @Test func oneFileMayHoldCertificateAndKey() throws {
        let both = Secure.identity.key + Secure.identity.chain
        var settings = TLSSettings()
        settings.identity = TLSIdentity(chain: both, key: both)
        _ = try TLSContext(client: settings)
    }

    @Test func withoutOpenSSLThereIsAReason() {
        #expect(throws: Fault.self) {
            try OpenSSL.load("libnothing.so.3")
        }
        let fault = #expect(throws: Fault.self) {
            try OpenSSL.load("libc.so.6")
        }
        #expect(fault?.message == "libc.so.6 has no OPENSSL_init_ssl")
    }

    @Test func mutatedFilesNeverTrap() {
        var random = SeededRandom(seed: 41)
        let whole = Secure.identity.key + Secure.identity.chain
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0...random.next() % 4 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            var settings = TLSSettings()
            settings.authorities = bytes
            settings.identity = TLSIdentity(chain: bytes, key: bytes)
            _ = try? TLSContext(client: settings)
        }
    }
}
