import Base
import Networking

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
