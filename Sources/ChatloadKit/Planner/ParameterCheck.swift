/// Whether a service takes the parameters of scripts; asks it once for each set of them.
struct ParameterCheck {
    /// Answers that are remembered at most.
    private static let mostAnswers = 4_096

    private struct Parameters: Hashable {
        var conversation: [String: String]
        var turn: [String: String]
    }

    private var answers: [Parameters: String?] = [:]

    /// What is wrong with the parameters of a conversation, or of a turn of it; nil when nothing is.
    /// Values that only the run will show are left out.
    mutating func objection(
        to conversation: Conversation, turn index: Int? = nil, of service: some ChatService,
        row: [String]
    ) -> String? {
        var parameters = Parameters(
            conversation: conversation.with, turn: index.map { conversation.turns[$0].with } ?? [:])
        let templates = index.flatMap(conversation.detail(ofTurn:))?.with ?? [:]
        if !conversation.withTemplates.isEmpty || !templates.isEmpty {
            var values = VariableValues(
                of: conversation, identity: conversation.user ?? "user-1", ticket: 1,
                row: .success(row))
            if let index { values.begin(turn: index + 1) }
            var open = Set<String>()
            Self.fill(&parameters.conversation, conversation.withTemplates, by: values, &open)
            Self.fill(&parameters.turn, templates, by: values, &open)
            if let objection = service.objection(toNames: open) { return objection }
        }
        if let known = answers[parameters] { return known }
        let answer = service.objection(
            toParameters: parameters.conversation, parameters.turn)
        if answers.count >= Self.mostAnswers { answers.removeAll(keepingCapacity: true) }
        answers[parameters] = .some(answer)
        return answer
    }

    /// Replaces variables; parameters without a value yet are taken out, and named in `open`.
    private static func fill(
        _ parameters: inout [String: String], _ templates: [String: Template],
        by values: VariableValues, _ open: inout Set<String>
    ) {
        for (name, template) in templates {
            do throws(ExchangeFailure) {
                parameters[name] = try values.text(of: template)
            } catch {
                parameters[name] = nil
                open.insert(name)
            }
        }
    }
}
