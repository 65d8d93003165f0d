import ChatloadKit

extension RunMessages {
    /// A replay cannot be written down any more.
    func sayFailing(_ failure: LogComplaint) { say("stopping: \(failure)") }

    /// A replay has ended before everything was played.
    func sayHowToResume(_ folder: String) {
        say("what is left is played by: chatload replay --resume \(folder)")
    }

    /// There is nothing left to play.
    func sayComplete(_ folder: String) {
        say("\(folder) is complete: every conversation has been played")
    }

    /// Another part of a replay begins.
    func sayResuming(_ resumption: Resumption, of run: RunDescription) {
        let (done, all) = (resumption.doneCount, run.conversations ?? 0)
        say("part \(run.parts.count): \(done) of \(all) conversations are done")
        let inFlight = resumption.inFlight
        if inFlight.isEmpty { return }
        let names = inFlight.prefix(3).map { "\($0.conversation) (turn \($0.turn))" }
        let more = inFlight.count > 3 ? " …" : ""
        say(
            "\(inFlight.count) were in flight and are played again: "
                + names.joined(separator: ", ") + more)
    }
}
