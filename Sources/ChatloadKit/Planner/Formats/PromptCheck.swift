/// Whether a service takes prompts that are made, by their length: if it takes one it takes every
/// shorter one, and if it refuses one it refuses every longer one. So few prompts need to be made.
struct PromptCheck {
    /// The longest known to be taken and the shortest known to be refused, in tokens.
    private var taken = 0
    private var refused = Int.max
    /// What was said about the shortest.
    private var objection: String?

    /// What the service has against a prompt of so many tokens. Of a prompt that nobody is going to
    /// be told of, what it has against a shorter one will do.
    mutating func objection(
        to tokens: Int, _ service: some ChatService, _ prompts: PromptMaker, isTold: Bool
    ) -> String? {
        if tokens <= taken { return nil }
        if tokens >= refused, !isTold { return objection }
        let turn = Turn(.say(prompts.prompt(tokens: tokens, stream: 0, row: 0)))
        if let objection = service.objection(to: turn) {
            if tokens < refused { (refused, self.objection) = (tokens, objection) }
            return objection
        }
        taken = tokens
        return nil
    }
}
