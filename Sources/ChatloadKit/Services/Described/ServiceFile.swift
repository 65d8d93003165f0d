import Base
import Networking

/// File that describes a service, read and checked: what is sent, and where in what comes back the
/// reply is. All names in it are resolved, so that a service can be made of it that has only the
/// values of its parameters to fill in.
struct ServiceFile: Sendable {
    /// How a user's made-up name looks.
    enum UserID: Sendable, Equatable {
        /// The simulated user's identity.
        case identity
        case uuid
        /// So many hexadecimal or decimal digits.
        case hex(Int), digits(Int)
    }

    /// Who keeps what was said before.
    enum History: Sendable {
        case server
        /// Every request has all messages: how one is written, with `role` and `text` in it, and what
        /// roles are called. A role called nil is not in the list.
        case client(message: TemplateValue, roles: [MessageRole: String?])
    }

    /// What a turn does.
    enum Say: Sendable, Equatable {
        /// These requests, by their places, one behind the other; at most one of them is a poll.
        case requests([Int])
        /// A message over a socket.
        case socket
    }

    /// The name in `--service`, logs and reports.
    var name: String
    /// One line about it.
    var about = ""
    var parameters: [ServiceParameter] = []
    /// On every request.
    var headers: [TemplateField] = []
    /// The most characters, and bytes of UTF-8, of a text that is said.
    var characterLimit: Int?
    var byteLimit: Int?
    /// How a user is called, and whether each conversation has a user of its own.
    var user: (id: UserID, isFresh: Bool)?
    var history = History.server
    /// Requests, by their places, before the first turn, and whether once for a user or for each of
    /// its conversations.
    var session: [(request: Int, isPerUser: Bool)] = []
    /// In the order of the file; one is the step of its name.
    var requests: [ServiceRequest] = []
    var say = Say.requests([])
    /// The names of what replies give to remember, by their places.
    var captures: [String] = []
    /// Why it cannot be played yet, though nothing is wrong with it; nil if it can.
    var unplayed: String?
    /// The file as it is.
    var source: [UInt8] = []
}

/// Role of who says a message.
enum MessageRole: String, Sendable, CaseIterable {
    case system, user, assistant
}

/// Variable of a service's templates.
enum ServiceVariable: Sendable, Equatable {
    /// A parameter, by its place among them.
    case parameter(Int)
    /// What is said.
    case text
    /// The conversation's system prompt.
    case system
    /// Of a message in the history: who says it.
    case role
    /// The history, a JSON array; what is said now is its last message.
    case messages
    /// The simulated user's identity, and the name it has for the service.
    case user, userID
    /// The conversation's number in the run, and the turn's in the conversation.
    case conversation, turn
    /// The time, in milliseconds since 1970 and as RFC 3339 has it.
    case nowMilliseconds, nowISO
    /// A fresh one each time.
    case uuid
    /// What a reply has given, by its place among `captures`.
    case capture(Int)
}

/// Part of a text with variables.
enum TemplatePart: Sendable, Equatable {
    case text(String)
    case variable(ServiceVariable)
}

/// Template of a JSON value.
indirect enum TemplateValue: Sendable {
    /// JSON without variables, as it is sent.
    case json([UInt8])
    /// A string with variables in it.
    case text([TemplatePart])
    /// A string that is one variable: it takes the variable's type, and where that has no value the
    /// member or element is left out. Messages become their array.
    case variable(ServiceVariable)
    case array([TemplateValue])
    /// Names may hold variables too; a member whose name has no value is left out.
    case object([(name: [TemplatePart], value: TemplateValue)])
    /// One of two, by whether a parameter is set, or true where it is a boolean; a missing one leaves
    /// the member out.
    case choice(parameter: Int, then: TemplateValue?, otherwise: TemplateValue?)
}

/// Condition on a parameter: that it is set (or true, where it is a boolean), or that it is not.
struct ParameterCondition: Sendable, Equatable {
    var parameter: Int
    var isSet: Bool
}

/// Field of a head, a query or a form: left out where a variable of it has no value.
struct TemplateField: Sendable, Equatable {
    var name: String
    var value: [TemplatePart]
    /// It is only there if this holds; nil is always there.
    var condition: ParameterCondition?
}

/// Path of a request, where its condition holds; nil is always.
struct RequestPath: Sendable, Equatable {
    var parts: [TemplatePart]
    var condition: ParameterCondition?
}

/// Request of a described service, and what its response means.
struct ServiceRequest: Sendable {
    /// What is in the body.
    enum Body: Sendable {
        case json(TemplateValue)
        case form([TemplateField])
        case text([TemplatePart])
    }

    /// How a reply is polled for.
    struct Poll: Sendable, Equatable {
        var first: Nanoseconds
        var every: Nanoseconds
        var times: Int
    }

    /// The name of its step.
    var name: String
    var method: String
    /// The path's forms, of which the first counts whose condition holds.
    var paths: [RequestPath] = []
    var query: [TemplateField] = []
    var headers: [TemplateField] = []
    var body: Body?
    /// The field of a form under which files go along.
    var attachment: String?
    /// Places of numbers in the body that ask for several replies at once where they are above 1.
    var repliesAsked: [JSONPath] = []
    /// Whether it may be sent twice.
    var isRepeatable = false
    /// Whether a script may call it.
    var isCallable = false
    var poll: Poll?
    var reply = ServiceReply()
}

/// Meaning of a response: where in it what is looked for.
struct ServiceReply: Sendable {
    /// What the body is.
    enum Form: String, Sendable, CaseIterable {
        case json, sse, ndjson, text, none
    }

    /// What ends a stream.
    enum End: Sendable {
        /// An event with this data (`[DONE]`), or of this type.
        case data(String), event(String)
        /// An event that has something at a place.
        case place([GuardedPlace])
        /// The end of the body, once `finish` has come.
        case finish
        /// The end of the body, whatever came.
        case close
    }

    /// What a capture takes.
    enum Source: Sendable {
        case place(GuardedPlace)
        case header(String)
        case pattern(Pattern)
    }

    /// What a failure's text must have at a place to be one of the kind that is looked for.
    struct Sign: Sendable {
        var place: GuardedPlace
        /// Some of these, whatever the case of their letters; any text where it is empty.
        var texts: [String] = []
    }

    var form = Form.json
    var statuses: [ClosedRange<Int>] = [200...299]
    /// What the other places are looked for in: every element that this path leads to.
    var each: JSONPath?
    /// Of each the first place that is there counts. In a stream what each event has is appended; hits
    /// of a `*` and of `each` are joined.
    var text: [GuardedPlace] = []
    var reasoning: [GuardedPlace] = []
    var tool: [GuardedPlace] = []
    var join = "\n"
    /// Something at one of these (not null, false or empty) is a failure with that text.
    var error: [GuardedPlace] = []
    /// With one of these the failure is a rejection.
    var rejected: [GuardedPlace] = []
    /// With one of these the credential is of no more use.
    var exhausted: [GuardedPlace] = []
    /// With one of these signs the prompt was too long.
    var overflow: [Sign] = []
    /// Where it says how long to wait, besides its head: a number of seconds, or a span like `17s`.
    var wait: [GuardedPlace] = []
    /// Of each the numbers at these places are added up; none where there is none of them.
    var promptTokens: [GuardedPlace] = []
    var replyTokens: [GuardedPlace] = []
    var cachedTokens: [GuardedPlace] = []
    var reasoningTokens: [GuardedPlace] = []
    /// Why the reply ended.
    var finish: [GuardedPlace] = []
    /// With something at one of these there are other replies to the same request.
    var others: [GuardedPlace] = []
    /// Values of `finish` that are failures.
    var failedFinishes: [String] = []
    var end = End.finish
    /// By the place of the capture's name.
    var captures: [(capture: Int, source: Source)] = []
    /// Whether a reply without text is none.
    var needsText = false
}

/// Place in a JSON document that counts only where others have the values they should.
struct GuardedPlace: Sendable {
    /// A value that a place must have, or must not.
    enum Value: Sendable, Equatable {
        /// JSON of a number, a truth value or null.
        case literal([UInt8])
        case text([TemplatePart])
    }

    /// What another place must have.
    struct Guard: Sendable {
        var path: JSONPath
        var values: [Value]
        /// Whether it must have none of them.
        var isNegated = false
    }

    var path: JSONPath
    /// Whether the path is looked for in the whole response, where `each` has made `$` an element.
    var isOfWhole = false
    var guards: [Guard] = []
}
