import Networking

/// From one conversation to the next.
extension UserLine {
    /// Begins a conversation: what is sent from now on belongs to it.
    func begin(script: String, ticket: Int) {
        turn = 0
        failureBackoff.clear()
        hasFailed = false
        turnFailed = false
        named = nil
        replyCharacters = 0
        conversation.exchanges = 0
        conversation.failures = 0
        conversation.outcome = .completed
        conversation.ticket = ticket
        conversation.script = script
        conversation.started = due - epoch
        conversation.phase = worker.phases.phase(due: due - epoch, ticket: ticket)
    }

    /// Ends the conversation after `turns` of its turns and writes it down.
    @inline(never)
    func endConversation(turns: Int, of all: Int) {
        conversation.turns = turns
        conversation.ended = due - epoch
        gate?.endTurn()
        if turns < all, gate?.endsConversation != true {
            conversation.outcome = .aborted
            // Its next turn may have been due only after the run has ended it.
            conversation.ended = max(conversation.started, min(due, loop.tick) - epoch)
        } else if conversation.failures > 0 {
            conversation.outcome = .failed
        }
        recorder.record(conversation)
    }

    /// The time the user takes before the turn that comes next: drawn from the seed by ticket and
    /// turn alone, whoever plays it and when.
    @inline(never)
    func draw(_ think: ThinkTime, seed: UInt64) -> Nanoseconds {
        var random = SeededRandom(
            seed: seed, stream: RandomStream.think.rawValue,
            index: UInt64(truncatingIfNeeded: conversation.ticket &* 4_096 &+ turn))
        return think.draw(from: &random, reading: replyCharacters)
    }

    /// What is sent next is due at this time.
    func arrive(at time: Nanoseconds) { due = time }
}
