import Base
import Networking

/// Model API: one way in which services that generate text are spoken to. What all of them do alike is
/// `ModelService`'s.
struct ModelAPI: Sendable {
    /// What a request asks for by its path, and perhaps its query.
    enum Place {
        /// A reply; where the path says so, by this model, streamed or whole, and a streamed one as an
        /// array.
        case reply(model: Range<Int>? = nil, isStreamed: Bool? = nil, isArray: Bool = false)
        /// A page that is always the same, for everybody or only for those who have a key.
        case page(StaticString, type: String = Response.json, needsKey: Bool = true)
        /// A path of the API where nothing is.
        case nothing
    }

    /// Why there is no reply.
    enum Refusal {
        case noKey, wrongKey
        case wrongMethod(String)
        case noSuchPath(String)
        case complaint(GenerationRequest.Complaint)
        /// The reply that is referred to is none that there was.
        case unknownEarlier(String)
        /// The member of this name has to be there.
        case missing(String)
        /// The most tokens that are asked for are no number above zero.
        case badLength(Int)
        case unknownModel(String)
        /// Prompt and the reply that is asked for have more tokens than the model can hold.
        case tooLong(prompt: Int, reply: Int, most: Int)
        /// A limit of the credential.
        case limited(CredentialLedger.Standing)
        /// The service itself fails.
        case failing
    }

    /// Its name in `SandboxSettings.services`.
    let name: String
    /// What requests for replies, and all others, are counted as.
    let routes: (reply: Route, other: Route)
    /// What it knows of a request's body.
    let members: [GenerationRequest.Member]
    /// What its list of messages is called.
    var messages = "messages"
    /// What the most tokens of a reply are called where a request has to say them; nil where it does
    /// not.
    var demandedLength: String?
    /// Whether a reply is streamed where the request does not say.
    var streamsUnasked = false
    /// Whether a stream tells its usage where the request does not say.
    var tellsUsageUnasked = true
    /// What the names of its replies begin with, where requests can refer to them by name.
    var rememberedPrefix: String?
    /// What a path asks for; nil for one of somebody else.
    let place: @Sendable (borrowing Request) -> Place?
    /// Where the request's key is; nil where it has none.
    let key: @Sendable (borrowing Request) -> Range<Int>?
    /// Whether a key is asked for at all.
    var demandsKey = true
    /// Writes a whole reply.
    let whole: @Sendable (borrowing Generation, inout Response) -> Void
    /// A reply as a stream.
    let streamed: @Sendable (borrowing Generation) -> StreamedReply
    /// Writes an error.
    let refuse: @Sendable (Refusal, inout Response) -> Void
    /// Writes the headers that say where a credential stands at a time (since 1970).
    var writeLimits: @Sendable (CredentialLedger.Standings, Nanoseconds, inout Response) -> Void = {
        _, _, _ in
    }
    /// The error that ends a stream.
    let lateError: LateError

    /// Error in the middle of a stream, in JSON.
    struct LateError {
        /// As the service says it.
        let plain: StaticString
        /// Whether it says so in an event called error, as all its events have names.
        var isEvent = false
        /// As such an event says it where the fault is the event.
        let event: StaticString
        /// Whether what ends a stream follows that frame.
        var isFollowedByEnd = false
    }
}
