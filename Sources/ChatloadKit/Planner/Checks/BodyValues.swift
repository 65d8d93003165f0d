import Networking

/// The values at some places of a response's body.
struct BodyValues {
    /// One value that was found.
    enum Value: Equatable {
        case string(String)
        /// A number as it is written.
        case number(String)
        case bool(Bool)
        case null
        /// An object or array as it is written.
        case structure(String)

        /// What a capture makes of it; nothing of `null`.
        var captured: String? {
            switch self {
            case .string(let text), .number(let text), .structure(let text): text
            case .bool(let flag): flag ? "true" : "false"
            case .null: nil
            }
        }

        /// How it is shown.
        var text: String {
            if case .string(let text) = self { "\"\(text)\"" } else { captured ?? "null" }
        }
    }

    /// The most values that are kept for one path with a `*`.
    private static let most = 1_000

    private var values: [[Value]]

    /// Looks the paths up; finds nothing at all when the body is not JSON.
    init(of paths: [JSONPath], in body: Span<UInt8>) {
        var values = Array(repeating: [Value](), count: paths.count)
        self.values = values
        if paths.isEmpty { return }
        do throws(JSONError) {
            try JSONFields(paths).read(body) { path, token, range in
                guard values[path].count < Self.most else { return }
                Self.value(of: token, at: range, in: body).map { values[path].append($0) }
            }
            self.values = values
        } catch {}
    }

    /// What stands at the path of this place, in the body's order.
    subscript(path: Int) -> [Value] { values.indices.contains(path) ? values[path] : [] }

    private static func value(
        of token: JSONToken, at range: Range<Int>, in body: Span<UInt8>
    ) -> Value? {
        switch token {
        case .string(let text): .string(text.string(in: body))
        case .number(let digits): .number(JSONNumber.text(digits, in: body))
        case .bool(let flag): .bool(flag)
        case .null: .null
        case .beginObject, .beginArray: .structure(body.extracting(range).text)
        case .key, .endObject, .endArray, .end: nil
        }
    }
}
