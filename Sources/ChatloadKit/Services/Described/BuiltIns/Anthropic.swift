extension BuiltInService {
    /// Anthropic's Messages. Tokens that a cache had are none of `input_tokens`: the prompt's are the sum
    /// of three. What the prompt cost comes first, and what the reply has cost so far at the end.
    static let anthropic = #"""
        {
          "chatload": "service/1",
          "name": "anthropic",
          "about": "Anthropic Messages, streamed",
          "parameters": {
            "model": {"about": "the model", "required": true, "role": "model", "sandbox": "sandbox-1"},
            "key": {"about": "the API key", "secret": true, "required": true, "sandbox": "sandbox-key"},
            "bearer": {"about": "whether the key goes along as a bearer token", "type": "boolean", "role": "auth"},
            "version": {"about": "the version of the API", "default": "2023-06-01"},
            "stream": {"about": "whether the reply comes in pieces", "type": "boolean", "default": true, "role": "stream"},
            "system": {"about": "the system prompt", "system": true},
            "max_tokens": {"about": "the most tokens of a reply", "type": "integer", "default": 1024, "role": "length"},
            "temperature": {"about": "the sampling temperature", "type": "number"}
          },
          "headers": {
            "x-api-key": {"if": "bearer", "else": "${key}"},
            "Authorization": {"if": "bearer", "then": "Bearer ${key}"},
            "anthropic-version": "${version}"
          },
          "history": {
            "kept": "client",
            "message": {"role": "${role}", "content": "${text}"},
            "roles": {"system": null}
          },
          "requests": {
            "say": {
              "method": "POST",
              "path": "/v1/messages",
              "body": {
                "model": "${model}",
                "max_tokens": "${max_tokens}",
                "system": "${system}",
                "messages": "${messages}",
                "stream": "${stream}",
                "temperature": "${temperature}"
              },
              "reply": {
                "as": "sse",
                "text": [
                  {"at": "$.delta.text", "when": {"$.type": "content_block_delta"}},
                  "$.content[*].text"
                ],
                "reasoning": ["$.delta.thinking", "$.content[*].thinking"],
                "tool": ["$.delta.partial_json", "$.content_block.name", "$.content[*].name"],
                "error": ["$.error.message", "$.error"],
                "rejected": {"at": "$.error.type", "when": {"$.error.type": ["rate_limit_error", "overloaded_error"]}},
                "exhausted": {"at": "$.error.type", "when": {"$.error.type": "billing_error"}},
                "context_overflow": {"at": "$.error.message", "contains": ["prompt is too long", "maximum context length", "context limit"]},
                "usage": {
                  "prompt": [
                    "$.message.usage.input_tokens",
                    "$.message.usage.cache_read_input_tokens",
                    "$.message.usage.cache_creation_input_tokens",
                    "$.usage.input_tokens",
                    "$.usage.cache_read_input_tokens",
                    "$.usage.cache_creation_input_tokens"
                  ],
                  "reply": "$.usage.output_tokens",
                  "cached": ["$.message.usage.cache_read_input_tokens", "$.usage.cache_read_input_tokens"]
                },
                "finish": ["$.delta.stop_reason", "$.stop_reason"],
                "end": {"at": "$.type", "when": {"$.type": "message_stop"}}
              }
            }
          },
          "say": ["say"]
        }

        """#
}
