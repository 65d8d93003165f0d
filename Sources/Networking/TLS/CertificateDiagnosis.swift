import Glibc

/// Says why a certificate is refused, while OpenSSL still has it at hand.
enum CertificateDiagnosis {
    /// Called for every certificate of a chain, with OpenSSL's own verdict, which stands.
    static let callback: VerifyCallback = { verdict, store in
        guard verdict != 1, let table = OpenSSL.table else { return verdict }
        let ssl = table.pointee.certificate.storeData(
            store, table.pointee.connection.connectionIndex())
        return TLSTransport.withSession(of: table.pointee.connection.readBIO(ssl)) { session in
            session.refuse(Judgement(of: store, host: session.host, table).failure)
            return 0
        }
    }
}

/// One refused certificate.
private struct Judgement {
    private enum Code {
        static let noIssuer: Int32 = 2
        static let notYetValid: Int32 = 9
        static let expired: Int32 = 10
        static let selfSigned: Int32 = 18
        static let selfSignedIssuer: Int32 = 19
        static let noLocalIssuer: Int32 = 20
        static let unverifiableLeaf: Int32 = 21
        static let untrusted: Int32 = 27
        static let wrongHost: Int32 = 62
        static let wrongAddress: Int32 = 64
    }

    private let code: Int32
    private let isIssuer: Bool
    private let host: String
    private let table: UnsafePointer<OpenSSL>
    private let names: CertificateNames

    init(of store: OpaquePointer?, host: String, _ table: UnsafePointer<OpenSSL>) {
        let functions = table.pointee.certificate
        code = functions.storeError(store)
        isIssuer = functions.storeDepth(store) > 0
        self.host = host
        self.table = table
        names = CertificateNames(functions.currentCertificate(store), table)
    }

    var failure: TLSFailure {
        switch code {
        case Code.expired:
            TLSFailure(.invalid, "\(subject) has expired\(names.end.map { " on \($0)" } ?? "")")
        case Code.notYetValid:
            TLSFailure(
                .invalid,
                "\(subject) is not yet valid\(names.start.map { ", but from \($0)" } ?? "")")
        case Code.selfSigned: TLSFailure(.untrusted, "the certificate is self-signed")
        case Code.selfSignedIssuer:
            TLSFailure(.untrusted, "the certificate's CA is unknown: \(names.subject)")
        case Code.noIssuer, Code.noLocalIssuer, Code.unverifiableLeaf, Code.untrusted:
            TLSFailure(.untrusted, "the certificate's CA is unknown: \(names.issuer)")
        case Code.wrongHost, Code.wrongAddress:
            TLSFailure(
                .wrongHost, "the certificate is for another host: \(names.hosts), not \(host)")
        default: TLSFailure(.invalid, "\(subject) is refused: \(reason)")
        }
    }

    private var subject: String {
        isIssuer ? "the certificate of its CA \(names.subject)" : "the certificate"
    }

    private var reason: String {
        table.pointee.certificate.verifyText(Int(code)).map { String(cString: $0) }
            ?? "error \(code)"
    }
}

/// What a certificate says about itself: anybody's words, so they are kept short and printable.
private struct CertificateNames {
    private static let mostShown = 3
    private static let longest = 80

    private let certificate: OpaquePointer?
    private let table: UnsafePointer<OpenSSL>

    init(_ certificate: OpaquePointer?, _ table: UnsafePointer<OpenSSL>) {
        self.certificate = certificate
        self.table = table
    }

    private var functions: CertificateFunctions { table.pointee.certificate }

    var subject: String { commonName(of: functions.subject(certificate)) ?? "one without a name" }
    var issuer: String { commonName(of: functions.issuer(certificate)) ?? "one without a name" }
    var start: String? { date(functions.notBefore(certificate)) }
    var end: String? { date(functions.notAfter(certificate)) }

    /// The hosts it is for, by its alternative names and otherwise by its subject.
    var hosts: String {
        let alternativeNames: Int32 = 85
        guard let list = functions.extensionValue(certificate, alternativeNames, nil, nil) else {
            return subject
        }
        defer { functions.freeGeneralNames(list) }
        let count = max(functions.stackCount(list), 0)
        let all = (0..<min(count, 100)).compactMap { host(functions.stackItem(list, $0)) }
        if all.isEmpty { return "none" }
        return all.prefix(Self.mostShown).joined(separator: ", ")
            + (all.count > Self.mostShown ? ", …" : "")
    }

    /// A name or an address among the alternative names; nil for what else there is.
    private func host(_ name: OpaquePointer?) -> String? {
        let (dns, address): (Int32, Int32) = (2, 7)
        var kind: Int32 = 0
        let value = functions.generalName(name, &kind)
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
            let place = functions.nameEntryIndex(name, kind, -1)
            guard place >= 0 else { continue }
            let value = functions.nameEntryData(functions.nameEntry(name, place))
            return printable(bytes(of: value))
        }
        return nil
    }

    private func date(_ time: OpaquePointer?) -> String? {
        var parts = tm()
        guard functions.timeParts(time, &parts) == 1 else { return nil }
        func digits(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(Int(parts.tm_year) + 1_900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
    }

    private func bytes(of string: OpaquePointer?) -> [UInt8] {
        guard let string, let start = functions.stringBytes(string) else { return [] }
        let count = max(Int(functions.stringLength(string)), 0)
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    private func printable(_ bytes: [UInt8]) -> String {
        let shown = bytes.prefix(Self.longest).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
        return String(decoding: shown, as: UTF8.self) + (bytes.count > Self.longest ? "…" : "")
    }
}
