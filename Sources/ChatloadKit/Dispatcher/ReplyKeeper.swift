import Networking

/// Collects what comes of the turns of a worker's conversations, for the transcript. Confined to the
/// worker.
final class ReplyKeeper {
    /// A conversation that is being played.
    private struct Talk {
        let script: PlayableScript
        /// The results of the turns that are over, as JSON, and where each of them ends.
        var results = ByteBuffer()
        var ends: [Int] = []
        /// The turns that are not over, in their order: one, unless they overlap.
        var open: [OpenTurn] = []

        init(script: PlayableScript) { self.script = script }

        mutating func endTurns() {
            for turn in open {
                turn.result.append(to: &results)
                ends.append(results.count)
            }
            open.removeAll(keepingCapacity: true)
        }
    }

    /// A turn, from 1, that is being taken, with the step of its say or call.
    private struct OpenTurn {
        let number: Int
        let step: StepID
        var result = TurnResult()
    }

    /// Whether conversations are played more than once, so that an id alone does not name one.
    private let repeats: Bool
    /// Whether a turn may begin before the one before it is over.
    private let overlaps: Bool
    /// By ticket.
    private var talks: [Int: Talk] = [:]
    private var reply = ByteBuffer()

    /// A keeper of replies.
    init(repeats: Bool, overlaps: Bool) {
        self.repeats = repeats
        self.overlaps = overlaps
    }

    /// A conversation begins.
    func begin(_ script: PlayableScript, ticket: Int) { talks[ticket] = Talk(script: script) }

    /// A turn, from 1, begins, whose say or call is reported under `step`.
    func begin(turn: Int, _ step: StepID, ticket: Int) {
        if !overlaps { talks[ticket]?.endTurns() }
        talks[ticket]?.open.append(OpenTurn(number: turn, step: step))
    }

    /// Takes an exchange into account, with what was found in its response, but for what `mask` takes
    /// out.
    func take(
        _ exchange: borrowing Exchange, _ reception: borrowing Reception,
        hiding mask: @autoclosure () -> SecretMask
    ) {
        guard let open = talks[exchange.ticket]?.open,
            let place = open.lastIndex(where: { $0.number == exchange.turn })
        else { return }
        let isOwn = exchange.step == open[place].step
        talks[exchange.ticket]?.open[place].result.add(exchange, isOwn: isOwn)
        guard exchange.outcome.bringsReply, reception.deliversReply else { return }
        reply.clear()
        reply.append(jsonEscaped: mask().mask(reception.reply.bytes).span)
        talks[exchange.ticket]?.open[place].result.reply = reply
    }

    /// Forgets a conversation that is over and appends its line of the transcript; nothing for one
    /// that never began.
    ///
    /// - Returns: whether it came as a request of a batch.
    func end(ticket: Int, to line: inout ByteBuffer) -> Bool {
        guard var talk = talks.removeValue(forKey: ticket) else { return false }
        talk.endTurns()
        var conversation = talk.script.conversation
        if repeats { conversation.id += "#\(ticket)" }
        conversation.hasOwnID = true
        ScriptWriter.append(conversation, to: &line) { turn, buffer in
            guard turn < talk.ends.count else { return }
            let start = turn == 0 ? 0 : talk.ends[turn - 1]
            buffer.append(talk.results.bytes.span.extracting(start..<talk.ends[turn]))
        }
        return talk.script.isBatch
    }
}

extension Outcome {
    /// Whether a reply may have come: also one that is not as the script wants it.
    fileprivate var bringsReply: Bool {
        switch self {
        case .ok, .failed(.expectation), .failed(.script): true
        case .failed: false
        }
    }
}
