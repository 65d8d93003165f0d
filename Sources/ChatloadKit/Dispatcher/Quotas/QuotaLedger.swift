import Networking
import Synchronization

/// The run's quotas and what is left of them, shared by all workers.
final class QuotaLedger: Sendable {
    let tallies: [QuotaTally]
    let run: [QuotaBucket]
    private let credentials: [[QuotaBucket]]
    /// The running mean of the replies' tokens in sixteenths, from which the next reply's are
    /// reserved. Workers may overwrite each other's change; it is an estimate.
    private let meanReply = Atomic<Int>(16 * 100)

    init(_ quotas: [Quota], credentials count: Int) {
        let tallies = quotas.map { QuotaTally($0) }
        self.tallies = tallies
        run = tallies.filter { $0.quota.scope == .run }.map { QuotaBucket($0) }
        credentials = (0..<count).map { _ in
            tallies.filter { $0.quota.scope == .credential }.map { QuotaBucket($0) }
        }
    }

    /// What the quotas grant to a credential.
    func buckets(ofCredential credential: Int) -> [QuotaBucket] {
        credentials.indices.contains(credential) ? credentials[credential] : []
    }

    /// What the quotas grant to a new user or conversation.
    func buckets(ofNew scope: Quota.Scope) -> [QuotaBucket] {
        tallies.filter { $0.quota.scope == scope }.map { QuotaBucket($0) }
    }

    /// The tokens that a reply probably has.
    var expectedReply: Int { meanReply.load(ordering: .relaxed) / 16 }

    /// Learns from a reply.
    func observe(reply tokens: Int) {
        let mean = meanReply.load(ordering: .relaxed)
        meanReply.store(mean + (min(tokens, 1 << 40) * 16 - mean) / 8, ordering: .relaxed)
    }
}
