import Networking

/// Where a worker's exchanges and conversations go: into its figures and, if the run keeps one,
/// into the log. Confined to the worker.
final class Recorder {
    private(set) var aggregator: Aggregator
    private var log: WorkerLog?
    /// What the service finds in the response at hand; every line of the worker uses it in turn.
    var reception = Reception()
    /// What the service says of its limits.
    var limits = ServiceLimits()

    init(
        steps: StepTable, credentials: [String], objectives: Objectives, log: WorkerLog?
    ) {
        aggregator = Aggregator(steps: steps, credentials: credentials, objectives: objectives)
        self.log = log
    }

    /// The number under which a step's exchanges are to be recorded.
    func step(named name: String) -> StepID { aggregator.steps.id(for: name) }

    func record(_ exchange: borrowing Exchange) {
        aggregator.add(exchange)
        if log != nil {
            log?.add(exchange, step: aggregator.steps[exchange.step])
        }
    }

    func record(_ conversation: borrowing ConversationRecord) {
        aggregator.add(conversation)
        log?.add(conversation)
    }

    /// Hands the log's waiting rows over.
    func flush() { log?.flush() }
}
