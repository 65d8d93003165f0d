package import Base
import Glibc

extension ThinkTime {
    /// The forms that are understood.
    package static let forms =
        #"write "2s", a number of seconds, "uniform:1s,3s", "lognormal:2s,0.5", "exponential:2s" "#
        + #"or "reading:250wpm""#

    /// Reads `2s`, `1.5` (seconds), `uniform:LOW,HIGH`, `lognormal:MEDIAN,SIGMA` (the standard
    /// deviation of the logarithm), `exponential:MEAN` or `reading:SPEED` in words a minute.
    ///
    /// - Throws: what is wrong, when it is none of these.
    package init(parsing text: String) throws(Fault) {
        guard let colon = text.firstIndex(of: ":") else {
            self = .fixed(try Self.duration(text[...]))
            return
        }
        let values = text[text.index(after: colon)...]
            .split(separator: ",", omittingEmptySubsequences: false)
        switch (text[..<colon], values.count) {
        case ("uniform", 2):
            let (low, high) = (try Self.duration(values[0]), try Self.duration(values[1]))
            guard low <= high else { throw Fault("uniform wants the shorter time first") }
            self = .uniform(low, high)
        case ("lognormal", 2):
            guard let sigma = Units.parseNumber(String(values[1])), sigma <= 10 else {
                throw Fault("lognormal wants a spread from 0 to 10")
            }
            self = .logNormal(median: try Self.duration(values[0]), sigma: sigma)
        case ("exponential", 1):
            self = .exponential(try Self.duration(values[0]))
        case ("reading", 1): self = .reading(wordsPerMinute: try Self.speed(values[0]))
        case ("uniform", _), ("lognormal", _):
            throw Fault("\(text[..<colon]) takes two values")
        case ("exponential", _), ("reading", _):
            throw Fault("\(text[..<colon]) takes one value")
        default:
            throw Fault("\"\(text[..<colon])\" is no distribution")
        }
    }

    /// The expected value, for estimates of how long a run takes. Nobody knows the replies yet, so
    /// reading counts as if they had forty words.
    package var mean: Nanoseconds {
        switch self {
        case .fixed(let span), .exponential(let span): span
        case .uniform(let low, let high):
            Nanoseconds(seconds: low.seconds / 2 + high.seconds / 2)
        case .logNormal(let median, let sigma):
            Nanoseconds(seconds: median.seconds * exp(sigma * sigma / 2))
        case .reading(let speed): Self.reading(200, at: speed)
        }
    }

    /// The text that `init(parsing:)` reads as this.
    package var specification: String {
        switch self {
        case .fixed(let span): Units.exact(span)
        case .uniform(let low, let high): "uniform:\(Units.exact(low)),\(Units.exact(high))"
        case .logNormal(let median, let sigma):
            "lognormal:\(Units.exact(median)),\(Self.plain(sigma))"
        case .exponential(let mean): "exponential:\(Units.exact(mean))"
        case .reading(let speed): "reading:\(speed)wpm"
        }
    }

    /// A number from 0 on in digits alone: small ones print with an exponent, which nobody types.
    private static func plain(_ number: Double) -> String {
        let parts = "\(number)".split(separator: "e-")
        guard parts.count == 2, let zeros = Int(parts[1]) else { return "\(number)" }
        return "0." + String(repeating: "0", count: zeros - 1) + parts[0].filter { $0 != "." }
    }

    /// The time it takes to read a text, a word being five characters, as typists count.
    static func reading(_ characters: Int, at wordsPerMinute: Double) -> Nanoseconds {
        Nanoseconds(seconds: Double(characters) / 5 / wordsPerMinute * 60)
    }

    private static func speed(_ text: Substring) throws(Fault) -> Double {
        let number = text.hasSuffix("wpm") ? text.dropLast(3) : text
        guard let speed = Units.parseNumber(String(number)), speed >= 1, speed <= 100_000 else {
            throw Fault("reading wants a speed from 1 to 100000 words a minute")
        }
        return speed
    }

    private static func duration(_ text: Substring) throws(Fault) -> Nanoseconds {
        guard let span = Units.parseDuration(String(text)) else {
            throw Fault("\"\(text)\" is no duration")
        }
        return span
    }
}
