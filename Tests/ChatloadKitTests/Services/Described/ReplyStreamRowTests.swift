import Base
import Networking
import Testing

@testable import ChatloadKit

/// Every stream that a service may send ends in its reply, or in its class of failure.
@Suite struct ReplyStreamRowTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let service: String
        let events: [String]
        let expected: String

        init(_ name: String, _ service: String, _ events: [String], _ expected: String) {
            (self.name, self.service) = (name, service)
            (self.events, self.expected) = (events, expected)
        }

        var testDescription: String { "\(service): \(name)" }
    }

    private static func delta(_ delta: String, _ more: String = "") -> String {
        #"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":"# + delta
            + #","finish_reason":null}]"# + more + "}"
    }

    private static func content(_ text: String) -> String { delta("{\"content\":\"\(text)\"}") }

    private static func finish(_ reason: String) -> String {
        #"{"choices":[{"index":0,"delta":{},"finish_reason":""# + reason + #""}]}"#
    }

    private static let role = delta(#"{"role":"assistant","content":""}"#)
    private static let usage =
        #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}"#

    static let chat = [
        Row(
            "usual", "openai",
            [role, content("a"), content("b"), content("c"), finish("stop"), usage, "[DONE]"],
            ".+++..| \"abc\" stop 7,3,4,1,-"),
        Row(
            "reasoning, both spellings", "openai",
            [
                role, delta(#"{"reasoning_content":"x"}"#),
                delta(#"{"reasoning":"y","content":null}"#),
                content("a"), finish("stop"), "[DONE]",
            ],
            ".+++.| \"a\" (xy) stop -,-,-,-,-"),
        Row(
            "a tool alone", "openai",
            [
                delta(#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}"#),
                delta(#"{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}"#),
                finish("tool_calls"), "[DONE]",
            ],
            "++.| \"\" (f{}) tool_calls -,-,-,-,-"),
        Row(
            "a refusal alone", "openai",
            [role, delta(#"{"refusal":"I can't"}"#), finish("stop"), "[DONE]"],
            ".+.| \"I can't\" stop -,-,-,-,-"),
        Row(
            "a length reached", "openai", [content("a"), finish("length"), "[DONE]"],
            "+.| \"a\" length -,-,-,-,-"),
        Row(
            "an error after tokens", "openai",
            [content("a"), #"{"error":{"message":"boom","type":"x","code":500}}"#, "[DONE]"],
            "+ service_error: boom"),
        Row(
            "an error event", "openai", [content("a"), #"error|{"error":{"message":"boom"}}"#],
            "+ service_error: boom"),
        Row(
            "an error event in other words", "openai", [content("a"), #"error|{"msg":"boom"}"#],
            #"+ service_error: {"msg":"boom"}"#),
        Row(
            "an old vLLM's error", "openai",
            [content("a"), #"{"object":"error","message":"boom","code":400}"#],
            "+ service_error: boom"),
        Row(
            "an error that is a text", "openai", [#"{"error":"boom","error_type":"overloaded"}"#],
            " rejected: boom"),
        Row(
            "a streamed 429", "openai", [#"{"error":{"message":"slow","code":429}}"#],
            " rejected: slow"),
        Row(
            "LiteLLM's streamed 429", "openai", [#"{"error":{"message":"slow","code":"429"}}"#],
            " rejected: slow"),
        Row(
            "OpenRouter's error", "openai",
            [
                content("a"),
                #"{"error":{"code":502,"message":"boom"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
            ],
            "+ service_error: boom"),
        Row(
            "a finish that is an error", "openai", [content("a"), finish("error"), "[DONE]"],
            "+ service_error: the reply ended with error"),
        Row(
            "an end without an end", "openai", [role, content("a"), content("b"), content("c")],
            ".+++ closed_early: the stream ended without its end"),
        Row(
            "a finish without a terminator", "openai", [content("a"), finish("stop")],
            "+. \"a\" stop -,-,-,-,-"),
        Row(
            "a terminator without a finish", "openai", [content("a"), "[DONE]"],
            "+| \"a\"  -,-,-,-,-"),
        Row("no output", "openai", [role, finish("stop"), "[DONE]"], "..| \"\" stop -,-,-,-,-"),
        Row("no event", "openai", [], " malformed_reply: a stream without an event"),
        Row("only the terminator", "openai", ["[DONE]"], "| \"\"  -,-,-,-,-"),
        Row(
            "no JSON", "openai", [content("a"), "oops"],
            "+ malformed_reply: not JSON, at byte 0 a value is expected here: oops"),
        Row(
            "an empty delta in mid-stream", "openai",
            [content("a"), content(""), content("b"), finish("stop"), "[DONE]"],
            "+.+.| \"ab\" stop -,-,-,-,-"),
        Row(
            "LiteLLM's usage", "openai",
            [
                content("a"), finish("stop"),
                #"{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}"#,
                "[DONE]",
            ],
            "+..| \"a\" stop 5,1,-,-,-"),
        Row(
            "usage in every frame, and null", "openai",
            [
                delta(
                    #"{"role":"assistant","content":""}"#,
                    #","usage":{"prompt_tokens":5,"completion_tokens":0}"#),
                delta(#"{"content":"ab"}"#, #","usage":{"prompt_tokens":5,"completion_tokens":2}"#),
                delta(#"{"content":"c"}"#, #","usage":{"prompt_tokens":5,"completion_tokens":3}"#),
                delta("{}", #","usage":null"#), finish("stop"), "[DONE]",
            ],
            ".++..| \"abc\" stop 5,3,-,-,2"),
        Row(
            "DeepSeek's cache", "openai",
            [
                content("a"), finish("stop"),
                #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_cache_hit_tokens":4}}"#,
                "[DONE]",
            ],
            "+..| \"a\" stop 5,1,4,-,-"),
        Row(
            "other choices are left out", "openai",
            [
                content("a"),
                #"{"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"stop"}]}"#,
                content("b"), finish("length"), "[DONE]",
            ],
            "+.+.| \"ab\" length -,-,-,-,- +"),
        Row(
            "Azure's filter results", "azure-openai",
            [
                #"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#, content("a"),
                #"{"choices":[{"index":0,"finish_reason":"content_filter","delta":{},"content_filter_results":{}}]}"#,
                "[DONE]",
            ],
            ".+.| \"a\" content_filter -,-,-,-,-"),
    ]

    static let others = [
        Row(
            "usual", "responses",
            [
                #"response.created|{"type":"response.created","response":{"id":"r1","status":"in_progress","error":null,"usage":null}}"#,
                #"response.output_text.delta|{"type":"response.output_text.delta","delta":"a"}"#,
                #"response.output_text.delta|{"type":"response.output_text.delta","delta":"b"}"#,
                #"response.output_text.done|{"type":"response.output_text.done","text":"ab"}"#,
                #"response.completed|{"type":"response.completed","response":{"id":"r1","status":"completed","output":[{"content":[{"text":"ab"}]}],"usage":{"input_tokens":5,"output_tokens":2,"input_tokens_details":{"cached_tokens":0},"output_tokens_details":{"reasoning_tokens":0}}}}"#,
            ],
            ".++.| \"ab\" completed 5,2,0,0,-"),
        Row(
            "reasoning and tools", "responses",
            [
                #"{"type":"response.reasoning_summary_text.delta","delta":"x"}"#,
                #"{"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}"#,
                #"{"type":"response.function_call_arguments.delta","delta":"{}"}"#,
                #"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#,
            ],
            "+++| \"\" (xf{}) max_output_tokens -,-,-,-,-"),
        Row(
            "failed", "responses",
            [
                #"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"}}}"#
            ],
            " service_error: boom"),
        Row(
            "an error", "responses",
            [#"error|{"type":"error","code":"rate_limit_exceeded","message":"slow"}"#],
            " rejected: slow"),
        Row(
            "LiteLLM's error", "responses",
            [#"{"error":{"message":"boom","code":"500"}}"#, "[DONE]"],
            " service_error: boom"),
        Row(
            "cut", "responses", [#"{"type":"response.output_text.delta","delta":"a"}"#],
            "+ closed_early: the stream ended without its end"),
        Row(
            "usual", "anthropic",
            [
                #"message_start|{"type":"message_start","message":{"content":[],"stop_reason":null,"usage":{"input_tokens":5,"cache_read_input_tokens":10,"cache_creation_input_tokens":2,"output_tokens":1}}}"#,
                #"content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
                #"content_block_delta|{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#,
                #"content_block_delta|{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"s"}}"#,
                #"ping|{"type":"ping"}"#,
                #"content_block_delta|{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}"#,
                #"content_block_stop|{"type":"content_block_stop","index":1}"#,
                #"message_delta|{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}"#,
                #"message_stop|{"type":"message_stop"}"#,
            ],
            "..+..+..| \"a\" (hm) end_turn 17,9,10,-,-"),
        Row(
            "a tool", "anthropic",
            [
                #"{"type":"content_block_start","content_block":{"type":"tool_use","name":"f","input":{}}}"#,
                #"{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#,
            ],
            "++. \"\" (f{}) tool_use -,-,-,-,-"),
        Row(
            "a streamed 529", "anthropic",
            [#"error|{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#],
            " rejected: Overloaded"),
        Row(
            "another error", "anthropic",
            [#"error|{"type":"error","error":{"type":"api_error","message":"boom"}}"#],
            " service_error: boom"),
        Row(
            "usual", "ollama",
            [
                #"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#,
                #"{"message":{"role":"assistant","content":"","thinking":"x"},"done":false}"#,
                #"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2}"#,
            ],
            "++| \"a\" (x) stop 5,2,-,-,-"),
        Row(
            "a cached prompt is not told", "ollama",
            [#"{"message":{"content":"a"},"done":true,"done_reason":"stop","eval_count":1}"#],
            "| \"a\" stop -,1,-,-,1"),
        Row(
            "an error line", "ollama",
            [#"{"message":{"content":"a"},"done":false}"#, #"{"error":"boom"}"#],
            "+ service_error: boom"),
        Row(
            "cut", "ollama", [#"{"message":{"content":"a"},"done":false}"#],
            "+ closed_early: the stream ended without its end"),
        Row(
            "usual", "gemini",
            [
                #"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"}}],"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":2}}"#,
                #"{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]}}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":2}}"#,
                #"{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":3,"thoughtsTokenCount":2,"cachedContentTokenCount":4}}"#,
            ],
            "+++ \"abc\" (hm) STOP 5,5,4,2,2"),
        Row(
            "both in one event", "gemini",
            [
                #"{"candidates":[{"content":{"parts":[{"thought":true,"text":"x"},{"text":"a"}]},"finishReason":"MAX_TOKENS"}]}"#
            ],
            "+ \"a\" (x) MAX_TOKENS -,-,-,-,-"),
        Row(
            "a prompt that was blocked", "gemini",
            [#"{"promptFeedback":{"blockReason":"SAFETY"}}"#],
            ". \"\" SAFETY -,-,-,-,-"),
        Row(
            "an error frame", "gemini",
            [#"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#],
            " service_error: overloaded"),
        Row(
            "a rejection", "gemini",
            [#"{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}"#],
            " rejected: quota"),
        Row(
            "cut", "gemini", [#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#],
            "+ closed_early: the stream ended without its end"),
    ]

    @Test(arguments: chat + others)
    func streams(row: Row) throws {
        #expect(try ReplyLog(builtIn(row.service)).stream(row.events) == row.expected)
    }

    /// Responses that came whole: replies where a stream was asked for, and errors.
    @Test(arguments: [
        Whole(
            "openai", 200,
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"ab","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
            "\"ab\" stop 5,2,-,-,-"),
        Whole(
            "openai", 200,
            #"{"choices":[{"index":0,"message":{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
            "\"\" (f) tool_calls -,-,-,-,-"),
        Whole(
            "openai", 401, #"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#,
            "http_4xx: Incorrect API key"),
        Whole(
            "openai", 429,
            #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            "rejected: You exceeded your current quota (ends)"),
        Whole(
            "openai", 400,
            #"{"error":{"message":"This model's maximum context length is 8 tokens","code":"context_length_exceeded"}}"#,
            "http_4xx: context length: This model's maximum context length is 8 tokens"),
        Whole(
            "openai", 400,
            #"{"object":"error","message":"This model's maximum context length is 8"}"#,
            "http_4xx: context length: This model's maximum context length is 8"),
        Whole(
            "openai", 400,
            #"{"error":{"message":"too big","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}"#,
            "http_4xx: context length: too big"),
        Whole(
            "openai", 503,
            #"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
            "http_5xx: Loading model"),
        Whole(
            "responses", 200,
            #"{"id":"r","status":"completed","error":null,"output":[{"type":"reasoning","summary":[{"text":"x"}]},{"type":"message","content":[{"type":"output_text","text":"ab"}]}],"usage":{"input_tokens":5,"output_tokens":2}}"#,
            "\"ab\" (x) completed 5,2,-,-,-"),
        Whole(
            "anthropic", 200,
            #"{"type":"message","content":[{"type":"thinking","thinking":"x"},{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2}}"#,
            "\"a\nb\" (x) end_turn 5,2,-,-,-"),
        Whole(
            "anthropic", 529,
            #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "rejected: Overloaded"),
        Whole(
            "anthropic", 400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
            "http_4xx: context length: prompt is too long: 9 tokens > 8 maximum"),
        Whole("ollama", 404, #"{"error":"model 'x' not found"}"#, "http_4xx: model 'x' not found"),
        Whole(
            "ollama", 200, #"{"message":{"content":"a"},"done":true,"done_reason":"stop"}"#,
            "\"a\" stop -,-,-,-,-"),
        Whole(
            "gemini", 429,
            #"{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"retryDelay":"17s"}]}}"#,
            "rejected: quota wait=17000ms"),
        Whole(
            "gemini", 400,
            #"{"error":{"code":400,"message":"The input token count exceeds the maximum","status":"INVALID_ARGUMENT"}}"#,
            "http_4xx: context length: The input token count exceeds the maximum"),
    ])
    func whole(row: Whole) throws {
        #expect(try ReplyLog(builtIn(row.service)).whole(row.status, row.body) == row.expected)
    }

    struct Whole: Sendable {
        let service: String
        let status: Int
        let body: String
        let expected: String

        init(_ service: String, _ status: Int, _ body: String, _ expected: String) {
            (self.service, self.status) = (service, status)
            (self.body, self.expected) = (body, expected)
        }
    }
}
