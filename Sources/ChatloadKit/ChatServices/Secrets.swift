import Networking

/// Texts that no output may contain, and the one way to take them out.
package struct Secrets: Sendable, Equatable {
    /// What stands where a secret stood.
    package static let mark = "***"
    /// The most characters of a detail.
    package static let detailLimit = 200

    /// The values, longest first; empty ones are dropped.
    package let values: [String]

    /// The values, ready to be found.
    let patterns: SecretPatterns

    /// These values as secrets.
    package init(_ values: [String]) {
        self.values = Set(values).filter { !$0.isEmpty }.sorted {
            let (first, second) = ($0.utf8.count, $1.utf8.count)
            return first == second ? $0 < $1 : first > second
        }
        patterns = SecretPatterns(self.values.map { Array($0.utf8) })
    }

    package static func == (left: Secrets, right: Secrets) -> Bool { left.values == right.values }

    /// These secrets and further ones.
    package func adding(_ values: [String]) -> Secrets {
        values.isEmpty ? self : Secrets(self.values + values)
    }

    /// Bytes with every secret replaced, however it is written, and nothing else changed.
    ///
    /// - Parameter isCut: whether more followed, so that at the end a secret may stand in part.
    package func mask(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        SecretMask(secrets: self).mask(bytes, isCut: isCut)
    }

    /// `text` with every secret replaced, on one line and at most `limit` characters long. Secrets are
    /// taken out before the text is cut.
    package func mask(_ text: String, limit: Int = Secrets.detailLimit) -> String {
        SecretMask(secrets: self).mask(text, limit: limit)
    }

    /// Whether one of the values is so short that it is only masked where it is a word of its own.
    package var hasShortValues: Bool {
        values.contains { $0.utf8.count < SecretPatterns.fewestWithin }
    }
}
