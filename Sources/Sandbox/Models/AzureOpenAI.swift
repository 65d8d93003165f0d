import Base
import Networking

/// Azure OpenAI: chat completions at a deployment's path with `api-version`, or at `/openai/v1/` without
/// one; the key is in `api-key`, or in `Authorization` as for OpenAI itself. Streams begin with what the
/// content filter made of the prompt.
extension ModelAPI {
    static let azureOpenAI = ModelAPI(
        name: "azure-openai", routes: (.azureChat, .azureOther), members: chatMembers,
        tellsUsageUnasked: false, place: { azurePlace($0) },
        key: { $0.fields.apiKey ?? $0.bearer }, whole: writeCompletion,
        streamed: { StreamedReply($0, .events, azureParts($0)) }, refuse: refuseAsAzure,
        writeLimits: { standings, _, response in
            if let requests = standings.requests {
                response.addHeader("x-ratelimit-remaining-requests", "\(requests.left)")
            }
            if let tokens = standings.tokens {
                response.addHeader("x-ratelimit-remaining-tokens", "\(tokens.left)")
            }
        },
        lateError: openAILateError)

    private static func azurePlace(_ request: borrowing Request) -> Place? {
        let bytes = request.bytes.span
        let path = request.path
        if bytes.equals("/openai/v1/chat/completions", path) { return .reply() }
        if bytes.equals("/openai/v1/models", path) { return .page(models) }
        let start: StaticString = "/openai/deployments/"
        let end: StaticString = "/chat/completions"
        guard bytes.matches("/openai/", at: path.lowerBound) else { return nil }
        let name =
            path.lowerBound
            + start.utf8CodeUnitCount..<max(
                path.upperBound - end.utf8CodeUnitCount, path.lowerBound + start.utf8CodeUnitCount)
        guard bytes.matches(start, at: path.lowerBound), bytes.ends(with: end, path),
            !name.isEmpty, bytes.firstIndex(of: UInt8(ascii: "/"), in: name) == nil,
            let version = QueryString.value(of: "api-version", in: request), !version.isEmpty
        else { return .nothing }
        return .reply(model: name)
    }

    private static func azureParts(_ generation: borrowing Generation) -> [StreamedReply.Part] {
        let filtered = FrameTemplate.event {
            $0.bytes.append(
                fixed: """
                    {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":\
                    [{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,\
                    "severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}]}
                    """)
        }
        return [StreamedReply.Part(role: .opening, template: filtered)]
            + chatParts(generation, "\"content_filter_results\":{},")
    }

    private static func refuseAsAzure(_ refusal: Refusal, _ response: inout Response) {
        refuseAsOpenAI(refusal, &response) { error in
            switch refusal {
            case .noKey, .wrongKey:
                error.code = "401"
                error.message =
                    "Access denied due to invalid subscription key or wrong API endpoint. Make sure"
                    + " to provide a valid key for an active subscription and use a correct regional"
                    + " API endpoint for your resource."
            case .noSuchPath: (error.code, error.message) = ("404", "Resource not found")
            case .unknownModel:
                error.code = "DeploymentNotFound"
                error.message =
                    "The API deployment for this resource does not exist. If you created the"
                    + " deployment within the last 5 minutes, please wait a moment and try again."
            case .limited(let standing):
                error.code = "429"
                error.message =
                    "Requests to the ChatCompletions_Create Operation have exceeded the call rate"
                    + " limit of your resource. Please retry after \(standing.wait.wholeSeconds)"
                    + " seconds."
            default: break
            }
        }
        if case .limited(let standing) = refusal {
            let milliseconds = (standing.wait.count + 999_999) / 1_000_000
            response.addHeader("retry-after-ms", "\(milliseconds)")
        }
    }
}
