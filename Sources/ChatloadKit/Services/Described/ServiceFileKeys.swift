/// Keys of the top of a description.
enum DescriptionKey: String, ScriptKey {
    case chatload, name, about, parameters, headers, limits, user, history, session, requests, say
    case calls, renew

    static let object = "a description"

    static func usual(for word: String) -> String? {
        switch word {
        case "turns": #"this is a conversation; name the file as a workload"#
        case "description", "summary": #"one line about a service is "about""#
        case "version": #"a description begins with "chatload":"service/1""#
        case "url", "target", "host": "where a service is, --target says"
        case "request": #"requests have names: "requests":{"say":{…}}, "say":["say"]"#
        default: nil
        }
    }
}

/// Keys of a parameter.
enum ParameterKey: String, ScriptKey {
    case about, type, `default`, required, secret, system, sandbox, role

    static let object = "a parameter"

    static func usual(for word: String) -> String? {
        ["description", "help", "summary"].contains(word) ? #"what it means is "about""# : nil
    }
}

/// Keys of `limits`.
enum TextLimitKey: String, ScriptKey {
    case characters = "say_characters"
    case bytes = "say_bytes"

    static let object = "limits"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `user`.
enum ServiceUserKey: String, ScriptKey {
    case id, fresh

    static let object = "a user"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `history`.
enum HistoryKey: String, ScriptKey {
    case kept, message, roles

    static let object = "a history"

    static func usual(for word: String) -> String? { nil }
}

extension MessageRole: ScriptKey {
    static let object = "roles"

    static func usual(for word: String) -> String? {
        word == "bot" || word == "model" ? #"who replies is "assistant""# : nil
    }
}

/// Keys of a step of `session`.
enum SessionStepKey: String, ScriptKey {
    case `do`, per

    static let object = "a step of the session"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `renew`.
enum RenewalKey: String, ScriptKey {
    case `do`, every
    case status = "on_status"

    static let object = "a renewal"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of a request.
enum ServiceRequestKey: String, ScriptKey {
    case method, path, query, headers, body, form, text, attach, repeatable, first, every, times
    case reply

    static let object = "a request"

    static func usual(for word: String) -> String? {
        switch word {
        case "url", "uri": #"a request has a "path" below --target"#
        case "json", "data", "payload": #"what is sent as JSON is "body""#
        case "params": #"what stands behind the ? is "query""#
        case "response": #"what a response means is "reply""#
        default: nil
        }
    }
}

/// Keys of a reply.
enum ServiceReplyKey: String, ScriptKey {
    case `as`, status, each, text, reasoning, tool, join, error, rejected, exhausted
    case overflow = "context_overflow"
    case wait, usage, finish, failed, end, capture, empty

    static let object = "a reply"

    static func usual(for word: String) -> String? {
        switch word {
        case "content", "message", "answer": #"where the reply's text is, "text" says"#
        case "stream": #"a stream is "as":"sse" or "as":"ndjson""#
        case "errors": #"where a failure is told, "error" says"#
        default: nil
        }
    }
}

/// Keys of a place, and of a sign, which is a place with texts.
enum PlaceKey: String, ScriptKey {
    case at, when, unless, contains

    static let object = "a place"

    static func usual(for word: String) -> String? {
        word == "path" ? #"where it is looked is "at""# : nil
    }
}

/// Keys of `usage`.
enum UsageKey: String, ScriptKey {
    case prompt, reply, cached, reasoning

    static let object = "usage"

    static func usual(for word: String) -> String? {
        switch word {
        case "input", "prompt_tokens", "input_tokens": #"the tokens of what is sent are "prompt""#
        case "output", "completion", "completion_tokens", "output_tokens":
            #"the tokens of what comes back are "reply""#
        default: nil
        }
    }
}

/// Keys of a stream's end that is no place.
enum StreamEndKey: String, ScriptKey {
    case data, event, quiet

    static let object = "an end"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of a choice.
enum ChoiceKey: String, ScriptKey {
    case `if`, then, `else`

    static let object = "a choice"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `say` over a socket.
enum SocketKey: String, ScriptKey {
    case path, query, headers, protocols, per, prefix, open, answer, send, reply

    static let object = "a socket"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of what is done when a socket has been opened.
enum SocketOpeningKey: String, ScriptKey {
    case send, until

    static let object = "a step of the opening"

    static func usual(for word: String) -> String? { nil }
}
