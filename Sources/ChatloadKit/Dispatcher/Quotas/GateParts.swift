import Networking
import Synchronization

/// What all gates of a run have in common.
struct GateParts {
    let ledger: QuotaLedger
    let desk: CredentialDesk
    let control: RunControl
    let tokens: TokenEstimate
}

extension Gate {
    /// What to do next.
    enum Step: Equatable {
        case go
        /// Wait until then and ask again.
        case wait(Nanoseconds)
        /// The exchange must not be sent any more, for the reason given.
        case refuse(String)
    }
}

extension GateParts {
    /// What a plan holds exchanges back with; nil when nothing does.
    init?(for plan: Plan, _ control: RunControl, epoch: Nanoseconds) {
        if plan.quotas.isEmpty, plan.credentials.isEmpty, plan.onReject == .record { return nil }
        let count = plan.credentialLabels.count
        ledger = QuotaLedger(plan.quotas, credentials: count)
        desk = CredentialDesk(
            count: count, assignment: plan.assignment, policy: plan.onReject, epoch: epoch)
        self.control = control
        tokens = plan.tokens
    }
}

extension QuotaResult {
    /// What a quota has done.
    init(_ tally: QuotaTally) {
        self.init(expression: tally.quota.specification)
        used = tally.used.load(ordering: .relaxed)
        limit = tally.quota.amount
        throttledSeconds = Nanoseconds(tally.throttled.load(ordering: .relaxed)).seconds
        spent = tally.spent.load(ordering: .relaxed)
    }
}
