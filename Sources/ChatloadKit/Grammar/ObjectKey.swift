import Base

/// Keys of one kind of object in a file that people write: a script, or the description of a service.
protocol ObjectKey: RawRepresentable<String>, CaseIterable, Sendable
where AllCases == [Self] {
    /// What has such keys, with its article.
    static var object: String { get }
    /// What to write instead of a key that other tools and datasets have.
    static func usual(for word: String) -> String?
}

extension String {
    /// The text for use in a complaint: one line, not endless.
    var shortened: String {
        let flat = String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(60).map {
                    $0.properties.isWhitespace || $0.value < 32 ? " " : $0
                }
            ))
        return unicodeScalars.count > 60 ? flat + "…" : flat
    }
}

extension ObjectKey {
    /// What to say about a key that is not known.
    static func fault(for word: String, at offset: Int) -> Fault {
        let names = allCases.map(\.rawValue)
        let nearest =
            usual(for: word)
            ?? nearestName(to: word.shortened, among: names).map { "did you mean \"\($0)\"?" }
        return Fault(
            "unknown key \"\(word.shortened)\" in \(object)", offset: offset,
            hint: nearest ?? "known keys: \(names.joined(separator: ", "))")
    }
}

extension JSONToken {
    /// The token's type, for complaints.
    var kind: String {
        switch self {
        case .beginObject: "an object"
        case .beginArray: "an array"
        case .string, .key: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        case .endObject, .endArray, .end: "nothing"
        }
    }
}
