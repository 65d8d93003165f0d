package import Base
import Networking

/// Which credentials the imitated services take.
///
/// A service for which none are named takes whatever is not empty. Comparisons take the same time
/// wherever two secrets differ, and no secret is ever part of a message.
package struct Credentials: Sendable, Equatable {
    private struct TamakoKeys: Equatable {
        var provision: [UInt8]
        var service: [UInt8]
        var secret: [UInt8]
    }

    private var stammerTokens: [[UInt8]] = []
    private var tamakoKeys: [TamakoKeys] = []
    private var botyardAdminKeys: [[UInt8]] = []
    /// By the name of a service whose credentials are one key each.
    private var modelKeys: [String: [[UInt8]]] = [:]

    /// Takes everything that is not empty.
    package init() {}

    /// Reads JSON lines: `{"service":"stammer","token":…}`,
    /// `{"service":"tamako","prvid":…,"svcid":…,"svcsecret":…}`,
    /// `{"service":"botyard","admin_key":…}`, and `{"service":"openai","key":…}` for whatever generates
    /// text. Blank lines are skipped.
    ///
    /// - Throws: the first line that is none of these, and what is wrong with it; never a secret.
    package init(parsing file: [UInt8]) throws(Fault) {
        var number = 0
        for line in file.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            guard let fields = Self.fields(Array(line)) else {
                throw Fault("not one JSON object with text values only", line: number)
            }
            if let message = add(fields) { throw Fault(message, line: number) }
        }
    }

    /// Whether Stammer takes this token.
    func takesStammer(_ token: Span<UInt8>) -> Bool {
        Self.isAny(of: stammerTokens, token)
    }

    /// Whether Botyard's admin API takes this key.
    func takesBotyardAdmin(_ key: Span<UInt8>) -> Bool {
        Self.isAny(of: botyardAdminKeys, key)
    }

    /// Whether the service of this name, one that generates text, takes this key.
    func takes(_ key: Span<UInt8>, in service: String) -> Bool {
        Self.isAny(of: modelKeys[service] ?? [], key)
    }

    /// Whether Tamako takes these three together.
    func takesTamako(
        provision: Span<UInt8>, service: Span<UInt8>, secret: Span<UInt8>
    ) -> Bool {
        if provision.isEmpty || service.isEmpty || secret.isEmpty { return false }
        var isValid = tamakoKeys.isEmpty
        for keys in tamakoKeys {
            let sameProvision = keys.provision.span.isEqualInConstantTime(to: provision)
            let sameService = keys.service.span.isEqualInConstantTime(to: service)
            let sameSecret = keys.secret.span.isEqualInConstantTime(to: secret)
            let matches = (sameProvision ? 1 : 0) & (sameService ? 1 : 0) & (sameSecret ? 1 : 0)
            if matches == 1 { isValid = true }
        }
        return isValid
    }

    private static func isAny(of valid: [[UInt8]], _ candidate: Span<UInt8>) -> Bool {
        if candidate.isEmpty { return false }
        var isValid = valid.isEmpty
        for one in valid where one.span.isEqualInConstantTime(to: candidate) { isValid = true }
        return isValid
    }

    /// Adds one line's credential; the complaint when something is missing.
    private mutating func add(_ fields: [String: String]) -> String? {
        func value(_ name: String) -> [UInt8]? {
            fields[name].flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        }
        switch fields["service"] {
        case "stammer":
            guard let token = value("token") else { return "stammer needs \"token\"" }
            stammerTokens.append(token)
        case "tamako":
            guard let provision = value("prvid"), let service = value("svcid"),
                let secret = value("svcsecret")
            else { return "tamako needs \"prvid\", \"svcid\" and \"svcsecret\"" }
            tamakoKeys.append(
                TamakoKeys(provision: provision, service: service, secret: secret))
        case "botyard":
            guard let key = value("admin_key") else { return "botyard needs \"admin_key\"" }
            botyardAdminKeys.append(key)
        default: return addKey(of: fields["service"] ?? "", value("key"))
        }
        return nil
    }

    private mutating func addKey(of service: String, _ key: [UInt8]?) -> String? {
        let known = SandboxSettings.services.map(\.name)
        guard known.contains(service) else {
            let names = known.map { "\"\($0)\"" }
            let all = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
            return "\"service\" must be \(all)"
        }
        guard let key else { return "\(service) needs \"key\"" }
        modelKeys[service, default: []].append(key)
        return nil
    }

    /// The members of an object whose values are all texts; nil for anything else.
    private static func fields(_ line: [UInt8]) -> [String: String]? {
        var scanner = JSONScanner()
        var fields: [String: String] = [:]
        let bytes = line.span
        do {
            guard try scanner.next(in: bytes) == .beginObject else { return nil }
            while case .key(let key) = try scanner.next(in: bytes) {
                guard case .string(let value) = try scanner.next(in: bytes),
                    fields.updateValue(value.string(in: bytes), forKey: key.string(in: bytes))
                        == nil
                else { return nil }
            }
            return try scanner.next(in: bytes) == .end ? fields : nil
        } catch {
            return nil
        }
    }
}
