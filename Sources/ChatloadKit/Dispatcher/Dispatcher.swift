package import Networking

/// Plays a plan: one worker per core, each with its share of the users, until the plan's stop rule
/// or an interrupt ends the run.
package final class Dispatcher: Sendable {
    private let plan: Plan
    private let control: RunControl
    private let gates: GateParts?
    private let workers: [Worker]
    /// When the run begins, on the loops' clock.
    package let epoch: Nanoseconds

    /// Makes the workers, one on each of `loops`; nothing is sent before `run`.
    ///
    /// - Parameters:
    ///   - log: the run's log; nil to keep none.
    ///   - wallClock: seconds since 1970, for services that say when to come back by their clock.
    package init(plan: Plan, loops: [EventLoop], log: RunLog?, wallClock: Int64? = nil) {
        self.plan = plan
        let control = RunControl(
            conversations: plan.load.conversations, exchanges: plan.load.exchanges)
        let epoch = loops.first?.clock() ?? .zero
        let gates = GateParts(for: plan, control, epoch: epoch)
        self.gates = gates
        self.control = control
        self.epoch = epoch
        workers = loops.enumerated().map { number, loop in
            let workerLog = log.map {
                WorkerLog(
                    log: $0, service: plan.service.name.rawValue, credentials: plan.credentialLabels
                )
            }
            return Worker(
                number: number, loop: loop, plan: plan, control: control, gates: gates,
                log: workerLog,
                epoch: epoch, wallStart: wallClock)
        }
    }

    /// Runs the plan to its end.
    ///
    /// - Returns: the figures of all workers together.
    package func run() async -> Aggregator {
        let figures = await withTaskGroup(of: Aggregator.self) { group in
            for (worker, users) in zip(workers, shares()) where !users.isEmpty {
                group.addTask { await worker.run(users: users) }
            }
            var all: [Aggregator] = []
            for await one in group { all.append(one) }
            return all
        }
        var total = Aggregator(
            steps: StepTable(names: Operation.allCases.map(\.rawValue)),
            credentials: plan.credentials.map(\.label))
        for one in figures { total.merge(one) }
        total.generator.quotas = quotaResults
        total.generator.credentials = await credentialResults()
        return total
    }

    /// Lets no new turn begin; what is under way may finish within the plan's grace.
    package func drain() { control.drain() }

    /// Ends every exchange that is under way.
    package func stop() async {
        control.drain()
        for worker in workers { await worker.stop() }
    }

    /// What a progress line shows.
    package func progress() async -> (figures: LiveFigures, users: Int) {
        var figures = LiveFigures()
        var users = 0
        for worker in workers {
            let share = await worker.progress()
            figures.merge(share.figures)
            users += share.users
        }
        return (figures, users)
    }

    /// What the quotas have done, in the order given; after `run`.
    package var quotaResults: [QuotaResult] { gates?.ledger.tallies.map(QuotaResult.init) ?? [] }

    /// What is known of the credentials beside their figures: whether they are out of use and what
    /// the service said of its limits. After `run`, while the loops still turn.
    package func credentialResults() async -> [CredentialResult] {
        var limits = ServiceLimits()
        for worker in workers { limits.merge(await worker.serviceLimits()) }
        let results = plan.credentialLabels.enumerated().map { place, label in
            var result = CredentialResult(label: label)
            result.isOut = gates?.desk.isOut(place) ?? false
            result.serviceLimits = limits.fields(of: place)
            return result
        }
        // Without a pool there is nothing to tell unless the service told something.
        let isTold = !plan.credentials.isEmpty || results.contains { !$0.serviceLimits.isEmpty }
        return isTold ? results : []
    }

    /// The users of each worker: whole numbers that differ by one at most and add up.
    private func shares() -> [Range<Int>] {
        (0..<workers.count).map { index in
            let start = plan.load.users * index / workers.count
            return start..<plan.load.users * (index + 1) / workers.count
        }
    }
}
