package import Networking

/// How much a service lets each of its credentials do: so much at once, and as much again in every
/// period.
package struct ServiceLimit: Sendable, Equatable, CustomStringConvertible {
    /// What is counted.
    package enum Unit: String, Sendable, CaseIterable {
        case requests
        /// The sandbox's own count: four characters of a message or a reply, or what is left of
        /// them, are one.
        case tokens
    }

    private static let mostUnits = 1_000_000_000_000
    private static let longestPeriod = Nanoseconds.seconds(366 * 86_400)

    /// How many a period; at least 1.
    package let amount: Int
    package let unit: Unit
    /// Longer than nothing.
    package let period: Nanoseconds

    /// The limit written as `60 requests/m` or `10000 tokens/10s`; the period is `s`, `m`, `h`, `d`
    /// or a duration. Nil for everything else, and for nothing at all in a period.
    package init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let digits = parts[0].prefix { $0.isASCII && $0.isNumber }
        let word = parts[0].dropFirst(digits.count).drop { $0 == " " }
        let unit = Unit.allCases.first { word == $0.rawValue || word == $0.rawValue.dropLast() }
        guard let amount = Int(digits), (1...Self.mostUnits).contains(amount), let unit,
            let period = Self.period(parts[1]), period > .zero, period <= Self.longestPeriod
        else { return nil }
        self.amount = amount
        self.unit = unit
        self.period = period
    }

    private static func period(_ text: Substring) -> Nanoseconds? {
        switch text {
        case "d": .seconds(86_400)
        case "s", "m", "h": Units.parseDuration("1" + text)
        default: Units.parseDuration(String(text))
        }
    }

    /// The limit as `init(parsing:)` reads it.
    package var description: String {
        let names: [Nanoseconds: String] = [
            .seconds(1): "s", .seconds(60): "m", .seconds(3600): "h", .seconds(86_400): "d",
        ]
        return "\(amount) \(unit.rawValue)/\(names[period] ?? Units.exact(period))"
    }
}
