import Networking

/// The latest that the service said of its own limits in response heads, by credential. Kept as it
/// came, since it comes with every response and is read once.
struct ServiceLimits: Sendable {
    private struct Latest: Sendable {
        var at: Nanoseconds
        var lines: ByteBuffer
    }

    /// The most bytes of one head that are kept; more are no limits that anybody could read.
    private static let mostBytes = 4_096

    private var latest: [Int: Latest] = [:]

    /// Keeps what a head says.
    mutating func note(_ head: Span<UInt8>, of credential: Int, at now: Nanoseconds) {
        let place = latest.index(forKey: credential)
        if place == nil { latest[credential] = Latest(at: now, lines: ByteBuffer(capacity: 512)) }
        latest[credential]?.at = now
        latest[credential]?.lines.clear()
        HeaderFields.forEachRateLimit(in: head) { line in
            guard let kept = latest[credential]?.lines.count,
                kept + line.count < Self.mostBytes
            else { return }
            latest[credential]?.lines.append(line)
            latest[credential]?.lines.append(byte: UInt8(ascii: "\n"))
        }
    }

    /// Takes over what another worker heard later.
    mutating func merge(_ other: ServiceLimits) {
        latest.merge(other.latest) { $0.at < $1.at ? $1 : $0 }
    }

    /// These without the secrets that a service may repeat anywhere: those of its users, and then those
    /// of the run.
    func masked(_ mask: (_ line: [UInt8]) -> [UInt8]) -> ServiceLimits {
        var masked = self
        for (credential, said) in latest {
            masked.latest[credential]?.lines.clear()
            for line in said.lines.bytes.split(separator: UInt8(ascii: "\n")) {
                masked.latest[credential]?.lines.append(mask(Array(line)))
                masked.latest[credential]?.lines.append(byte: UInt8(ascii: "\n"))
            }
        }
        return masked
    }

    /// Whether nothing was said.
    var isEmpty: Bool { latest.isEmpty }

    /// What was said to a credential, by lower-case names.
    func fields(of credential: Int) -> [String: String] {
        // What is secret has been taken out; this keeps each on one line, and short.
        let shortened = Secrets([])
        var fields: [String: String] = [:]
        for line in latest[credential]?.lines.text.split(separator: "\n") ?? [] {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[shortened.mask(String(line[..<colon])).lowercased()] =
                shortened.mask(String(value))
        }
        return fields
    }
}
