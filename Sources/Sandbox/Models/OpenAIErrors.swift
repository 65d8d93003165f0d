import Base
import Networking

/// OpenAI's errors and the headers that tell of its limits.
extension ModelAPI {
    /// One error in OpenAI's words.
    struct OpenAIError {
        var status = 400
        var type: StaticString = "invalid_request_error"
        var parameter: String?
        var code: StaticString?
        var message: String

        /// Appends the object that says so.
        func append(to body: inout ByteBuffer) {
            body.append(fixed: "{\"error\":{\"message\":")
            body.append(json: message)
            body.append(fixed: ",\"type\":\"")
            body.append(fixed: type)
            body.append(fixed: "\",\"param\":")
            if let parameter { body.append(json: parameter) } else { body.append(fixed: "null") }
            body.append(fixed: ",\"code\":")
            if let code {
                body.append(fixed: "\"")
                body.append(fixed: code)
                body.append(fixed: "\"")
            } else {
                body.append(fixed: "null")
            }
            body.append(fixed: "}}")
        }
    }

    /// Writes an error as OpenAI does; `change` makes it another service's of the same shape.
    static func refuseAsOpenAI(
        _ refusal: Refusal, _ response: inout Response,
        _ change: (inout OpenAIError) -> Void = { _ in }
    ) {
        var error = openAIError(refusal)
        change(&error)
        response.status = error.status
        error.append(to: &response.body)
        if case .limited(let standing) = refusal {
            response.addHeader("Retry-After", "\(standing.wait.wholeSeconds)")
        }
    }

    private static func openAIError(_ refusal: Refusal) -> OpenAIError {
        switch refusal {
        case .noKey:
            OpenAIError(
                status: 401,
                message: "You didn't provide an API key. You need to provide your API key in an"
                    + " Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
            )
        case .wrongKey:
            OpenAIError(
                status: 401, code: "invalid_api_key", message: "Incorrect API key provided.")
        case .wrongMethod(let method):
            OpenAIError(
                status: 405, code: "method_not_supported",
                message:
                    "Not allowed to \(method) here. (HINT: Perhaps you meant to use a different"
                    + " HTTP method?)")
        case .noSuchPath(let path):
            OpenAIError(status: 404, message: "Invalid URL (\(path))")
        case .unknownEarlier, .complaint, .missing, .badLength, .unknownModel, .tooLong:
            openAIBodyError(refusal)
        case .limited(let standing):
            OpenAIError(
                status: 429,
                type: standing.limit.unit == .requests ? "requests" : "tokens",
                code: "rate_limit_exceeded",
                message: "Rate limit reached: \(standing.limit). Please try again in"
                    + " \(goDuration(standing.wait)).")
        case .failing:
            OpenAIError(
                status: 500, type: "server_error",
                message: "The server had an error while processing your request. Sorry about that!")
        }
    }

    /// What is wrong with a body.
    private static func openAIBodyError(_ refusal: Refusal) -> OpenAIError {
        switch refusal {
        case .unknownEarlier(let name):
            OpenAIError(
                parameter: "previous_response_id", code: "previous_response_not_found",
                message: "Previous response with id '\(name)' not found.")
        case .complaint(.wrongType(let name)):
            OpenAIError(
                parameter: name, code: "invalid_type", message: "Invalid type for '\(name)'.")
        case .complaint:
            OpenAIError(
                message:
                    "We could not parse the JSON body of your request. (HINT: This likely means"
                    + " you aren't using your HTTP library correctly. The API expects a JSON"
                    + " payload, but what was sent was not valid JSON.)")
        case .missing(let name):
            OpenAIError(
                parameter: name, code: "missing_required_parameter",
                message: "Missing required parameter: '\(name)'.")
        case .badLength(let length):
            OpenAIError(
                parameter: "max_tokens", code: "integer_below_min_value",
                message: "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1,"
                    + " but got \(length) instead.")
        case .unknownModel(let model):
            OpenAIError(
                status: 404, code: "model_not_found",
                message: "The model `\(model)` does not exist or you do not have access to it.")
        case .tooLong(let prompt, let reply, let most):
            OpenAIError(
                parameter: "messages", code: "context_length_exceeded",
                message: "This model's maximum context length is \(most) tokens. However, you"
                    + " requested \(prompt + reply) tokens (\(prompt) in the messages, \(reply) in"
                    + " the completion). Please reduce the length of the messages or completion.")
        default: OpenAIError(message: "Invalid request.")
        }
    }

    /// Writes the headers that OpenAI has on every response.
    static func writeOpenAILimits(
        _ standings: CredentialLedger.Standings, _ response: inout Response
    ) {
        if let requests = standings.requests {
            response.addHeader("x-ratelimit-limit-requests", "\(requests.limit.amount)")
            response.addHeader("x-ratelimit-remaining-requests", "\(requests.left)")
            response.addHeader("x-ratelimit-reset-requests", goDuration(requests.reset))
        }
        if let tokens = standings.tokens {
            response.addHeader("x-ratelimit-limit-tokens", "\(tokens.limit.amount)")
            response.addHeader("x-ratelimit-remaining-tokens", "\(tokens.left)")
            response.addHeader("x-ratelimit-reset-tokens", goDuration(tokens.reset))
        }
    }

    /// A span as Go's `time.Duration` prints it, to the millisecond: `0s`, `20ms`, `1s`, `1.5s`, `6m0s`.
    static func goDuration(_ span: Nanoseconds) -> String {
        let milliseconds = max(span.count, 0) / 1_000_000 + (span.count % 1_000_000 > 0 ? 1 : 0)
        if (1..<1_000).contains(milliseconds) { return "\(milliseconds)ms" }
        let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000)
        var seconds = "\(rest / 1_000)"
        if rest % 1_000 > 0 {
            let digits = "\(1_000 + rest % 1_000)".dropFirst()
            seconds += "." + digits
            while seconds.last == "0" { seconds.removeLast() }
        }
        if minutes == 0 { return "\(seconds)s" }
        return (minutes >= 60 ? "\(minutes / 60)h\(minutes % 60)m" : "\(minutes)m") + "\(seconds)s"
    }
}
