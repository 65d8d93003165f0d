#!/usr/bin/env python3
"""Talks to the sandbox with the clients that the imitated services' makers publish: streams, usage,
errors and limits have to be what these take them for.

Usage: clients.py PORT of a sandbox whose replies have 12 tokens.
"""
import sys

import anthropic
import ollama
import openai
from google import genai
from google.genai import errors, types

BASE = f"http://127.0.0.1:{sys.argv[1]}"
MODEL = "sandbox-1"
MESSAGES = [{"role": "user", "content": "Hello"}]
TOKENS = 12


def fault(name):
    return {"X-Sandbox-Fault": name}


def check(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def refused(what, failure, attempt):
    try:
        attempt()
    except failure as error:
        return error
    sys.exit(f"{what}: no {failure.__name__}")


def completion(client, **more):
    """The text, the finish and the tokens of a streamed chat completion."""
    text, finish, tokens = "", None, None
    for chunk in client.chat.completions.create(
            model=MODEL, messages=MESSAGES, stream=True,
            stream_options={"include_usage": True}, **more):
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
            finish = chunk.choices[0].finish_reason or finish
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    return text, finish, tokens


def openai_chat():
    client = openai.OpenAI(api_key="k", base_url=BASE + "/v1", max_retries=0)
    text, finish, tokens = completion(client)
    check("openai, end", (finish, tokens, bool(text)), ("stop", TOKENS, True))
    check("openai, length", completion(client, max_tokens=3)[1:], ("length", 3))
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    check("openai, whole", bool(whole.choices[0].message.content), True)
    check("openai, models", MODEL in [each.id for each in client.models.list()], True)
    for name in ["error-in-stream", "error-event"]:
        refused("openai, " + name, openai.APIError,
                lambda: completion(client, extra_headers=fault(name)))
    error = refused("openai, rejected", openai.RateLimitError,
                    lambda: completion(client, extra_headers=fault("reject-seconds")))
    check("openai, wait", error.response.headers["retry-after"], "1")
    refused("openai, model", openai.NotFoundError, lambda: client.chat.completions.create(
        model="none", messages=MESSAGES))
    azure = openai.AzureOpenAI(
        api_key="k", azure_endpoint=BASE, api_version="2024-10-21", max_retries=0)
    check("azure, end", completion(azure)[1:], ("stop", TOKENS))


def openai_responses():
    client = openai.OpenAI(api_key="k", base_url=BASE + "/v1", max_retries=0)
    with client.responses.stream(model=MODEL, input="Hi") as stream:
        events = [event.type for event in stream]
        reply = stream.get_final_response()
    check("responses, events", (events[0], events[-1]),
          ("response.created", "response.completed"))
    check("responses, end", (reply.status, reply.usage.output_tokens), ("completed", TOKENS))
    after = client.responses.create(model=MODEL, input="more", previous_response_id=reply.id)
    check("responses, history", after.usage.input_tokens > reply.usage.input_tokens, True)
    cut = client.responses.create(model=MODEL, input="more", max_output_tokens=2)
    check("responses, length", (cut.status, cut.incomplete_details.reason),
          ("incomplete", "max_output_tokens"))


def anthropic_messages():
    client = anthropic.Anthropic(api_key="k", base_url=BASE, max_retries=0)

    def play(**more):
        with client.messages.stream(
                model=MODEL, max_tokens=500, messages=MESSAGES, **more) as stream:
            text = "".join(stream.text_stream)
            return text, stream.get_final_message()

    text, message = play()
    check("anthropic, end", (message.stop_reason, message.usage.output_tokens, bool(text)),
          ("end_turn", TOKENS, True))
    check("anthropic, whole", client.messages.create(
        model=MODEL, max_tokens=3, messages=MESSAGES).stop_reason, "max_tokens")
    refused("anthropic, error-event", anthropic.APIStatusError,
            lambda: play(extra_headers=fault("error-event")))


def ollama_chat():
    def play(client):
        chunks = list(client.chat(model=MODEL, messages=MESSAGES, stream=True))
        return "".join(each.message.content or "" for each in chunks), chunks[-1]

    text, last = play(ollama.Client(host=BASE))
    check("ollama, end", (last.done, last.done_reason, last.eval_count, bool(text)),
          (True, "stop", TOKENS, True))
    refused("ollama, error-in-stream", ollama.ResponseError,
            lambda: play(ollama.Client(host=BASE, headers=fault("error-in-stream"))))
    refused("ollama, model", ollama.ResponseError,
            lambda: ollama.Client(host=BASE).chat(model="none", messages=MESSAGES))


def gemini():
    for version in ["v1beta", "v1"]:
        client = genai.Client(
            api_key="k", http_options=types.HttpOptions(base_url=BASE, api_version=version))
        chunks = list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
        last = chunks[-1]
        check("gemini, end",
              (last.candidates[0].finish_reason.value, last.usage_metadata.candidates_token_count),
              ("STOP", TOKENS))
        check("gemini, whole",
              bool(client.models.generate_content(model=MODEL, contents="Hello").text), True)
        refused("gemini, model", errors.ClientError,
                lambda: client.models.generate_content(model="none", contents="Hello"))


for each in [openai_chat, openai_responses, anthropic_messages, ollama_chat, gemini]:
    each()
print("openai, azure, responses, anthropic, ollama, gemini: as their clients want it")
