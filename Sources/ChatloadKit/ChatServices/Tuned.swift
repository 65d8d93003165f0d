/// A service with a script's parameters over the run's, kept in the session so that a conversation's
/// turns do not make it anew each time.
package final class Tuned<Service: AnyObject & Sendable> {
    private var conversation: [String: String] = [:]
    private var turn: [String: String] = [:]
    private var service: Service?

    init() {}

    /// `service` itself when the script sets nothing, else the one `make` gives for the script's
    /// parameters, the turn's over the conversation's.
    ///
    /// - Throws: a `script` failure with the complaint.
    func service(
        _ service: Service, for conversation: ConversationContext, _ turn: Turn,
        make: ([String: String], [String: String]) throws(SettingComplaint) -> Service
    ) throws(ExchangeFailure) -> Service {
        if conversation.with.isEmpty && turn.with.isEmpty { return service }
        if let kept = self.service, self.conversation == conversation.with, self.turn == turn.with {
            return kept
        }
        do throws(SettingComplaint) {
            let made = try make(conversation.with, turn.with)
            (self.conversation, self.turn) = (conversation.with, turn.with)
            self.service = made
            return made
        } catch {
            throw ExchangeFailure(.script, error.description)
        }
    }
}
