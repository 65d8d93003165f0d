import Networking

/// A reply that has come, held against what a turn demands of it and captures from it.
///
/// Everything takes time linear in the reply, and of a very long one only the beginning is looked at.
struct ReplyCheck {
    /// The most bytes of a reply, and of a response's body, that are looked at.
    static let mostBytes = 1 << 20

    let detail: TurnDetail
    let secrets: Secrets
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
        let found = BodyValues(of: detail.paths, in: body)
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
        from text: Span<UInt8>, _ found: BodyValues, _ body: Span<UInt8>,
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
        of capture: Capture, in text: Span<UInt8>, _ found: BodyValues, _ body: Span<UInt8>,
        _ budget: inout PatternBudget
    ) -> Result<String, ExchangeFailure> {
        let value: String?
        let looked: String
        switch capture.source {
        case .pattern(let pattern):
            do throws(PatternBudget.Exceeded) {
                let part = try Capture.part(of: text, by: pattern, &budget)
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
        "\"" + secrets.mask(text.extracting(first: 65_536).text, limit: 80) + "\""
    }

    /// The beginning of a script's own text.
    func shortened(_ text: String) -> String { "\"" + secrets.mask(text, limit: 60) + "\"" }
}

extension Span<UInt8> {
    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String { JSONText(range: 0..<count, hasEscapes: false).string(in: self) }
}
