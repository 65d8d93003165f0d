package import Base
import Networking

/// How often, after which failures and how much later an exchange is tried again.
package struct RetryPolicy: Sendable, Equatable {
    /// The longest time between two attempts, whatever the number of retries; a service that asks for
    /// more than this is not asked again.
    package static let longestPause = Nanoseconds.seconds(30)

    /// Attempts beyond the first; 0 for none.
    package var most = 0
    /// The longest time before the first retry; it doubles with each further one.
    package var delay = Nanoseconds.milliseconds(250)
    /// Whether what may have been carried out already is repeated even where it is then carried out
    /// twice.
    package var repeatsUnsafe = false

    /// Whether another attempt is made after a failure of a step that may be repeatable. What was never sent cannot have
    /// been carried out, nor what the service rejected.
    func retries(_ error: ErrorClass, isRepeatable: Bool, wasSent: Bool) -> Bool {
        switch error {
        case .rejected: true
        case .dns, .connectRefused, .connectFailed, .exhausted, .connectTimeout, .connectReset,
            .sendFailed, .closedEarly,
            .timeout, .timeoutFirstToken, .timeoutIdle, .http5xx:
            !wasSent || isRepeatable || repeatsUnsafe
        default: false
        }
    }

    /// How long to wait before the `number`th retry, from 1: a share, from 0 to 1, of a time that
    /// doubles ("full jitter": Brooker, Exponential Backoff And Jitter, AWS 2015), and no less than
    /// the service asks for.
    ///
    /// - Returns: nil when the service asks for more than `longestPause`.
    func pause(before number: Int, share: Double, asked: RetryAfter) -> Nanoseconds? {
        let doubled = delay.seconds * Double(1 << min(max(number - 1, 0), 32))
        let own = Nanoseconds(seconds: min(doubled, Self.longestPause.seconds) * share)
        guard case .delay(let wanted) = asked else { return own }
        return wanted > Self.longestPause ? nil : max(own, wanted)
    }
}

/// Retry settings: how often and what is tried again.
package struct RetrySettings: Sendable, Equatable {
    package var most = 0
    /// nil for the policy's own.
    package var delay: Nanoseconds?
    package var repeatsUnsafe = false

    package init() {}

    /// The policy.
    func policy() throws(Fault) -> RetryPolicy {
        if most == 0, delay != nil || repeatsUnsafe {
            throw Fault(
                "says how to retry, and nothing is retried",
                at: .flag(repeatsUnsafe ? "--retry-unsafe" : "--retry-delay"),
                hint: "add how often: --retry 3")
        }
        var policy = RetryPolicy(most: most, repeatsUnsafe: repeatsUnsafe)
        if let delay { policy.delay = delay }
        return policy
    }
}

/// One of several identities towards a service: an API token or a set of keys.
package struct Credential: Sendable {
    /// The name in the log and the reports.
    package var label: String
    /// The run's service with this credential's settings over the run's.
    package var service: any ChatService

    /// A credential.
    package init(label: String, service: any ChatService) {
        self.label = label
        self.service = service
    }
}

/// Who speaks with which credential.
package enum CredentialAssignment: String, CaseIterable, Sendable {
    /// Every user has one for good.
    case sticky
    /// One conversation after the other takes the next.
    case roundRobin = "round-robin"
    /// Every conversation takes the one with the fewest exchanges so far.
    case leastUsed = "least-used"
}

/// What follows when the service rejects an exchange (429, 529).
package enum RejectionPolicy: String, CaseIterable, Sendable {
    /// Its credential pauses for as long as the service asks, then the exchange is tried again.
    case wait
    /// It is a failure like others.
    case record
    /// Its credential is not used any more.
    case stop
}

extension Plan {
    /// The services that the credentials speak with, by the credentials' places; without a pool the
    /// run's own.
    var services: [any ChatService] {
        credentials.isEmpty ? [service] : credentials.map(\.service)
    }

    /// The credentials' names by their places; without a pool one empty name.
    package var credentialLabels: [String] {
        credentials.isEmpty ? [""] : credentials.map(\.label)
    }

    /// All that must not be seen, whoever's it is.
    package var secrets: Secrets {
        let services =
            credentials.isEmpty
            ? service.secrets
            : Secrets((credentials.map(\.service) + [service]).flatMap(\.secrets.values))
        return services.adding(connections.proxy?.secretValues ?? [])
    }
}
