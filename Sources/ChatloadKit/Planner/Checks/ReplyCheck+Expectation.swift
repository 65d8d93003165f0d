import Networking

/// Holding a reply against an expectation.
extension ReplyCheck {
    /// The first demand that the reply does not meet.
    func shortfall(
        of text: Span<UInt8>, _ found: BodyValues, by values: VariableValues,
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
            if !text.isEqual(to: wanted) { throw miss("be", wanted, text) }
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
            do throws(PatternBudget.Exceeded) {
                isMet = try pattern.matches(text, &budget)
            } catch {
                throw tooMuchWork(source, text, for: "expect matches")
            }
            if !isMet { throw miss("match", source, text) }
        }
    }

    private func check(
        _ expected: ExpectedValue, among found: [BodyValues.Value], _ values: VariableValues
    ) throws(ExchangeFailure) {
        let wanted: String
        switch expected.literal {
        case .string(let template):
            let text = try values.text(of: template)
            if found.contains(.string(text)) { return }
            wanted = shortened(text)
        case .number(let number, let text):
            let isThere = found.contains { value in
                if case .number(let digits) = value { Double(digits) == number } else { false }
            }
            if isThere { return }
            wanted = text
        case .bool(let flag):
            if found.contains(.bool(flag)) { return }
            wanted = flag ? "true" : "false"
        case .null:
            if found.contains(.null) { return }
            wanted = "null"
        }
        let path =
            detail.paths.indices.contains(expected.path) ? detail.paths[expected.path].text : ""
        let got = found.first.map { secrets.mask($0.text, limit: 80) } ?? "nothing"
        throw ExchangeFailure(
            .expectation, "expected \(secrets.mask(path, limit: 60)) to be \(wanted), got \(got)")
    }

    private func miss(
        _ verb: String, _ wanted: String, _ text: Span<UInt8>
    ) -> ExchangeFailure {
        ExchangeFailure(
            .expectation,
            "expected the reply to \(verb) \(shortened(wanted)), got \(quoted(text))")
    }

    /// A text between quotes from a little before a part of it on; secrets are masked before it is
    /// cut.
    private func quoted(_ text: Span<UInt8>, at part: String) -> String {
        let masked = secrets.mask(text.extracting(first: 65_536).text, limit: .max)
        guard let place = masked.firstRange(of: part)?.lowerBound,
            masked[..<place].count > 40
        else { return quoted(text) }
        let rest = masked[place...]
        let end = rest.count > 50 ? "…\"" : "\""
        return "\"…" + masked[..<place].suffix(30) + rest.prefix(50) + end
    }
}

extension Span<UInt8> {
    /// Whether these are the bytes of a text.
    fileprivate func isEqual(to text: String) -> Bool {
        let bytes = text.utf8.span
        return count == bytes.count && (isEmpty || firstRange(of: bytes) != nil)
    }
}
