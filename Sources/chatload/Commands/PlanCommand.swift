import ChatloadKit
import Networking

/// `plan`: builds the plan that `run` would play and shows it. Nothing is sent.
func planCommand(_ settings: RunSettings, in surroundings: Surroundings) async throws(Complaint)
    -> ExitCode
{
    let report = try await planReport(
        PlanBuilder(settings: settings, surroundings: surroundings))
    Terminal.output.write(settings.format == .json ? report.json : report.text)
    return .ok
}

/// The report of the plan that `builder` makes.
func planReport(_ builder: PlanBuilder) async throws(Complaint) -> PlanReport {
    let order = try checked(builder)
    let conversation: Conversation
    do {
        let first = order.plan.order.script(forTicket: 1)
        conversation = try order.plan.workload.conversation(at: first)
    } catch {
        throw Complaint(error)
    }
    let host = order.sandbox == nil ? order.plan.target.authority : "sandbox"
    let preview = await order.plan.service.preview(
        of: conversation, host: host, row: order.plan.feeder?.rowOfFirst ?? [],
        limit: PlanReport.mostRequests)
    return PlanReport(
        order: order, typed: builder.settings.typed, script: conversation.id, preview: preview)
}

/// The order, with a line on stderr while a big workload is checked.
func checked(_ builder: PlanBuilder) throws(Complaint) -> RunOrder {
    var line = CheckingLine(isShown: builder.settings.showsProgress(in: builder.surroundings))
    defer { line.finish() }
    return try builder.order { line.update(share: $0, bytes: $1) }
}

extension RunSettings {
    /// Whether lines that are drawn over again are wanted and can be seen.
    func showsProgress(in surroundings: Surroundings) -> Bool {
        !isQuiet && !hidesProgress && Terminal.messages.isInteractive(surroundings.environment)
    }
}
