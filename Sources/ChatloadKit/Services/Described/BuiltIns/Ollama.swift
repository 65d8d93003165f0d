extension BuiltInService {
    /// Ollama's own chat: a JSON value a line. The prompt's tokens are not told where it was cached.
    static let ollama = #"""
        {
          "chatload": "service/1",
          "name": "ollama",
          "about": "Ollama chat, streamed",
          "parameters": {
            "model": {"about": "the model", "required": true, "role": "model", "sandbox": "sandbox-1"},
            "stream": {"about": "whether the reply comes in pieces", "type": "boolean", "default": true, "role": "stream"},
            "system": {"about": "the system prompt", "system": true},
            "num_predict": {"about": "the most tokens of a reply", "type": "integer", "role": "length"},
            "num_ctx": {"about": "the tokens of the context", "type": "integer"},
            "temperature": {"about": "the sampling temperature", "type": "number"},
            "think": {"about": "whether a model that can think does", "type": "boolean"}
          },
          "history": {"kept": "client", "message": {"role": "${role}", "content": "${text}"}},
          "requests": {
            "say": {
              "method": "POST",
              "path": "/api/chat",
              "body": {
                "model": "${model}",
                "messages": "${messages}",
                "stream": "${stream}",
                "think": "${think}",
                "options": {
                  "num_predict": "${num_predict}",
                  "num_ctx": "${num_ctx}",
                  "temperature": "${temperature}"
                }
              },
              "reply": {
                "as": "ndjson",
                "text": "$.message.content",
                "reasoning": "$.message.thinking",
                "tool": "$.message.tool_calls[*].function.name",
                "error": "$.error",
                "context_overflow": {"at": "$.error", "contains": ["context length", "context window"]},
                "usage": {"prompt": "$.prompt_eval_count", "reply": "$.eval_count"},
                "finish": "$.done_reason",
                "end": {"at": "$.done", "when": {"$.done": true}}
              }
            }
          },
          "say": ["say"]
        }

        """#
}
