import ChatloadKit
import Networking

/// Extra request headers as typed, made ready to be sent.
struct HeaderValues: Sendable, Equatable {
    var headers: [HeaderField] = []

    /// Resolves references. A header that carries a credential must be one, after a scheme if need
    /// be: `Authorization: Bearer env:NAME`.
    init(_ typed: Keyed<String>, in surroundings: Surroundings) throws(Complaint) {
        for entry in typed.entries {
            let (scheme, value) = Self.splitScheme(entry.value)
            do throws(Refusal) {
                let isSecret = SecretHeaderName.isOne(entry.key)
                let advice = "write -H '\(entry.key): env:NAME' or -H '\(entry.key): file:PATH'"
                let resolved =
                    isSecret
                    ? try SecretReference.secret(value, advice: advice, in: surroundings)
                    : try SecretReference.resolve(value, in: surroundings)
                let text = scheme + (resolved ?? value)
                if !text.utf8.allSatisfy(HeaderSyntax.isValueByte) {
                    throw Refusal("has control characters in its value")
                }
                headers.append(HeaderField(entry.key, text, isHidden: resolved != nil))
            } catch {
                throw Complaint(
                    error.message, at: .flag("--header " + Printable.line(entry.key, limit: 40)),
                    hint: error.hint)
            }
        }
    }

    private static func splitScheme(_ value: String) -> (scheme: String, rest: String) {
        for scheme in ["Bearer ", "Basic ", "Token ", "Bot "] where value.hasPrefix(scheme) {
            return (scheme, String(value.dropFirst(scheme.count)))
        }
        return ("", value)
    }
}
