import Networking

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

    private func playAll(at seat: Seat) async {
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
    private func nextPlace(of seat: Seat, since begun: Nanoseconds) async -> Int? {
        let rest = await seat.line.rest(since: begun)
        // Others have added theirs meanwhile.
        tally.backedOff = tally.backedOff + rest
        if let duration = plan.load.duration, loop.tick - run.epoch >= duration {
            run.control.drain()
        }
        return run.control.nextPlace()
    }

    private func isWanted(_ seat: Seat) -> Bool {
        guard let curve else { return true }
        return curve.level(at: loop.tick - run.epoch) >= Self.threshold(of: seat.number)
    }

    /// Sends a user away that is not wanted any more; when it is to come back, if ever.
    private func returnTime(of seat: Seat) -> Nanoseconds? {
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
