/// Built-in service: one whose description is in the program.
enum BuiltInService {
    /// The descriptions, in the order the services are shown.
    static let texts = [openAI, azureOpenAI, responses, anthropic, ollama, gemini]

    /// The services; read when they are asked for first.
    static let all: [ServiceDescription] = texts.map { text in
        let review = ServiceFileReader.review(Array(text.utf8), path: "built in")
        guard let file = review.file else {
            preconditionFailure("BUG: a bad description: \(review.complaints)")
        }
        return ServiceDescription(file)
    }
}

extension BuiltInService {
    /// OpenAI's chat completions, which most servers of models speak too.
    static let openAI = #"""
        {
          "chatload": "service/1",
          "name": "openai",
          "about": "OpenAI-compatible chat completions, streamed",
          "parameters": {
            "model": {"about": "the model", "required": true, "role": "model", "sandbox": "sandbox-1"},
            "key": {"about": "the API key, where one is asked for", "secret": true, "sandbox": "sandbox-key"},
            "base": {"about": "what precedes the path", "default": "/v1"},
            "stream": {"about": "whether the reply comes in pieces", "type": "boolean", "default": true, "role": "stream"},
            "system": {"about": "the system prompt", "system": true},
            "max_tokens": {"about": "the most tokens of a reply", "type": "integer", "role": "length"},
            "length_field": {"about": "what max_tokens is sent as; OpenAI's reasoning models want max_completion_tokens", "default": "max_tokens"},
            "pin_length": {"about": "whether replies have max_tokens exactly, which vLLM and SGLang can do", "type": "boolean", "role": "pin"},
            "temperature": {"about": "the sampling temperature", "type": "number"},
            "usage_per_frame": {"about": "whether each piece tells its tokens, which vLLM and SGLang can do", "type": "boolean"},
            "obfuscation": {"about": "false keeps OpenAI from padding the pieces", "type": "boolean"}
          },
          "headers": {"Authorization": "Bearer ${key}"},
          "history": {"kept": "client", "message": {"role": "${role}", "content": "${text}"}},
          "requests": {
            "say": {
              "method": "POST",
              "path": "${base}/chat/completions",
              "body": {
                "model": "${model}",
                "messages": "${messages}",
                "stream": "${stream}",
                "stream_options": {
                  "if": "stream",
                  "then": {
                    "include_usage": true,
                    "continuous_usage_stats": "${usage_per_frame}",
                    "include_obfuscation": "${obfuscation}"
                  }
                },
                "${length_field}": "${max_tokens}",
                "min_tokens": {"if": "pin_length", "then": "${max_tokens}"},
                "ignore_eos": {"if": "pin_length", "then": true},
                "temperature": "${temperature}"
              },
              "single": "$.n",
              "reply": \#(chatCompletion)
            }
          },
          "say": ["say"]
        }

        """#

    /// The same API as Azure has it: the model is a deployment in the path, and the key has a header of
    /// its own.
    static let azureOpenAI = #"""
        {
          "chatload": "service/1",
          "name": "azure-openai",
          "about": "Azure OpenAI chat completions, streamed",
          "parameters": {
            "deployment": {"about": "the deployment's name", "required": true, "role": "model", "sandbox": "sandbox-1"},
            "key": {"about": "the resource's key, or a token of Entra", "secret": true, "required": true, "sandbox": "sandbox-key"},
            "bearer": {"about": "whether the key is a token of Entra", "type": "boolean", "role": "auth"},
            "api_version": {"about": "the version of the API", "default": "2024-10-21"},
            "stream": {"about": "whether the reply comes in pieces", "type": "boolean", "default": true, "role": "stream"},
            "system": {"about": "the system prompt", "system": true},
            "max_tokens": {"about": "the most tokens of a reply", "type": "integer", "role": "length"},
            "length_field": {"about": "what max_tokens is sent as; reasoning models want max_completion_tokens", "default": "max_tokens"},
            "temperature": {"about": "the sampling temperature", "type": "number"}
          },
          "headers": {
            "api-key": {"if": "bearer", "else": "${key}"},
            "Authorization": {"if": "bearer", "then": "Bearer ${key}"}
          },
          "history": {"kept": "client", "message": {"role": "${role}", "content": "${text}"}},
          "requests": {
            "say": {
              "method": "POST",
              "path": "/openai/deployments/${deployment}/chat/completions",
              "query": {"api-version": "${api_version}"},
              "body": {
                "messages": "${messages}",
                "stream": "${stream}",
                "stream_options": {"if": "stream", "then": {"include_usage": true}},
                "${length_field}": "${max_tokens}",
                "temperature": "${temperature}"
              },
              "single": "$.n",
              "reply": \#(chatCompletion)
            }
          },
          "say": ["say"]
        }

        """#

    /// What a chat completion means, in pieces (`delta`) or whole (`message`). Of several choices the
    /// first counts. Servers differ in where reasoning and errors are: SGLang, llama.cpp and DeepSeek
    /// write `reasoning_content`, vLLM and OpenRouter `reasoning`; older vLLM errors are not below
    /// `error`, and TGI's are texts there.
    private static let chatCompletion = #"""
        {
                "as": "sse",
                "text": [
                  {"at": "$.choices[0].delta.content", "when": {"$.choices[0].index": [0, null]}},
                  {"at": "$.choices[0].delta.refusal", "when": {"$.choices[0].index": [0, null]}},
                  "$.choices[0].message.content",
                  "$.choices[0].message.refusal"
                ],
                "reasoning": [
                  {"at": "$.choices[0].delta.reasoning_content", "when": {"$.choices[0].index": [0, null]}},
                  {"at": "$.choices[0].delta.reasoning", "when": {"$.choices[0].index": [0, null]}},
                  "$.choices[0].message.reasoning_content",
                  "$.choices[0].message.reasoning"
                ],
                "tool": [
                  {"at": "$.choices[0].delta.tool_calls[*].function.name", "when": {"$.choices[0].index": [0, null]}},
                  {"at": "$.choices[0].delta.tool_calls[*].function.arguments", "when": {"$.choices[0].index": [0, null]}},
                  "$.choices[0].message.tool_calls[*].function.name"
                ],
                "error": [
                  "$.error.message",
                  "$.error",
                  {"at": "$.message", "when": {"$.object": "error"}}
                ],
                "rejected": [
                  {"at": "$.error.code", "when": {"$.error.code": [429, "429", 529, "529", "rate_limit_exceeded", "insufficient_quota", "overloaded", "server_overloaded", "engine_overloaded"]}},
                  {"at": "$.error.type", "when": {"$.error.type": ["rate_limit_error", "rate_limit_exceeded", "too_many_requests", "insufficient_quota", "overloaded_error", "overloaded"]}},
                  {"at": "$.error_type", "when": {"$.error_type": "overloaded"}},
                  {"at": "$.code", "when": {"$.object": "error", "$.code": [429, 529]}}
                ],
                "exhausted": [
                  {"at": "$.error.code", "when": {"$.error.code": "insufficient_quota"}},
                  {"at": "$.error.type", "when": {"$.error.type": "insufficient_quota"}}
                ],
                "context_overflow": [
                  {"at": "$.error.code", "when": {"$.error.code": "context_length_exceeded"}},
                  {"at": "$.error.type", "when": {"$.error.type": "exceed_context_size_error"}},
                  {"at": "$.error.message", "contains": ["maximum context length", "context window", "prompt is too long"]},
                  {"at": "$.message", "when": {"$.object": "error"}, "contains": "maximum context length"}
                ],
                "usage": {
                  "prompt": "$.usage.prompt_tokens",
                  "reply": "$.usage.completion_tokens",
                  "cached": [
                    "$.usage.prompt_tokens_details.cached_tokens",
                    {"at": "$.usage.prompt_cache_hit_tokens", "when": {"$.usage.prompt_tokens_details.cached_tokens": null}}
                  ],
                  "reasoning": "$.usage.completion_tokens_details.reasoning_tokens"
                },
                "finish": {"at": "$.choices[0].finish_reason", "when": {"$.choices[0].index": [0, null]}},
                "others": [
                  {"at": "$.choices[0].index", "unless": {"$.choices[0].index": [0, null]}},
                  "$.choices[1].index"
                ],
                "failed": ["error"],
                "end": {"data": "[DONE]"}
              }
        """#
}
