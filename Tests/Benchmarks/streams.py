"""What streamed replies cost, beside a C program that only reads them, and how exact their figures are."""

import json
import statistics
import subprocess

import children
from children import CLIENT_CORE, HERE, Failed

KB, MB = 1024, 1024 * 1024
MODEL = "sandbox-1"
PROMPT = "Where is it now?"


def shown(value):
    """Milliseconds, where there were enough samples for them."""
    return "–" if value is None else f"{value:.2f} ms"


class Streams:
    """A sandbox that streams, and runs against it."""

    def __init__(self, bench, *pacing):
        self.bench = bench
        self.sandbox, self.url = children.start_sandbox(bench.chatload, "openai", *pacing)
        self.workload = f"{bench.folder}/prompt.txt"
        with open(self.workload, "w", encoding="utf-8") as file:
            file.write(PROMPT + "\n")

    def end(self):
        children.end(self.sandbox)

    def run(self, users, *limits, seconds=60):
        """A run with its log: what it took, and its summary."""
        return self.bench.played(
            "run", self.workload, "openai", "-c", str(users), *limits, target=self.url,
            seconds=seconds)

    def request(self):
        """What chatload sends for the prompt, as bytes."""
        body = json.dumps(
            {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "stream": True,
             "stream_options": {"include_usage": True}}, separators=(",", ":"))
        host = self.url.removeprefix("http://")
        return (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nUser-Agent: chatload\r\n"
            "Accept: application/json\r\nAuthorization: Bearer sandbox\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def frames(bench, rounds, users, replies, verdict):
    """CPU a frame, everything that is needed once included, beside the C program's: 200 frames a
    reply, one every 5 ms."""
    reader = f"{bench.folder}/stream"
    subprocess.run(["cc", "-O2", "-o", reader, f"{HERE}/stream.c"], check=True)
    streams = Streams(bench, "--ttft", "10ms", "--tpot", "5ms", "--reply-tokens", "200")
    port = streams.url.rsplit(":", 1)[1]
    own, least = [], []
    with open(f"{bench.folder}/request", "wb") as file:
        file.write(streams.request())
    for _ in range(rounds):
        with open(f"{bench.folder}/request", "rb") as request:
            command = ["taskset", "-c", str(CLIENT_CORE), reader, port, str(users), str(replies)]
            text = subprocess.run(
                command, stdin=request, capture_output=True, check=True, timeout=120).stdout.decode()
        words = text.split()
        count = int(words[0])
        least.append(float(words[2]))
        usage, summary = streams.run(users, "-n", str(replies))
        if summary["streams"]["frames"] != replies * 200:
            raise Failed(f"frames: {summary['streams']['frames']} of {replies * 200} frames")
        own.append(usage.cpu / count * 1e6)
    streams.end()
    ratio = statistics.median(a / b for a, b in zip(own, least))
    print(f"a streamed frame          {statistics.median(own):8.2f} µs of CPU, the C program"
          f" {statistics.median(least):.2f} µs: {ratio:.2f} times{verdict(ratio, 1.6)}")


def many(bench, users, interval, seconds, verdict, each_limit=None):
    """So many streams at once, client and sandbox on a core each: whether the run is valid, how exact
    the gaps are, and the memory of a user in mid-stream."""
    tokens = seconds * 1000 // interval
    streams = Streams(
        bench, "--ttft", "300ms", "--tpot", f"{interval}ms", "--reply-tokens", str(tokens))
    single, _ = streams.run(1, "-n", "1", seconds=seconds)
    usage, summary = streams.run(users, "-n", str(users), seconds=seconds)
    streams.end()
    gaps, judged = summary["latency_ms"]["icl"], summary["verdict"]
    each = (usage.peak - single.peak) / users / KB
    print(f"{users:,} streams, {1000 / interval:g} frames/s  {judged['generator']}, gaps p50"
          f" {shown(gaps['p50'])}, p99 {shown(gaps['p99'])} of {interval} ms;"
          f" {usage.cpu / summary['streams']['frames'] * 1e6:.2f} µs a frame")
    print(f"  memory                  {usage.peak / MB:8.1f} MB in all, {each:.2f} KB a user beyond"
          f" one{verdict(each, each_limit)}")


def precision(bench, rounds, users, seconds, verdict, burn=None):
    """What is measured of a first token after 300 ms and of gaps of 20 ms."""
    found = {}
    for _ in range(rounds):
        streams = Streams(bench, "--ttft", "300ms", "--tpot", "20ms", "--reply-tokens", "100")
        burner = children.start(burn, CLIENT_CORE) if burn else None
        _, summary = streams.run(users, "-d", f"{seconds}s", seconds=seconds)
        for child in [burner, streams.sandbox] if burner else [streams.sandbox]:
            children.end(child)
        for metric, true in (("ttft", 300), ("icl", 20), ("reply", 300 + 99 * 20)):
            for name in ("p50", "p99", "p99_9"):
                value = summary["latency_ms"][metric][name]
                if value is not None:
                    found.setdefault((metric, name, true), []).append(value)
    print(f"{users} streams{', busy core' * bool(burn)}")
    for (metric, name, true), values in found.items():
        middle = statistics.median(values)
        limit = 1 if metric == "icl" else max(true / 100, 1)
        print(f"  {metric + ' ' + name:<24}{middle:8.2f} ms of {true}"
              f"{verdict(abs(middle - true), limit)}")


def described(bench, rounds, verdict):
    """Stammer as a file describes it beside the service that is part of the program."""
    own, made = [], []
    for _ in range(rounds):
        for service, costs in (("stammer", own), (f"{HERE}/../Descriptions/stammer-described.json", made)):
            usage, summary = bench.chatload_run(service, "--think", "0", "--log", "none")
            costs.append(usage.cpu / summary["totals"]["succeeded"] * 1e6)
    ratio = statistics.median(a / b for a, b in zip(made, own))
    print(f"a described service       {statistics.median(made):8.2f} µs of CPU a request, written by"
          f" hand {statistics.median(own):.2f} µs: {ratio:.2f} times{verdict(ratio, 1.3)}")
