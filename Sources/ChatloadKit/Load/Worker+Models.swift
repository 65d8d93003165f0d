import Base
import Networking

/// The open model: conversations start on a schedule, whatever the service does.
extension Worker {
    /// Starts that are later than this, after a stall of the generator, are given up: at most one
    /// second's worth of the rate is caught up.
    private static let latest = Nanoseconds.seconds(1)
    /// Behind a stall of this length users are busy that would not have been without it.
    private static let held = LoopStalls.least

    /// Starts this worker's share of the schedule. Arrival i is played under ticket i, on worker
    /// i modulo their number.
    func admit(_ arrivals: Arrivals) async {
        var sequence = ArrivalSequence(
            arrivals.process, along: plan.load.level, seed: plan.seed)
        let end = plan.load.duration ?? .never
        var ticket = 0
        // The last start of this worker: when it was due and when it was made.
        var before: (due: Nanoseconds, made: Nanoseconds)?
        var isBehind = false
        while let arrival = sequence.next(), arrival < end {
            guard ticket < run.control.placeLimit else {
                tally.scheduleEnd = arrival
                return
            }
            ticket += 1
            if (ticket - 1) % run.workers != parts.number { continue }
            guard await isOpen(at: run.epoch + arrival) else { return }
            if let before, isBehind || loop.tick - run.epoch - arrival > Self.held {
                // What a stall has held back follows at twice its pace. All at once it would be a
                // burst, with as many new connections, and the service's time would be of our making.
                let next = before.made + Nanoseconds((arrival - before.due).count / 2)
                isBehind = next > arrival
                guard await isOpen(at: run.epoch + max(next, arrival)) else { return }
            }
            if start(ticket, due: arrival) { before = (arrival, loop.tick - run.epoch) }
        }
        // The run lasts as long as it was asked to, though nothing starts any more.
        tally.scheduleEnd = plan.load.duration ?? curve?.end
        if end != .never { _ = await isOpen(at: run.epoch + end) }
    }

    /// Starts one conversation, unless it is too late for it or nobody is free; whether it did.
    private func start(_ ticket: Int, due: Nanoseconds) -> Bool {
        let now = loop.tick - run.epoch
        if now - due > Self.latest {
            tally.missed += 1
            return false
        }
        guard run.control.enter(ceiling: plan.load.users) else {
            tally.dropped += 1
            if now - due > Self.held { tally.droppedLate += 1 }
            return false
        }
        tally.addStart(at: now, gap: gap(to: now))
        begin(ticket: ticket, due: due)
        return true
    }

    /// Has a user play a conversation that was due at a time counted from the run's start.
    func begin(ticket: Int, due: Nanoseconds) {
        busy += 1
        let number = freeUser()
        crowd.enter()
        Task(executorPreference: loop) { await self.serve(ticket, by: number, due: due) }
    }

    /// The gap to the start before, in expected starts.
    private func gap(to now: Nanoseconds) -> Double? {
        guard let gap = run.starts.note(now) else { return nil }
        guard let curve else {
            return (gap.to - gap.from).seconds * (plan.load.arrivals?.rate ?? 0)
        }
        return curve.area(until: gap.to) - curve.area(until: gap.from)
    }

    /// The user that was freed last, or a new one.
    private func freeUser() -> Int {
        if let number = free.popLast() { return number }
        made += 1
        let number = (made - 1) * run.workers + parts.number + 1
        seats[number] = makeSeat(number)
        return number
    }

    private func serve(_ ticket: Int, by number: Int, due: Nanoseconds) async {
        defer { crowd.leave() }
        guard let seat = seats[number] else { return }
        seat.line.arrive(at: run.epoch + due)
        if let script = script(forTicket: ticket, seat.line) {
            if pace?.turns == .strict {
                await playStrictly(script, ticket: ticket, at: seat)
            } else {
                await play(script, ticket: ticket, at: seat)
            }
        }
        busy -= 1
        run.control.leave()
        release(seat)
        run.turnstile?.leave()
    }

    private func release(_ seat: SimulatedUser) {
        seat.freeSince = loop.tick
        if seat.line.canGoOn {
            free.append(seat.number)
        } else {
            seat.close()
            seats[seat.number] = nil
        }
    }

    /// Gives back the connections of users that have been free for too long.
    func closeIdle() {
        if parts.idleClose == .never { return }
        for number in free {
            guard let seat = seats[number] else { continue }
            // Those behind it were freed later.
            if loop.tick - seat.freeSince < parts.idleClose { return }
            seat.close()
        }
    }
}

/// The closed model: each user plays one conversation after another for as long as it is wanted.
extension Worker {
    /// Lets each of this worker's users begin when it is first wanted, until no conversation begins
    /// any more.
    func admitUsers() async {
        let load = plan.load
        var number = parts.number + 1
        while number <= load.users {
            guard let start = load.firstStart(ofUser: number),
                await isOpen(at: run.epoch + start)
            else { return }
            add(number, from: start)
            number += run.workers
        }
    }

    /// Waits at the door until a time; false when no conversation begins any more.
    func isOpen(at time: Nanoseconds) async -> Bool {
        if run.control.startsEnd.hasBeenMade { return false }
        guard time > loop.tick else { return true }
        return await door.sleep(until: time) == .ready && !run.control.startsEnd.hasBeenMade
    }

    private static func threshold(of number: Int) -> Double { Double(number) - 0.5 }

    private func add(_ number: Int, from start: Nanoseconds) {
        seats[number] = makeSeat(number)
        crowd.enter()
        let begin = start + jitter(of: number)
        Task(executorPreference: loop) { await self.live(as: number, from: begin) }
    }

    /// Plays one conversation after another, in one session, until none is left or the user is not
    /// wanted again.
    private func live(as number: Int, from start: Nanoseconds) async {
        defer { crowd.leave() }
        guard let seat = seats[number] else { return }
        var next: Nanoseconds? = start
        while let begin = next, await seat.line.wait(untilWanted: run.epoch + begin) {
            enter()
            await playAll(at: seat)
            leave()
            next = returnTime(of: seat)
        }
        seat.line.close()
        seats[number] = nil
    }

    private func playAll(at seat: SimulatedUser) async {
        var begun = Nanoseconds(.min)
        while seat.line.canGoOn, let place = await nextPlace(of: seat, since: begun) {
            begun = loop.tick
            let ticket = plan.order.ticket(atPlace: place)
            tally.started += 1
            if let script = script(forTicket: ticket, seat.line) {
                await play(script, ticket: ticket, at: seat)
            }
            if !isWanted(seat) { return }
        }
    }

    /// The user's next conversation, once it has waited out what its last failure asks for; nil when
    /// there is none any more, by the clock too.
    private func nextPlace(of seat: SimulatedUser, since begun: Nanoseconds) async -> Int? {
        let rest = await seat.line.rest(since: begun)
        // Others have added theirs meanwhile.
        tally.backedOff = tally.backedOff + rest
        if let duration = plan.load.duration, loop.tick - run.epoch >= duration {
            run.control.drain()
        }
        return run.control.nextPlace()
    }

    private func isWanted(_ seat: SimulatedUser) -> Bool {
        guard let curve else { return true }
        return curve.level(at: loop.tick - run.epoch) >= Self.threshold(of: seat.number)
    }

    /// Sends a user away that is not wanted any more; when it is to come back, if ever.
    private func returnTime(of seat: SimulatedUser) -> Nanoseconds? {
        guard let curve, seat.line.canGoOn, !isWanted(seat) else { return nil }
        seat.line.close()
        return curve.firstTime(
            atLeast: Self.threshold(of: seat.number), from: loop.tick - run.epoch)
    }

    /// How much later than wanted a user begins: drawn from the seed by its number alone.
    private func jitter(of number: Int) -> Nanoseconds {
        guard plan.load.startJitter > .zero else { return .zero }
        var random = SeededRandom(
            seed: plan.seed, stream: RandomStream.startJitter.rawValue, index: UInt64(number))
        return Nanoseconds(seconds: random.unit() * plan.load.startJitter.seconds)
    }

    private func enter() {
        busy += 1
        _ = run.control.enter()
    }

    private func leave() {
        busy -= 1
        run.control.leave()
    }
}

/// A replay at recorded times: conversations start when they did, and wait for a user where none is
/// free.
extension Worker {
    /// Starts this worker's share of the conversations: every so manieth in the order of their times.
    func admit(_ clock: ReplayClock, through turnstile: StartLimiter) async {
        for position in stride(from: parts.number, to: clock.count, by: run.workers) {
            let due = clock.start(at: position)
            guard await isOpen(at: run.epoch + due), await isLetIn(position, by: turnstile)
            else { return }
            tally.started += 1
            _ = run.control.enter()
            begin(ticket: clock.conversation(at: position) + 1, due: due)
        }
    }

    /// Waits until a user is free; false when no conversation begins any more.
    private func isLetIn(_ position: Int, by turnstile: StartLimiter) async -> Bool {
        let isFree = turnstile.admits(position) { [self] in
            loop.execute { self.assumeIsolated { $0.door.wake() } }
        }
        if isFree { return true }
        tally.waited += 1
        _ = await door.sleep(until: .never)
        return !run.control.startsEnd.hasBeenMade
    }
}

extension Worker {
    /// When the user takes a turn of a replay at recorded times: at `offset` from its conversation's
    /// start but not before the reply to the turn before, or after the recorded think time where
    /// there is no offset; nil for at once.
    func time(
        of turn: Turn, at offset: Nanoseconds?, _ pace: ReplayPace, isFirst: Bool,
        _ line: UserClient
    ) -> Nanoseconds? {
        var time: Nanoseconds?
        line.recorded = nil
        if let offset {
            let recorded = line.epoch + line.conversation.started + offset
            line.recorded = recorded
            time = max(recorded, line.due)
        } else if !isFirst, let think = plan.load.thinkOverride {
            time = line.due + line.draw(think, seed: plan.seed)
        } else if let think = turn.think {
            time = line.due + pace.played(think: line.draw(think, seed: plan.seed))
        }
        if isFirst { line.recorded = time ?? line.due }
        return time
    }
}

/// A conversation whose turns may overlap, and what has come of them. Confined to its worker.
final class Overlap {
    let script: CompiledScript
    /// The turns under way.
    let crowd = WaitGroup()
    /// Turns that the end of the run kept from being taken.
    var cancelled = 0
    /// Whether a turn has failed that must not.
    var isStopped = false
    /// When the last reply came.
    var end: Nanoseconds

    init(_ script: CompiledScript, start: Nanoseconds) {
        self.script = script
        end = start
    }
}

/// A replay with every turn at its recorded time, whether or not the reply to the one before is
/// there.
extension Worker {
    /// Plays one conversation: the user's own line keeps the time, and each turn has a line of its own
    /// that is free, in the same session.
    func playStrictly(_ script: CompiledScript, ticket: Int, at seat: SimulatedUser) async {
        let line = seat.line
        let turns = begin(script, ticket: ticket, at: seat, over: line)
        let overlap = Overlap(script, start: line.due)
        seat.overlap = overlap
        var begun = 0
        while begun < turns.count, await think(before: turns[begun], of: script, begun, line),
            !overlap.isStopped, takeApart(begun, at: seat, overlap)
        {
            begun += 1
        }
        await overlap.crowd.empty()
        seat.overlap = nil
        line.due = overlap.end
        line.endConversation(
            turns: begun - overlap.cancelled, of: overlap.isStopped ? begun : turns.count)
    }

    /// Lets the turn at an index begin on a line of its own; false when it must not.
    @inline(never)
    private func takeApart(_ index: Int, at seat: SimulatedUser, _ overlap: Overlap) -> Bool {
        let place = seat.takeCompanion {
            UserClient(user: seat.number, worker: parts, due: seat.line.due)
        }
        let companion = seat.companions[place]
        companion.accompany(seat.line)
        guard companion.begin(turn: index + 1, overlap.script.steps[index]) else {
            seat.giveBack(companion: place)
            return false
        }
        companion.memory =
            overlap.script.conversation.isPlain ? nil : memory(of: overlap.script, at: seat)
        overlap.crowd.enter()
        let user = seat.number
        Task(executorPreference: loop) { await self.take(index, ofUser: user, over: place) }
        return true
    }

    private func take(_ index: Int, ofUser user: Int, over place: Int) async {
        guard let seat = seats[user], let overlap = seat.overlap else { return }
        defer { overlap.crowd.leave() }
        let companion = seat.companions[place]
        var turns = overlap.script.conversation.turns
        do throws(ExchangeFailure) {
            try companion.memory?.prepare(&turns, at: index)
            try overlap.script.attachments.check(turns[index])
            try await take(turns[index], at: seat, over: companion)
        } catch {
            if error.errorClass == .cancelled {
                overlap.cancelled += 1
            } else {
                companion.recordUnlessRecorded(error)
            }
        }
        let end = overlap.script.turnCount(after: index + 1, failed: companion.turnFailed)
        if end < turns.count { overlap.isStopped = true }
        overlap.end = max(overlap.end, companion.due)
        seat.line.takeOver(companion)
        seat.giveBack(companion: place)
    }
}

extension UserClient {
    /// Makes this line ready for one turn of the conversation that is played on another one.
    fileprivate func accompany(_ own: UserClient) {
        conversation = own.conversation
        conversation.exchanges = 0
        conversation.failures = 0
        cookies = own.cookies
        own.session = own.session ?? SessionSecrets(spent: worker.spent)
        session = own.session
        due = own.due
        recorded = own.recorded
        if let shared = own.gate { gate?.accompany(shared) }
    }

    /// Adds what a turn on another line has come to.
    fileprivate func takeOver(_ companion: UserClient) {
        conversation.exchanges += companion.conversation.exchanges
        conversation.failures += companion.conversation.failures
        cookies = companion.cookies
        guard let shared = companion.gate else { return }
        shared.endTurn()
        gate?.takeOver(shared)
    }
}
