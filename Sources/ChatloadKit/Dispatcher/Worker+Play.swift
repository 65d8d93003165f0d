import Networking

/// The life of a simulated user: straight-line, on the worker's loop.
extension Worker {
    /// A place for a user that has done nothing yet.
    func makeSeat(_ number: Int) -> Seat {
        Seat(
            number: number, line: UserLine(user: number, worker: parts, due: run.epoch),
            session: services[0].makeSession(identity: ""))
    }

    /// Plays one conversation, turn by turn, and writes down how it went.
    func play(_ script: PlayableScript, ticket: Int, at seat: Seat) async {
        let line = seat.line
        var turns = begin(script, ticket: ticket, at: seat, over: line)
        var played = 0
        while played < script.turnCount(after: played, failed: line.turnFailed),
            await think(before: turns[played], of: script, played, line)
        {
            guard line.begin(turn: played + 1, script.steps[played]) else { break }
            do throws(ExchangeFailure) {
                try line.memory?.prepare(&turns, at: played)
                try script.attachments.check(turns[played])
                try await take(turns[played], at: seat, over: line)
            } catch {
                // The user goes on, as a person would, unless the run is over.
                if error.errorClass == .cancelled { break }
                line.recordUnlessRecorded(error)
            }
            played += 1
        }
        line.endConversation(
            turns: played, of: script.turnCount(after: played, failed: line.turnFailed))
    }

    func take(
        _ turn: Turn, at seat: Seat, over line: UserLine
    ) async throws(ExchangeFailure) {
        try await services[seat.credential].play(
            turn, of: seat.context, in: seat.session, over: line)
    }

    /// Takes the seat of the conversation's user, in a new session if it was another's or with another
    /// credential; the turns with their variables filled in.
    @inline(never)
    func begin(
        _ script: PlayableScript, ticket: Int, at seat: Seat, over line: UserLine
    ) -> [Turn] {
        let conversation = script.conversation
        let identity = conversation.user ?? run.identity(ofUser: seat.number)
        let credential = line.takeCredential(ticket: ticket)
        if seat.context.identity != identity || seat.credential != credential {
            seat.credential = credential
            seat.session = services[credential].makeSession(identity: identity)
            line.cookies = CookieJar()
        }
        seat.context = ConversationContext(
            identity: identity, isPinned: conversation.user != nil, ticket: ticket,
            with: script.parameters)
        line.begin(script: conversation.id, ticket: ticket)
        recorder.begin(script, ticket: ticket)
        line.memory = conversation.isPlain ? nil : memory(of: script, at: seat)
        return conversation.turns
    }

    /// What a conversation that has begun is to remember.
    func memory(of script: PlayableScript, at seat: Seat) -> ScriptMemory {
        let memory = ScriptMemory(
            script, identity: seat.context.identity, ticket: seat.context.ticket,
            row: script.usesData ? row(forTicket: seat.context.ticket, user: seat.number) : nil,
            secrets: parts.secrets)
        memory.fill(&seat.context)
        return memory
    }

    /// The values of the data for a conversation. Where there are none because the file has been
    /// changed the run ends, before a turn wants them.
    private func row(forTicket ticket: Int, user: Int) -> Result<[String], ExchangeFailure>? {
        guard let feeder = plan.feeder else { return nil }
        let row = feeder.row(forTicket: ticket, user: user)
        guard case .failure = row, let change = feeder.table.change else { return row }
        run.control.giveUp(because: change)
        return row
    }

    /// Takes the user's time before a turn; false when the run ended first.
    func think(
        before turn: Turn, of script: PlayableScript, _ place: Int, _ line: UserLine
    ) async -> Bool {
        if let time = rested(time(of: turn, script, place, line), line) {
            guard await line.think(until: time) else { return false }
        }
        return !run.control.isDraining && line.canGoOn
    }

    /// A turn's time, or later where a failure before it is to be waited out.
    @inline(never)
    private func rested(_ time: Nanoseconds?, _ line: UserLine) -> Nanoseconds? {
        guard line.failureBackoff.isDue else { return time }
        let (own, rested) = (max(time ?? line.due, loop.tick), line.restEnd())
        tally.backedOff = tally.backedOff + max(rested - own, .zero)
        return max(time ?? line.due, rested)
    }

    /// When the user takes a turn; nil for at once.
    @inline(never)
    private func time(
        of turn: Turn, _ script: PlayableScript, _ place: Int, _ line: UserLine
    ) -> Nanoseconds? {
        guard let pace else {
            return (plan.load.thinkOverride ?? turn.think).map {
                line.due + line.draw($0, seed: plan.seed)
            }
        }
        return time(of: turn, at: script.offsets[place], pace, isFirst: place == 0, line)
    }

    /// The script of a ticket; nil when it cannot be read any more, with a record of why unless its
    /// file has been changed, which ends the run.
    @inline(never)
    func script(forTicket ticket: Int, _ line: UserLine) -> PlayableScript? {
        do throws(ScriptComplaint) {
            let index = plan.order.script(forTicket: ticket)
            return try shelf.script(at: index, recorder: recorder)
        } catch {
            if let change = plan.workload.change {
                run.control.giveUp(because: change)
                return nil
            }
            line.begin(script: "unreadable", ticket: ticket)
            line.recordUnlessRecorded(ExchangeFailure(.script, "\(error)"))
            line.endConversation(turns: 0, of: 0)
            return nil
        }
    }
}
