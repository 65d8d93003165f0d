package import Base
import Networking

/// A limit on requests or tokens that the run keeps of its own accord, such as
/// `credential:60 requests/m`.
package struct Quota: Sendable, Equatable {
    /// Who shares the amount.
    package enum Scope: String, CaseIterable, Sendable {
        case run, credential, user, conversation
    }

    /// What is counted.
    package enum Unit: String, CaseIterable, Sendable {
        case requests, tokens
        case promptTokens = "prompt-tokens"
        case replyTokens = "reply-tokens"
    }

    package var scope: Scope
    /// How many of the unit; at least 1.
    package var amount: Int
    package var unit: Unit
    /// The time in which the amount may be spent; nil when it is all there ever is.
    package var period: Nanoseconds?
    /// How many of the unit may go at once after a pause; 1 spreads them evenly over the period.
    package var burst: Int

    /// A quota of these parts.
    package init(
        _ scope: Scope, _ amount: Int, _ unit: Unit, per period: Nanoseconds? = nil, burst: Int = 1
    ) {
        self.scope = scope
        self.amount = amount
        self.unit = unit
        self.period = period
        self.burst = burst
    }

    /// The text that `init(parsing:)` reads as this.
    package var specification: String {
        var text = "\(scope.rawValue):\(amount) \(unit.rawValue)"
        if let letter = Self.periods.first(where: { $0.span == period })?.letter {
            text += "/\(letter)"
        }
        return burst == 1 ? text : text + " burst \(burst)"
    }

    /// The periods there are, by the letters they are written with.
    fileprivate static let periods: [(letter: String, span: Nanoseconds)] = [
        ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)), ("d", .seconds(86_400)),
    ]
}

extension Quota {
    /// Reads `SCOPE:AMOUNT UNIT[/PERIOD][ burst N]`.
    ///
    /// - Throws: what is wrong, when it is none.
    package init(parsing text: String) throws(Fault) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw Self.complaint("has no scope") }
        let scope: Scope = try Self.word(halves[0], "scope")
        var words = halves[1].split(separator: " ")[...]
        let amount = try Self.number(words.popFirst(), "amount")
        let unit = (words.popFirst() ?? "").split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            scope, amount, try Self.word(unit.first ?? "", "unit"),
            per: try unit.dropFirst().first.map(Self.period))
        if words.isEmpty { return }
        guard words.popFirst() == "burst" else { throw Self.complaint("has a word too many") }
        burst = try Self.number(words.popFirst(), "burst")
        guard words.isEmpty else { throw Self.complaint("has a word too many") }
        guard period != nil else {
            throw Self.complaint("has a burst, which is only for quotas with a period")
        }
    }

    private static func number(_ text: Substring?, _ noun: String) throws(Fault) -> Int {
        guard let text, let number = Int(text), number > 0, number <= 1_000_000_000_000 else {
            throw complaint("has no \(noun), a whole number from 1 on")
        }
        return number
    }

    private static func period(_ text: Substring) throws(Fault) -> Nanoseconds {
        guard let period = periods.first(where: { $0.letter == text }) else {
            throw complaint("has an unknown period; there are s, m, h and d")
        }
        return period.span
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ text: Substring, _ noun: String
    ) throws(Fault) -> Word where Word.RawValue == String {
        // One of a thing is written without its last letter: `1 request/s`.
        if let word = Word(rawValue: String(text)) ?? Word(rawValue: text + "s") { return word }
        let known = Word.allCases.map(\.rawValue)
        throw Fault(
            "has an unknown \(noun)",
            hint: nearestName(to: String(text), among: known).map { "did you mean \($0)?" }
                ?? "known: " + known.joined(separator: ", "))
    }

    private static func complaint(_ message: String) -> Fault {
        Fault(message, hint: "write it like 'run:600 requests/m' or 'user:2000 tokens/m burst 500'")
    }
}
