import Base

/// A reply that has come, held against what a turn demands of it and captures from it.
///
/// Everything takes time linear in the reply, and of a very long one only the beginning is looked at.
struct ReplyCheck {
    /// The most bytes of a reply, and of a response's body, that are looked at.
    static let mostBytes = 1 << 20
    /// The most of them that are looked through for what is to be shown.
    static let mostQuoted = 65_536

    let detail: TurnDetail
    /// What takes secrets out of what is said of the reply.
    let mask: SecretMask
    /// The status of the response.
    let status: Int?

    /// What is wrong with the reply; nil when nothing is. What was captured is put into `values`, even
    /// when the reply is not as expected.
    ///
    /// - Parameters:
    ///   - text: the reply.
    ///   - body: the response that brought it.
    func failure(
        of text: Span<UInt8>, in body: Span<UInt8>, values: inout VariableValues
    ) -> ExchangeFailure? {
        let text = text.extracting(first: Self.mostBytes)
        let body = body.extracting(first: Self.mostBytes)
        let found = BodyValue.values(at: detail.paths, in: body)
        var budget = PatternBudget.forReply
        let shortfall = shortfall(of: text, found, by: values, &budget)
        let gap = capture(from: text, found, body, into: &values, &budget)
        return shortfall ?? gap
    }

    /// What is wrong with a reply that took this long.
    func failure(ofReplyAfter time: Nanoseconds) -> ExchangeFailure? {
        guard let limit = detail.expectation?.within, time > limit else { return nil }
        return ExchangeFailure(
            .expectation,
            "expected the reply within \(Units.exact(limit)), got it after \(Units.format(time))")
    }

    private func capture(
        from text: Span<UInt8>, _ found: [[BodyValue]], _ body: Span<UInt8>,
        into values: inout VariableValues, _ budget: inout PatternBudget
    ) -> ExchangeFailure? {
        var failure: ExchangeFailure?
        for capture in detail.captures {
            switch value(of: capture, in: text, found, body, &budget) {
            case .success(let value): values.set(value, at: capture.place)
            case .failure(let gap): failure = failure ?? gap
            }
        }
        return failure
    }

    private func value(
        of capture: Capture, in text: Span<UInt8>, _ found: [[BodyValue]], _ body: Span<UInt8>,
        _ budget: inout PatternBudget
    ) -> Result<String, ExchangeFailure> {
        let value: String?
        let looked: String
        switch capture.source {
        case .pattern(let pattern):
            do throws(Fault) {
                let groups = try pattern.firstMatch(in: text, &budget)
                let part = groups.flatMap { $0.count > 1 ? $0[1] : $0[0] }
                value = part.map { text.extracting($0).text }
            } catch {
                return .failure(tooMuchWork(capture.text, text, for: "capture \"\(capture.name)\""))
            }
            looked = quoted(text)
        case .path(let path):
            value = found[path].lazy.compactMap(\.captured).first
            looked = quoted(body)
        }
        guard let value else {
            let what = "capture \"\(capture.name)\": nothing at \(shortened(capture.text))"
            return .failure(ExchangeFailure(.script, "\(what) in \(looked)"))
        }
        if value.utf8.count <= VariableValues.longestCapture { return .success(value) }
        return .failure(
            ExchangeFailure(
                .script,
                "capture \"\(capture.name)\": \(value.utf8.count) bytes are more than the"
                    + " \(VariableValues.longestCapture) that are kept"))
    }

    /// The failure of a pattern, given as it is written, that a reply was too much for.
    func tooMuchWork(
        _ pattern: String, _ text: Span<UInt8>, for purpose: String
    ) -> ExchangeFailure {
        ExchangeFailure(
            .script,
            "\(purpose): looking for \(shortened(pattern)) in a reply of \(text.count) bytes takes too"
                + " long; give it a fixed text to begin with, or smaller counts")
    }

    // MARK: Excerpts

    /// The beginning of a text between quotes, secrets masked before it is cut.
    func quoted(_ text: Span<UInt8>) -> String {
        "\"" + mask.mask(text.extracting(first: Self.mostQuoted).text, limit: 80) + "\""
    }

    /// The beginning of a script's own text.
    func shortened(_ text: String) -> String { "\"" + mask.mask(text, limit: 60) + "\"" }
}

/// Holding a reply against an expectation.
extension ReplyCheck {
    /// The first demand that the reply does not meet.
    func shortfall(
        of text: Span<UInt8>, _ found: [[BodyValue]], by values: VariableValues,
        _ budget: inout PatternBudget
    ) -> ExchangeFailure? {
        guard let expectation = detail.expectation else { return nil }
        do throws(ExchangeFailure) {
            try checkStatus(expectation)
            try checkText(expectation, text, values)
            try checkPatterns(expectation, text, &budget)
            for expected in expectation.json {
                try check(expected, among: found[expected.path], values)
            }
            return nil
        } catch {
            return error
        }
    }

    private func checkStatus(_ expectation: Expectation) throws(ExchangeFailure) {
        guard let wanted = expectation.status, let status, !wanted.contains(status) else { return }
        throw ExchangeFailure(.expectation, "expected status \(wanted.text), got \(status)")
    }

    private func checkText(
        _ expectation: Expectation, _ text: Span<UInt8>, _ values: VariableValues
    ) throws(ExchangeFailure) {
        if let equals = expectation.equals {
            let wanted = try values.text(of: equals)
            if !text.isEqual(to: wanted.utf8.span) { throw miss("be", wanted, text) }
        }
        for template in expectation.contains {
            let wanted = try values.text(of: template)
            if text.firstRange(of: wanted.utf8.span) == nil { throw miss("contain", wanted, text) }
        }
        for template in expectation.excludes {
            let unwanted = try values.text(of: template)
            if text.firstRange(of: unwanted.utf8.span) == nil { continue }
            throw ExchangeFailure(
                .expectation,
                "expected the reply not to contain \(shortened(unwanted)), got"
                    + " \(quoted(text, at: unwanted))")
        }
    }

    private func checkPatterns(
        _ expectation: Expectation, _ text: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(ExchangeFailure) {
        for (pattern, source) in zip(expectation.matches, expectation.matchTexts) {
            let isMet: Bool
            do throws(Fault) {
                isMet = try pattern.matches(text, &budget)
            } catch {
                throw tooMuchWork(source, text, for: "expect matches")
            }
            if !isMet { throw miss("match", source, text) }
        }
    }

    private func check(
        _ expected: ExpectedValue, among found: [BodyValue], _ values: VariableValues
    ) throws(ExchangeFailure) {
        var wanted: String
        let isThere: Bool
        switch expected.literal {
        case .string(let template):
            wanted = try values.text(of: template)
            isThere = found.contains(.string(wanted))
        case .number(let number, let text):
            wanted = text
            isThere = found.contains { value in
                if case .number(let digits) = value { Double(digits) == number } else { false }
            }
        case .bool(let flag):
            (wanted, isThere) = (flag ? "true" : "false", found.contains(.bool(flag)))
        case .null: (wanted, isThere) = ("null", found.contains(.null))
        }
        if isThere { return }
        if case .string = expected.literal { wanted = shortened(wanted) }
        let path =
            detail.paths.indices.contains(expected.path) ? detail.paths[expected.path].text : ""
        let got = found.first.map { mask.mask($0.text, limit: 80) } ?? "nothing"
        throw ExchangeFailure(
            .expectation, "expected \(mask.mask(path, limit: 60)) to be \(wanted), got \(got)")
    }

    private func miss(_ verb: String, _ wanted: String, _ text: Span<UInt8>) -> ExchangeFailure {
        ExchangeFailure(
            .expectation,
            "expected the reply to \(verb) \(shortened(wanted)), got \(quoted(text))")
    }

    /// A text between quotes from a little before a part of it on; secrets are masked before it is
    /// cut.
    private func quoted(_ text: Span<UInt8>, at part: String) -> String {
        let masked = masked(text)
        guard let place = masked.firstRange(of: part)?.lowerBound,
            masked[..<place].count > 40
        else { return quoted(text) }
        let rest = masked[place...]
        let end = rest.count > 50 ? "…\"" : "\""
        return "\"…" + masked[..<place].suffix(30) + rest.prefix(50) + end
    }

    private func masked(_ text: Span<UInt8>) -> String {
        let bytes = text.extracting(first: Self.mostQuoted).withUnsafeBufferPointer { Array($0) }
        let masked = mask.mask(bytes, isCut: bytes.count < text.count)
        return mask.mask(String(decoding: masked, as: UTF8.self), limit: .max)
    }
}

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

/// What a script takes from a reply, for later turns.
struct Capture: Sendable, Equatable {
    enum Source: Sendable, Equatable {
        /// The first group of the first match in the reply's text, or all of it when there is no
        /// group.
        case pattern(Pattern)
        /// The first value at the path of this place among the turn's.
        case path(Int)
    }

    var name: String
    var source: Source
    /// How the source is written.
    var text: String
    /// The place of the value among the conversation's.
    var place: Int
}

/// One value that was found in a response's body.
enum BodyValue: Equatable {
    case string(String)
    /// A number as it is written.
    case number(String)
    case bool(Bool)
    case null
    /// An object or array as it is written.
    case structure(String)

    /// The most values that are kept for one path with a `*`.
    private static let most = 1_000

    /// The values at each of these paths, in the body's order; none at all when it is not JSON.
    static func values(at paths: [JSONPath], in body: Span<UInt8>) -> [[BodyValue]] {
        let nothing = Array(repeating: [BodyValue](), count: paths.count)
        if paths.isEmpty { return nothing }
        var values = nothing
        do throws(JSONError) {
            try JSONFields(paths).read(body) { path, token, range in
                guard values[path].count < most, let value = Self(token, at: range, in: body)
                else { return }
                values[path].append(value)
            }
            return values
        } catch {
            return nothing
        }
    }

    private init?(_ token: JSONToken, at range: Range<Int>, in body: Span<UInt8>) {
        switch token {
        case .string(let text): self = .string(text.string(in: body))
        case .number(let digits): self = .number(JSONNumber.text(digits, in: body))
        case .bool(let flag): self = .bool(flag)
        case .null: self = .null
        case .beginObject, .beginArray: self = .structure(body.extracting(range).text)
        case .key, .endObject, .endArray, .end: return nil
        }
    }

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
