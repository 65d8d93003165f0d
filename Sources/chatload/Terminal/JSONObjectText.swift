import Networking

/// Writes one JSON object, member by member.
struct JSONObjectText {
    private var members: [String] = []

    var text: String { "{" + members.joined(separator: ",") + "}" }

    mutating func add(_ key: String, _ value: String?) {
        add(key: key, raw: value.map(Self.quoted) ?? "null")
    }

    mutating func add(_ key: String, _ value: Int?) {
        add(key: key, raw: value.map { "\($0)" } ?? "null")
    }

    mutating func add(_ key: String, _ values: [String]) {
        add(key: key, raw: Self.list(values))
    }

    mutating func add(key: String, raw: String) { members.append(Self.quoted(key) + ":" + raw) }

    /// Texts as a JSON array.
    static func list(_ values: [String]) -> String {
        "[" + values.map(quoted).joined(separator: ",") + "]"
    }

    private static func quoted(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.append(jsonEscaped: text)
        return "\"" + buffer.text + "\""
    }
}
