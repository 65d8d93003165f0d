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

    private func release(_ seat: Seat) {
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
