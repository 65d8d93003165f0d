import ChatloadKit

extension RunMessages {
    /// A replay cannot be written down any more.
    func sayFailing(_ failure: LogComplaint) { say("stopping: \(failure)") }

    /// A replay has ended before everything was played.
    func sayHowToResume(_ folder: String) {
        say("what is left is played by: chatload replay --resume \(folder)")
    }
}
