extension BuiltInService {
    /// Gemini's generated content; whole, it has another path. Each event has some parts
    /// of the answer and all tokens so far; nothing but the reason to finish tells the last one.
    static let gemini = #"""
        {
          "chatload": "service/1",
          "name": "gemini",
          "about": "Gemini generateContent, streamed",
          "parameters": {
            "model": {"about": "the model", "required": true, "role": "model", "sandbox": "sandbox-1"},
            "key": {"about": "the API key", "secret": true, "required": true, "sandbox": "sandbox-key"},
            "base": {"about": "what precedes the path", "default": "/v1beta"},
            "stream": {"about": "whether the reply comes in pieces", "type": "boolean", "default": true, "role": "stream"},
            "system": {"about": "the system prompt", "system": true},
            "max_output_tokens": {"about": "the most tokens of a reply, thoughts included", "type": "integer", "role": "length"},
            "temperature": {"about": "the sampling temperature", "type": "number"}
          },
          "headers": {"x-goog-api-key": "${key}"},
          "history": {
            "kept": "client",
            "message": {"role": "${role}", "parts": [{"text": "${text}"}]},
            "roles": {"assistant": "model", "system": null}
          },
          "requests": {
            "say": {
              "method": "POST",
              "path": {
                "if": "stream",
                "then": "${base}/models/${model}:streamGenerateContent",
                "else": "${base}/models/${model}:generateContent"
              },
              "query": {"alt": {"if": "stream", "then": "sse"}},
              "body": {
                "systemInstruction": {"if": "system", "then": {"parts": [{"text": "${system}"}]}},
                "contents": "${messages}",
                "generationConfig": {
                  "maxOutputTokens": "${max_output_tokens}",
                  "temperature": "${temperature}"
                }
              },
              "single": "$.generationConfig.candidateCount",
              "reply": {
                "as": "sse",
                "each": "$.candidates[0].content.parts[*]",
                "text": {"at": "$.text", "unless": {"$.thought": true}},
                "reasoning": {"at": "$.text", "when": {"$.thought": true}},
                "tool": "$.functionCall.name",
                "others": "$$.candidates[1].content.parts",
                "join": "",
                "error": ["$$.error.message", "$$.error"],
                "rejected": [
                  {"at": "$$.error.status", "when": {"$$.error.status": "RESOURCE_EXHAUSTED"}},
                  {"at": "$$.error.code", "when": {"$$.error.code": [429, 529]}}
                ],
                "wait": "$$.error.details[*].retryDelay",
                "context_overflow": {"at": "$$.error.message", "contains": ["input token count exceeds", "exceeds the maximum number of tokens"]},
                "usage": {
                  "prompt": "$$.usageMetadata.promptTokenCount",
                  "reply": ["$$.usageMetadata.candidatesTokenCount", "$$.usageMetadata.thoughtsTokenCount"],
                  "cached": "$$.usageMetadata.cachedContentTokenCount",
                  "reasoning": "$$.usageMetadata.thoughtsTokenCount"
                },
                "finish": ["$$.candidates[0].finishReason", "$$.promptFeedback.blockReason"]
              }
            }
          },
          "say": ["say"]
        }

        """#
}
