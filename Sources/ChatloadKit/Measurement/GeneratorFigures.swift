import Networking

/// What the generator knows of itself and the log does not say: the content of `generator.json`.
///
/// Each worker fills in its own; they add up where the workers' aggregators are merged, and the
/// dispatcher adds what belongs to the whole run.
package struct GeneratorFigures: Sendable, Equatable {
    /// How the load was scheduled; nil where nothing was.
    package var schedule: ScheduleFigures?
    package var quotas: [QuotaResult] = []
    /// Of these the label, the service's limits and whether it is out are read; the counts follow
    /// from the exchanges.
    package var credentials: [CredentialResult] = []

    package init() {}

    /// Adds what another worker or shard says.
    mutating func merge(_ other: GeneratorFigures) {
        if let theirs = other.schedule { schedule = schedule?.merged(with: theirs) ?? theirs }
        for theirs in other.quotas {
            let index = quotas.firstIndex { $0.expression == theirs.expression }
            if let index { quotas[index].merge(theirs) } else { quotas.append(theirs) }
        }
        for theirs in other.credentials {
            let index = credentials.firstIndex { $0.label == theirs.label }
            if let index {
                credentials[index].mergeState(theirs)
            } else {
                credentials.append(theirs)
            }
        }
    }
}
