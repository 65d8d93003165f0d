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
