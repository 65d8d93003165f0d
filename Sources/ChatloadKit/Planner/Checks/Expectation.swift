import Networking

/// What a script demands of a reply: everything that is set must hold.
struct Expectation: Sendable, Equatable {
    /// Texts that must be in the reply.
    var contains: [Template] = []
    /// Texts that must not be in it.
    var excludes: [Template] = []
    /// The reply itself.
    var equals: Template?
    /// What must be found in the reply, and how that is written.
    var matches: [Pattern] = []
    var matchTexts: [String] = []
    /// The longest reply time.
    var within: Nanoseconds?
    /// The status of the response; a success (2xx) when it is nil.
    var status: StatusSet?
    /// Values in the response's body.
    var json: [ExpectedValue] = []

    /// Every text that may have variables.
    var templates: [Template] {
        let values = json.compactMap { value in
            if case .string(let template) = value.literal { template } else { nil }
        }
        return contains + excludes + [equals].compactMap(\.self) + values
    }
}

/// A value that a response's body must have.
struct ExpectedValue: Sendable, Equatable {
    enum Literal: Sendable, Equatable {
        case string(Template)
        /// A number, and how it is written.
        case number(Double, String)
        case bool(Bool)
        case null
    }

    /// The place of its path among the turn's.
    var path: Int
    var literal: Literal
}

/// Some statuses of HTTP.
struct StatusSet: Sendable, Equatable {
    /// Single ones.
    var codes: [Int] = []
    /// First digits that stand for all hundred.
    var classes: [Int] = []

    /// Whether a status is one of them.
    func contains(_ status: Int) -> Bool {
        codes.contains(status) || classes.contains(status / 100)
    }

    /// The statuses in words: `404`, `2xx or 404`.
    var text: String {
        (classes.map { "\($0)xx" } + codes.map { "\($0)" }).joined(separator: " or ")
    }
}
