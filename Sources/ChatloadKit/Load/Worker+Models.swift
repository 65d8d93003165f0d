import Base
import Networking

/// The open model: conversations start on a schedule, whatever the service does.
extension Worker {
    /// Starts that are later than this, after a stall of the generator, are given up: at most one
    /// second's worth of the rate is caught up.
    private static let latest = Nanoseconds.seconds(1)
    /// Behind a stall of this length users are busy that would not have been without it.
    private static let held = LoopStalls.least

    /// Starts this worker's share of the schedule. Arrival i is iteration i of the run, on worker i
    /// modulo their number.
    func admit(_ arrivals: Arrivals) async {
        var sequence = ArrivalSequence(arrivals.process, along: plan.load.level, seed: plan.seed)
        let end = plan.load.duration ?? .never
        var iteration = 0
        // The last start of this worker: when it was due and when it was made.
        var before: (due: Nanoseconds, made: Nanoseconds)?
        var isBehind = false
        while let arrival = sequence.next(), arrival < end {
            guard iteration < run.limits.conversationLimit else {
                tally.scheduleEnd = arrival
                return
            }
            iteration += 1
            if (iteration - 1) % run.workerCount != context.number { continue }
            guard await isOpen(at: run.start + arrival) else { return }
            if let before, isBehind || now - arrival > Self.held {
                // What a stall has held back follows at twice its pace. All at once it would be a
                // burst, with as many new connections, and the service's time would be of our making.
                let next = before.made + Nanoseconds((arrival - before.due).count / 2)
                isBehind = next > arrival
                guard await isOpen(at: run.start + max(next, arrival)) else { return }
            }
            if start(iteration, due: arrival) { before = (arrival, now) }
        }
        // The run lasts as long as it was asked to, though nothing starts any more.
        tally.scheduleEnd = plan.load.duration ?? curve?.end
        if end != .never { _ = await isOpen(at: run.start + end) }
    }

    /// Starts one conversation, unless it is too late for it or nobody is free; whether it did.
    private func start(_ iteration: Int, due: Nanoseconds) -> Bool {
        let now = self.now
        if now - due > Self.latest {
            tally.missed += 1
            return false
        }
        guard run.limits.enter(ceiling: plan.load.users) else {
            tally.dropped += 1
            if now - due > Self.held { tally.droppedLate += 1 }
            return false
        }
        tally.addStart(at: now, gap: gap(to: now))
        begin(iteration, due: due)
        return true
    }

    /// Has a user play a conversation that was due at a time counted from the run's start.
    func begin(_ iteration: Int, due: Nanoseconds) {
        busy += 1
        let number = freeUser()
        tasks.enter()
        Task(executorPreference: loop) { await self.serve(iteration, by: number, due: due) }
    }

    /// The gap to the start before, in expected starts.
    private func gap(to now: Nanoseconds) -> Double? {
        guard let gap = run.limits.gap(toStartAt: now) else { return nil }
        guard let curve else {
            return (gap.to - gap.from).seconds * (plan.load.arrivals?.rate ?? 0)
        }
        return curve.area(until: gap.to) - curve.area(until: gap.from)
    }

    /// The user that was freed last, or a new one.
    private func freeUser() -> Int {
        if let number = free.popLast() { return number }
        return makeUser(userCount * run.workerCount + context.number + 1).number
    }

    private func serve(_ iteration: Int, by number: Int, due: Nanoseconds) async {
        defer { tasks.leave() }
        guard let user = users[number] else { return }
        user.client.due = run.start + due
        if let script = script(of: iteration, user.client) {
            if pace?.turns == .strict {
                await playStrictly(script, iteration: iteration, by: user)
            } else {
                await play(script, iteration: iteration, by: user)
            }
        }
        leave()
        release(user)
        run.startLimiter?.leave()
    }

    private func release(_ user: SimulatedUser) {
        user.freeSince = loop.tick
        if user.client.canGoOn {
            free.append(user.number)
        } else {
            user.close()
            users[user.number] = nil
        }
    }

    /// Gives back the connections of users that have been free for too long.
    func closeIdle() {
        if context.idleClose == .never { return }
        for number in free {
            guard let user = users[number] else { continue }
            // Those behind it were freed later.
            if loop.tick - user.freeSince < context.idleClose { return }
            user.close()
        }
    }
}

/// The closed model: each user plays one conversation after another for as long as it is wanted.
extension Worker {
    /// Lets each of this worker's users begin when it is first wanted, until no conversation begins
    /// any more.
    func admitUsers() async {
        let load = plan.load
        var number = context.number + 1
        while number <= load.users {
            guard let start = load.firstStart(ofUser: number),
                await isOpen(at: run.start + start)
            else { return }
            add(number, from: start)
            number += run.workerCount
        }
    }

    /// Waits until a time; false when no conversation begins any more.
    func isOpen(at time: Nanoseconds) async -> Bool {
        if run.limits.startsEnd.hasBeenMade { return false }
        guard time > loop.tick else { return true }
        return await startSleep.sleep(until: time) == .ready && !run.limits.startsEnd.hasBeenMade
    }

    private static func threshold(of number: Int) -> Double { Double(number) - 0.5 }

    private func add(_ number: Int, from start: Nanoseconds) {
        _ = makeUser(number)
        tasks.enter()
        let begin = start + jitter(of: number)
        Task(executorPreference: loop) { await self.live(as: number, from: begin) }
    }

    /// Plays one conversation after another, in one session, until none is left or the user is not
    /// wanted again.
    private func live(as number: Int, from start: Nanoseconds) async {
        defer { tasks.leave() }
        guard let user = users[number] else { return }
        var next: Nanoseconds? = start
        while let begin = next, await user.client.wait(untilWanted: run.start + begin) {
            busy += 1
            _ = run.limits.enter()
            await playAll(by: user)
            leave()
            next = returnTime(of: user)
        }
        user.close()
        users[number] = nil
    }

    private func playAll(by user: SimulatedUser) async {
        var begun = Nanoseconds(.min)
        while user.client.canGoOn, let position = await nextPosition(of: user, since: begun) {
            begun = loop.tick
            let iteration = plan.order.iteration(atPlace: position)
            tally.started += 1
            if let script = script(of: iteration, user.client) {
                await play(script, iteration: iteration, by: user)
            }
            if !isWanted(user) { return }
        }
    }

    /// The position of the user's next conversation, once it has waited out what its last failure
    /// asks for; nil when there is none any more, by the clock too.
    private func nextPosition(of user: SimulatedUser, since begun: Nanoseconds) async -> Int? {
        let rest = await user.client.rest(since: begun)
        // Others have added theirs meanwhile.
        tally.backedOff = tally.backedOff + rest
        if let duration = plan.load.duration, now >= duration { run.limits.drain() }
        return run.limits.nextPosition()
    }

    private func isWanted(_ user: SimulatedUser) -> Bool {
        guard let curve else { return true }
        return curve.level(at: now) >= Self.threshold(of: user.number)
    }

    /// Sends a user away that is not wanted any more; when it is to come back, if ever.
    private func returnTime(of user: SimulatedUser) -> Nanoseconds? {
        guard let curve, user.client.canGoOn, !isWanted(user) else { return nil }
        user.close()
        return curve.firstTime(atLeast: Self.threshold(of: user.number), from: now)
    }

    /// How much later than wanted a user begins: drawn from the seed by its number alone.
    private func jitter(of number: Int) -> Nanoseconds {
        guard plan.load.startJitter > .zero else { return .zero }
        var random = SeededRandom(
            seed: plan.seed, stream: RandomStream.startJitter.rawValue, index: UInt64(number))
        return Nanoseconds(seconds: random.unit() * plan.load.startJitter.seconds)
    }

    private func leave() {
        busy -= 1
        run.limits.leave()
    }
}

/// A replay at recorded times: conversations start when they did, and wait for a user where none is
/// free.
extension Worker {
    /// Starts this worker's share of the conversations: every n-th by start time, n being the
    /// number of workers.
    func admit(_ clock: ReplayClock, through limiter: StartLimiter) async {
        for position in stride(from: context.number, to: clock.count, by: run.workerCount) {
            let due = clock.start(at: position)
            guard await isOpen(at: run.start + due), await isAdmitted(position, by: limiter)
            else { return }
            tally.started += 1
            _ = run.limits.enter()
            begin(clock.conversation(at: position) + 1, due: due)
        }
    }

    /// Waits until a user is free; false when no conversation begins any more.
    private func isAdmitted(_ position: Int, by limiter: StartLimiter) async -> Bool {
        let isFree = limiter.admits(position) { [self] in
            loop.execute { self.assumeIsolated { $0.startSleep.wake() } }
        }
        if isFree { return true }
        tally.waited += 1
        _ = await startSleep.sleep(until: .never)
        return !run.limits.startsEnd.hasBeenMade
    }
}

/// When the turns of a replay at recorded times are taken.
extension Worker {
    /// The time of a turn: at `offset` from its conversation's start but not before the reply to the
    /// turn before, or after the recorded think time where there is no offset; nil for at once.
    func time(
        of turn: Turn, at offset: Nanoseconds?, _ pace: ReplayPace, isFirst: Bool,
        _ client: UserClient
    ) -> Nanoseconds? {
        var time: Nanoseconds?
        client.recorded = nil
        if let offset {
            let recorded = client.epoch + client.conversation.started + offset
            client.recorded = recorded
            time = max(recorded, client.due)
        } else if !isFirst, let think = plan.load.thinkOverride {
            time = client.due + client.draw(think)
        } else if let think = turn.think {
            time = client.due + pace.played(think: client.draw(think))
        }
        if isFirst { client.recorded = time ?? client.due }
        return time
    }
}

/// A replay with every turn at its recorded time, whether or not the reply to the one before is
/// there.
extension Worker {
    /// Plays one conversation: the user's own client keeps the time, and each turn has a client of
    /// its own that is free, in the same session.
    func playStrictly(_ script: CompiledScript, iteration: Int, by user: SimulatedUser) async {
        let client = user.client
        let turns = begin(script, iteration: iteration, by: user)
        let overlap = Overlap(script, start: client.due)
        user.overlap = overlap
        var begun = 0
        while begun < turns.count, await think(before: begun, of: turns, script, client),
            !overlap.isStopped, takeApart(begun, by: user, overlap)
        {
            begun += 1
        }
        await overlap.turns.empty()
        user.overlap = nil
        client.due = overlap.end
        client.endConversation(
            turns: begun - overlap.cancelled, of: overlap.isStopped ? begun : turns.count)
    }

    /// Lets the turn at an index begin on a client of its own; false when it must not.
    @inline(never)
    private func takeApart(_ index: Int, by user: SimulatedUser, _ overlap: Overlap) -> Bool {
        let position = user.takeCompanion()
        let companion = user.companions[position]
        guard companion.begin(turn: index + 1, of: overlap.script) else {
            user.giveBack(companion: position)
            return false
        }
        companion.state = state(of: overlap.script, of: user)
        overlap.turns.enter()
        let number = user.number
        Task(executorPreference: loop) { await self.take(index, ofUser: number, over: position) }
        return true
    }

    private func take(_ index: Int, ofUser number: Int, over position: Int) async {
        guard let user = users[number], let overlap = user.overlap else { return }
        defer { overlap.turns.leave() }
        let companion = user.companions[position]
        var turns = overlap.script.conversation.turns
        do throws(ExchangeFailure) {
            try prepare(&turns, at: index, of: overlap.script, companion)
            try await take(turns[index], by: user, over: companion)
        } catch {
            if error.errorClass == .cancelled {
                overlap.cancelled += 1
            } else {
                companion.fail(error)
            }
        }
        let hasFailed = companion.turn.outcome == .failed
        let end = overlap.script.turnCount(after: index + 1, failed: hasFailed)
        if end < turns.count { overlap.isStopped = true }
        overlap.end = max(overlap.end, companion.due)
        user.client.merge(companion)
        user.giveBack(companion: position)
    }
}
