import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Services that generate text: what they refuse")
struct ModelErrorTests {
    static let key = "Authorization: Bearer k\r\n"
    static let hi = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
    static let chat = "/v1/chat/completions"
    static let azure = "/openai/deployments/sandbox-1/chat/completions?api-version=1"
    static let gemini = "/v1beta/models/sandbox-1:generateContent"
    static let contents = "\"contents\":[{\"parts\":[{\"text\":\"Hi\"}]}]"

    /// Request, status, and what the body says.
    static let rows: [(String, Int, String)] = [
        // OpenAI.
        (ModelRequest.chat(headers: ""), 401, "\"message\":\"You didn't provide an API key. "),
        (ModelRequest.chat(headers: "Authorization: Basic x\r\n"), 401, "You didn't provide"),
        (ModelRequest.chat(headers: "Authorization: Bearer \r\n"), 401, "You didn't provide"),
        (ModelRequest.post(chat, "", method: "GET"), 405, "\"code\":\"method_not_supported\""),
        (ModelRequest.post(chat, "{"), 400, "We could not parse the JSON body"),
        (ModelRequest.post(chat, "[]"), 400, "We could not parse the JSON body"),
        (ModelRequest.post(chat, "{\(hi)}"), 400, "Missing required parameter: 'model'."),
        (
            ModelRequest.post(chat, "{\"model\":\"sandbox\"}"), 400,
            "\"param\":\"messages\",\"code\":\"missing_required_parameter\""
        ),
        (
            ModelRequest.post(chat, "{\"model\":\"sandbox\",\"messages\":7}"), 400,
            "Invalid type for 'messages'."
        ),
        (ModelRequest.chat(",\"stream\":\"yes\""), 400, "Invalid type for 'stream'."),
        (ModelRequest.chat(",\"max_tokens\":0"), 400, "Expected a value >= 1, but got 0 instead."),
        (ModelRequest.chat(",\"max_tokens\":1.5"), 400, "Invalid type for 'max_tokens'."),
        (
            ModelRequest.post(chat, "{\"model\":\"gpt-4\",\(hi)}"), 404,
            "The model `gpt-4` does not exist"
        ),
        (
            ModelRequest.chat(",\"max_tokens\":1000"), 400,
            "This model's maximum context length is 1000 tokens. However, you requested 1001 tokens"
                + " (1 in the messages, 1000 in the completion)."
        ),
        (ModelRequest.chat(",\"max_tokens\":\(Int.max)"), 400, "context_length_exceeded"),
        (
            ModelRequest.chat(text: String(repeating: "1234", count: 1_001)), 400,
            "\"code\":\"context_length_exceeded\""
        ),
        (ModelRequest.post("/v1/models", "", "", method: "GET"), 401, "You didn't provide"),
        // Azure OpenAI.
        (ModelRequest.post(azure, "{\(hi)}", ""), 401, "Access denied due to invalid subscription"),
        (
            ModelRequest.post("/openai/deployments/sandbox-1/chat/completions", "{\(hi)}", key),
            404,
            "Resource not found"
        ),
        (
            ModelRequest.post(azure.replacing("sandbox-1", with: "gpt"), "{\(hi)}", key), 404,
            "\"code\":\"DeploymentNotFound\""
        ),
        (ModelRequest.post(azure, "{}", key), 400, "Missing required parameter: 'messages'."),
        // Responses.
        (
            ModelRequest.post("/v1/responses", "{\"model\":\"sandbox\"}"), 400,
            "Missing required parameter: 'input'."
        ),
        (
            ModelRequest.post(
                "/v1/responses",
                "{\"model\":\"sandbox\",\"input\":\"a\",\"previous_response_id\":\"resp_1\"}"), 400,
            "\"code\":\"previous_response_not_found\""
        ),
        // Anthropic.
        (ModelRequest.post("/v1/messages", "{}", ""), 401, "x-api-key header is required"),
        (
            ModelRequest.post("/v1/messages", "{\"model\":\"sandbox\",\(hi)}", key), 400,
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                + "\"message\":\"max_tokens: Field required\"}}"
        ),
        (
            ModelRequest.post(
                "/v1/messages", "{\"model\":\"claude\",\"max_tokens\":1,\(hi)}", key), 404,
            "\"type\":\"not_found_error\",\"message\":\"model: claude\""
        ),
        (
            ModelRequest.post(
                "/v1/messages", "{\"model\":\"sandbox\",\"max_tokens\":1000,\(hi)}", key), 400,
            "prompt is too long: 1 tokens > 0 maximum"
        ),
        (ModelRequest.post("/v1/messages", "", key, method: "GET"), 405, "Method Not Allowed"),
        // Ollama.
        (
            ModelRequest.post("/api/chat", "{\"model\":\"llama\",\(hi)}", ""), 404,
            "{\"error\":\"model 'llama' not found\"}"
        ),
        (
            ModelRequest.post("/api/chat", "{\"model\":\"sandbox\"}", ""), 400,
            "messages is required"
        ),
        (ModelRequest.post("/api/chat", "{\"model\":", ""), 400, "{\"error\":\"invalid JSON: "),
        // Gemini.
        (ModelRequest.post(gemini, "{\(contents)}", ""), 401, "\"status\":\"UNAUTHENTICATED\"}}"),
        (
            ModelRequest.post(gemini, "{}", "x-goog-api-key: k\r\n"), 400,
            "* GenerateContentRequest.contents: contents is not specified"
        ),
        (
            ModelRequest.post(
                gemini.replacing("sandbox-1", with: "gemini-9"), "{\(contents)}",
                "x-goog-api-key: k\r\n"), 404,
            "{\"error\":{\"code\":404,\"message\":\"models/gemini-9"
        ),
        (
            ModelRequest.post(
                gemini + "?key=k",
                "{\(contents),\"generationConfig\":{\"maxOutputTokens\":1000}}", ""), 400,
            "The input token count (1) exceeds the maximum number of tokens allowed (0)."
        ),
        (ModelRequest.post("/v1beta/models/x:count", "{}", key), 404, "\"status\":\"NOT_FOUND\""),
    ]

    @Test(arguments: rows.indices)
    func refuses(row: Int) {
        let (request, status, text) = Self.rows[row]
        var bench = ModelServiceTests.bench { $0.pacing.context = 1_000 }
        let answer = bench.send(request)
        #expect(answer.status == status && answer.body.contains(text), "\(answer.body)")
        #expect(bench.stream == nil)
        if status == 405 { #expect(answer.header("Allow") == "POST") }
    }

    @Test func takesTheKeysThatAreListed() throws {
        let file = "{\"service\":\"openai\",\"key\":\"sandbox-key\"}\n"
        let credentials = try Credentials(parsing: Array(file.utf8))
        var bench = ModelServiceTests.bench { $0.credentials = credentials }
        #expect(bench.send(ModelRequest.chat()).status == 200)
        let wrong = bench.send(ModelRequest.chat(headers: Self.key))
        #expect(wrong.status == 401 && wrong.value("code") == "invalid_api_key")
        #expect(!wrong.body.contains("Bearer"))
        // Others take any.
        #expect(bench.send(ModelRequest.stream(of: "anthropic")).status == 200)
    }

    @Test func pagesForThoseWhoLookFirst() {
        var bench = ModelServiceTests.bench()
        for (path, text) in [
            ("/v1/models", "\"id\":\"sandbox-1\""), ("/health", "{}"),
            ("/metrics", "# The sandbox"), ("/api/tags", "sandbox-1"),
            ("/api/version", "{\"version\":"), ("/v1beta/models", "models/sandbox-1"),
            ("/openai/v1/models", "sandbox-1"),
        ] {
            let headers = Self.key + "api-key: k\r\nx-goog-api-key: k\r\n"
            let answer = bench.send(ModelRequest.post(path, "", headers, method: "GET"))
            #expect(answer.status == 200 && answer.body.contains(text), "\(path)")
            #expect(bench.send(ModelRequest.post(path, "", headers)).status == 405, "\(path)")
        }
    }

    @Test(arguments: ["openai", "azure-openai", "responses", "anthropic", "ollama", "gemini"])
    func failsInItsOwnWay(name: String) throws {
        let row = try #require(SandboxSettings.services.first { $0.name == name })
        var bench = ModelServiceTests.bench { $0[keyPath: row.settings].errorRate = 1 }
        let answer = bench.send(ModelRequest.stream(of: name))
        let statuses = ["anthropic": 529, "gemini": 503]
        #expect(answer.status == statuses[name] ?? 500 && bench.stream == nil)
        #expect(answer.body.contains("error") && answer.delay == .milliseconds(300))
    }

    /// Where a credential stands is told with every answer, whatever it is.
    @Test func limitsAreToldWithEveryAnswer() {
        let limits = ["3 requests/m", "100 tokens/m"].compactMap(ServiceLimit.init(parsing:))
        func bench() -> Bench {
            ModelServiceTests.bench { settings in
                for service in SandboxSettings.services where service.generates {
                    settings[keyPath: service.settings].requestLimit = limits[0]
                    settings[keyPath: service.settings].tokenLimit = limits[1]
                }
            }
        }
        var openAI = bench()
        let first = openAI.send(ModelRequest.chat())
        #expect(first.header("x-ratelimit-limit-requests") == "3")
        #expect(first.header("x-ratelimit-remaining-requests") == "2")
        #expect(first.header("x-ratelimit-reset-requests") == "20s")
        #expect(first.header("x-ratelimit-remaining-tokens") == "89")
        #expect(first.header("x-ratelimit-reset-tokens") == "6.6s")
        #expect(
            openAI.send(ModelRequest.chat(",\"n\":[")).header("x-ratelimit-remaining-requests")
                == "1")
        _ = openAI.send(ModelRequest.chat(ModelRequest.streamed))
        let refused = openAI.send(ModelRequest.chat())
        #expect(refused.status == 429 && refused.header("Retry-After") == "20")
        #expect(refused.header("x-ratelimit-remaining-requests") == "0")
        #expect(refused.header("x-ratelimit-reset-requests") == "1m0s")
        #expect(
            refused.body.contains(
                "\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\""))

        for (name, header, value) in [
            ("azure-openai", "retry-after-ms", "20000"), ("responses", "Retry-After", "20"),
            ("anthropic", "retry-after", "20"), ("ollama", "Retry-After", "20"),
            ("anthropic", "anthropic-ratelimit-requests-reset", "2023-11-14T22:14:20Z"),
        ] {
            var bench = bench()
            for _ in 1...3 { _ = bench.send(ModelRequest.stream(of: name)) }
            let refused = bench.send(ModelRequest.stream(of: name))
            #expect(refused.status == 429 && refused.header(header) == value, "\(name)")
        }
        var gemini = bench()
        for _ in 1...3 { _ = gemini.send(ModelRequest.stream(of: "gemini")) }
        #expect(
            gemini.send(ModelRequest.stream(of: "gemini")).body.contains("\"retryDelay\":\"20s\""))
    }

    @Test(
        arguments: [
            (0, "0s"), (1, "1ms"), (20_000_000, "20ms"), (999_999_999, "1s"),
            (1_500_000_000, "1.5s"),
            (1_020_000_000, "1.02s"), (360_000_000_000, "6m0s"), (3_661_000_000_000, "1h1m1s"),
        ] as [(Int64, String)])
    func durationsAsGoPrintsThem(count: Int64, text: String) {
        #expect(ModelAPI.goDuration(Nanoseconds(count)) == text)
    }
}
