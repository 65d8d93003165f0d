package import Base
import Networking

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

/// What a credential has used up of a limit: a leaky bucket that drains evenly, a limit's amount in
/// a period, and overflows at that amount.
///
/// Unlike a fixed window it has no edge at which twice the amount could pass at once. The level is
/// held in units × nanoseconds of the period, in which both the draining (`amount` a nanosecond) and
/// a unit (`period`) are whole numbers: nothing is ever rounded.
struct LeakyBucket {
    private var level: Int128 = 0
    /// The time to which the level has been drained.
    private var time = Nanoseconds.zero

    /// Lets drain what has had the time to by `now`, which is never before an earlier `now`.
    mutating func drain(_ limit: ServiceLimit, to now: Nanoseconds) {
        let elapsed = Int128(max((now - time).count, 0))
        level = max(level - elapsed * Int128(limit.amount), 0)
        time = max(time, now)
    }

    /// Adds what has been used, which may overflow the bucket: the excess has to be waited off.
    mutating func take(_ units: Int, of limit: ServiceLimit) {
        level += Int128(max(units, 0)) * Int128(limit.period.count)
    }

    /// How many whole units there is room for.
    func left(of limit: ServiceLimit) -> Int {
        let period = Int128(limit.period.count)
        return Int(clamping: max(Int128(limit.amount) * period - level, 0) / period)
    }

    /// How long it takes until there is room for one unit.
    func wait(for limit: ServiceLimit) -> Nanoseconds {
        let period = Int128(limit.period.count)
        return span(level + period - Int128(limit.amount) * period, limit)
    }

    /// How long it takes until the bucket is empty.
    func timeToEmpty(_ limit: ServiceLimit) -> Nanoseconds { span(level, limit) }

    /// How long so much needs to drain, rounded up to the nanosecond.
    private func span(_ excess: Int128, _ limit: ServiceLimit) -> Nanoseconds {
        let amount = Int128(limit.amount)
        return Nanoseconds(Int64(clamping: (max(excess, 0) + amount - 1) / amount))
    }
}

/// A time during which no answer leaves the sandbox; what was due in it leaves at its end.
package struct Stall: Sendable, Equatable, CustomStringConvertible {
    /// When it begins, counted from the sandbox's start.
    package var start: Nanoseconds
    package var length: Nanoseconds

    /// The stall written as `AT:FOR`, such as `3m:10s`; nil for everything else, and for one that
    /// takes no time.
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Units.parseDuration(String(parts[0])),
            let length = Units.parseDuration(String(parts[1])), length > .zero
        else { return nil }
        self.start = start
        self.length = length
    }

    /// The stall as `init(parsing:)` reads it.
    package var description: String { "\(Units.exact(start)):\(Units.exact(length))" }

    /// When an answer leaves that is due at `time` after the sandbox's start.
    static func release(_ time: Nanoseconds, from stalls: [Stall]) -> Nanoseconds {
        var time = time
        while let stall = stalls.first(where: { $0.start <= time && time < $0.start + $0.length }) {
            time = stall.start + stall.length
        }
        return time
    }
}

extension ByteBuffer {
    /// The sandbox's own count of model tokens, as the services that it imitates report none: one for
    /// every four characters (Unicode scalars) of the UTF-8 text that have begun.
    var tokenCount: Int { (scalarCount + 3) / 4 }
}

/// What each credential of one service has asked for, and whether it may go on.
///
/// A request is let through while there is room for one unit in every limit. What a reply costs in
/// tokens is known only when it is written, so it is charged afterwards and an overdraft is waited
/// off; a refused request costs nothing.
struct CredentialLedger {
    /// So many credentials, those that came first, have counts of their own.
    static let mostCounts = 1000

    /// How a request stands against the limit that matters most to it.
    struct Standing: Equatable {
        var limit: ServiceLimit
        /// How many units are left.
        var left: Int
        /// How long until all of the limit is free again.
        var reset: Nanoseconds
        /// How long the request is too early; zero when it is let through.
        var wait: Nanoseconds
    }

    /// How a credential stands against each of its limits.
    struct Standings {
        var requests: Standing?
        var tokens: Standing?
    }

    private struct Account {
        let number: Int
        var requests = LeakyBucket()
        var tokens = LeakyBucket()
    }

    private let requestLimit: ServiceLimit?
    private let tokenLimit: ServiceLimit?
    private var accounts = GenerationCache<HashedKey, Account>(capacity: 100_000)
    private var opened = 0
    /// The counts in the order in which the credentials came.
    private(set) var counts: [SandboxCounts.Credential] = []

    init(_ settings: SandboxSettings.Service) {
        requestLimit = settings.requestLimit
        tokenLimit = settings.tokenLimit
    }

    /// Whether there is any limit.
    var isLimited: Bool { requestLimit != nil || tokenLimit != nil }

    /// Counts a request, and takes it off the limits if it is let through; nil without limits.
    mutating func admit(_ credential: HashedKey, at now: Nanoseconds) -> Standing? {
        var account = account(of: credential)
        if let requestLimit { account.requests.drain(requestLimit, to: now) }
        if let tokenLimit { account.tokens.drain(tokenLimit, to: now) }
        let requestWait = requestLimit.map(account.requests.wait) ?? .zero
        let tokenWait = tokenLimit.map(account.tokens.wait) ?? .zero
        let isRefused = max(requestWait, tokenWait) > .zero
        if let requestLimit, !isRefused { account.requests.take(1, of: requestLimit) }
        if isLimited { _ = accounts.update(credential, initial: account) { $0 = account } }
        if account.number < counts.count {
            counts[account.number].requests += 1
            counts[account.number].rejected += isRefused ? 1 : 0
        }
        if let tokenLimit, requestLimit == nil || tokenWait > requestWait {
            return account.tokens.standing(tokenLimit, wait: tokenWait)
        }
        return requestLimit.map { account.requests.standing($0, wait: requestWait) }
    }

    /// Where a credential stands now that a request has been let through, charged or refused.
    mutating func standings(of credential: HashedKey, at now: Nanoseconds) -> Standings {
        guard isLimited else { return Standings() }
        var account = account(of: credential)
        var standings = Standings()
        if let requestLimit {
            account.requests.drain(requestLimit, to: now)
            standings.requests = account.requests.standing(
                requestLimit, wait: account.requests.wait(for: requestLimit))
        }
        if let tokenLimit {
            account.tokens.drain(tokenLimit, to: now)
            standings.tokens = account.tokens.standing(
                tokenLimit, wait: account.tokens.wait(for: tokenLimit))
        }
        return standings
    }

    /// Charges the tokens of a message and its reply.
    mutating func charge(_ tokens: Int, to credential: HashedKey, at now: Nanoseconds) {
        var account = account(of: credential)
        if account.number < counts.count { counts[account.number].tokens += tokens }
        guard let tokenLimit else { return }
        account.tokens.drain(tokenLimit, to: now)
        account.tokens.take(tokens, of: tokenLimit)
        _ = accounts.update(credential, initial: account) { $0 = account }
    }

    private mutating func account(of credential: HashedKey) -> Account {
        if let account = accounts.value(for: credential) { return account }
        let number = opened
        opened += 1
        if number < Self.mostCounts { counts.append(SandboxCounts.Credential()) }
        return accounts.update(credential, initial: Account(number: number)) { _ in }
    }
}

extension LeakyBucket {
    fileprivate func standing(
        _ limit: ServiceLimit, wait: Nanoseconds
    ) -> CredentialLedger.Standing {
        CredentialLedger.Standing(
            limit: limit, left: left(of: limit), reset: timeToEmpty(limit), wait: wait)
    }
}
