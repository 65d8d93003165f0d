extension BuiltInService {
    /// OpenAI's Responses, whose history goes along with each request or is kept by the service. An
    /// event says in its `type` what is in it; the last ones have the whole response below `response`.
    static let responses = #"""
        {
          "chatload": "service/1",
          "name": "responses",
          "about": "OpenAI Responses, streamed",
          "parameters": {
            "model": {"about": "the model", "required": true, "role": "model", "sandbox": "sandbox-1"},
            "key": {"about": "the API key, where one is asked for", "secret": true, "sandbox": "sandbox-key"},
            "base": {"about": "what precedes the path", "default": "/v1"},
            "stream": {"about": "whether the reply comes in pieces", "type": "boolean", "default": true, "role": "stream"},
            "server_history": {"about": "whether the service keeps the conversation, by previous_response_id", "type": "boolean"},
            "system": {"about": "the system prompt", "system": true},
            "max_output_tokens": {"about": "the most tokens of a reply, reasoning included", "type": "integer", "role": "length"},
            "temperature": {"about": "the sampling temperature", "type": "number"}
          },
          "headers": {"Authorization": "Bearer ${key}"},
          "history": {
            "kept": "client",
            "message": {"role": "${role}", "content": "${text}"},
            "roles": {"system": null}
          },
          "requests": {
            "say": {
              "method": "POST",
              "path": "${base}/responses",
              "body": {
                "model": "${model}",
                "instructions": "${system}",
                "input": {"if": "server_history", "then": "${text}", "else": "${messages}"},
                "previous_response_id": {
                  "if": "server_history",
                  "then": {"if": "stream", "then": "${streamed_id}", "else": "${whole_id}"}
                },
                "stream": "${stream}",
                "max_output_tokens": "${max_output_tokens}",
                "temperature": "${temperature}"
              },
              "reply": {
                "as": "sse",
                "text": [
                  {"at": "$.delta", "when": {"$.type": ["response.output_text.delta", "response.refusal.delta"]}},
                  "$.output[*].content[*].text",
                  "$.output[*].content[*].refusal"
                ],
                "reasoning": [
                  {"at": "$.delta", "when": {"$.type": ["response.reasoning_text.delta", "response.reasoning_summary_text.delta"]}},
                  "$.output[*].summary[*].text"
                ],
                "tool": [
                  {"at": "$.delta", "when": {"$.type": "response.function_call_arguments.delta"}},
                  {"at": "$.item.name", "when": {"$.type": "response.output_item.added"}},
                  "$.output[*].name"
                ],
                "error": [
                  "$.response.error.message",
                  "$.error.message",
                  "$.error",
                  {"at": "$.message", "when": {"$.type": "error"}}
                ],
                "rejected": [
                  {"at": "$.error.code", "when": {"$.error.code": [429, "429", "rate_limit_exceeded", "insufficient_quota"]}},
                  {"at": "$.error.type", "when": {"$.error.type": ["rate_limit_error", "rate_limit_exceeded", "too_many_requests", "insufficient_quota", "overloaded_error"]}},
                  {"at": "$.response.error.code", "when": {"$.response.error.code": ["rate_limit_exceeded", "server_overloaded"]}},
                  {"at": "$.code", "when": {"$.type": "error", "$.code": [429, "429", "rate_limit_exceeded", "server_overloaded"]}}
                ],
                "exhausted": {"at": "$.error.code", "when": {"$.error.code": "insufficient_quota"}},
                "context_overflow": [
                  {"at": "$.error.code", "when": {"$.error.code": "context_length_exceeded"}},
                  {"at": "$.response.error.code", "when": {"$.response.error.code": "context_length_exceeded"}},
                  {"at": "$.error.message", "contains": ["maximum context length", "context window"]}
                ],
                "usage": {
                  "prompt": ["$.response.usage.input_tokens", "$.usage.input_tokens"],
                  "reply": ["$.response.usage.output_tokens", "$.usage.output_tokens"],
                  "cached": [
                    "$.response.usage.input_tokens_details.cached_tokens",
                    "$.usage.input_tokens_details.cached_tokens"
                  ],
                  "reasoning": [
                    "$.response.usage.output_tokens_details.reasoning_tokens",
                    "$.usage.output_tokens_details.reasoning_tokens"
                  ]
                },
                "finish": [
                  "$.response.incomplete_details.reason",
                  {"at": "$.response.status", "when": {"$.type": ["response.completed", "response.incomplete", "response.failed"]}},
                  "$.incomplete_details.reason",
                  "$.status"
                ],
                "failed": ["failed", "cancelled"],
                "capture": {"streamed_id": "$.response.id", "whole_id": "$.id"},
                "end": {"at": "$.type", "when": {"$.type": ["response.completed", "response.incomplete", "response.failed"]}}
              }
            }
          },
          "say": ["say"]
        }

        """#
}
