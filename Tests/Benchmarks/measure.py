"""Measures chatload beside wrk and hey. Called by `compare`, which installs and builds."""

import json
import os
import statistics
import sys
import tempfile

import children
import formats
import streams
from children import CLIENT_CORE, Failed, measured
from clients import Bench

KB, MB = 1024, 1024 * 1024
IS_SHORT = "--short" in sys.argv[2:]


def verdict(value, limit):
    """Whether a figure is as wanted; nothing where it means nothing."""
    if limit is None or IS_SHORT:
        return ""
    return f"   wanted: ≤ {limit:g}, {'met' if value <= limit else 'MISSED'}"


def least(value, limit):
    """Whether a figure that should be great is as wanted."""
    return "" if IS_SHORT else f" (wanted: ≥ {limit:g}, {'met' if value >= limit else 'MISSED'})"


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:<50}\r", end="", file=sys.stderr, flush=True)


def comparison(bench, rounds):
    """The table of clients: medians over the rounds, ratios taken within each round."""
    rows = bench.rows()
    cost, rate, peak = ({row[0]: [] for row in rows} for _ in range(3))
    for number in range(rounds):
        for name, run, *_ in rows:
            progress(f"round {number + 1} of {rounds}: {name}")
            usage, count = run()
            if count == 0:
                raise Failed(f"{name} completed nothing")
            cost[name].append(usage.cpu / count * 1e6)
            rate[name].append(count / bench.seconds)
            peak[name].append(usage.peak / MB)
    progress("")
    print(f"{'client':<24}{'CPU µs/request':>15}{'requests/s':>12}{'peak MB':>9}"
          f"{'× wrk':>8}{'× wrk+Lua':>11}")
    for name, _, plain, scripted, limit in rows:
        ratios = [statistics.median(a / b for a, b in zip(cost[name], cost[other]))
                  for other in (plain, scripted)]
        print(f"{name:<24}{statistics.median(cost[name]):>15.2f}"
              f"{statistics.median(rate[name]):>12,.0f}{statistics.median(peak[name]):>9.1f}"
              f"{ratios[0]:>8.2f}{ratios[1]:>11.2f}{verdict(ratios[1], limit)}")


def memory(bench, users, seconds):
    """Resident memory of connected users that mostly think."""
    def run(users, think):
        usage, _ = bench.chatload_run(
            "stammer", "--think", think, "--log", "none", users=users, seconds=seconds)
        return usage

    single, many = run(1, "100ms"), run(users, "uniform:0s,2s")
    each = (many.peak - single.peak) / users / KB
    print(f"memory of {users:,} users     {many.peak / MB:8.1f} MB in all,"
          f" {many.peak / users / KB:.2f} KB a user"
          f"{verdict(many.peak / users / KB, 8)}")
    print(f"  less that of one user   {single.peak / MB:8.1f} MB,          {each:.2f} KB a user"
          f"{verdict(each, 8)}")


def start_up(bench, times):
    def median(command):
        return statistics.median(measured(command).wall for _ in range(times)) * 1e3

    base = median(["true"])
    print(f"start of true             {base:8.2f} ms (what measuring costs)")
    for words in (["--version"], ["plan", "workloads/support.jsonl"]):
        value = median([bench.chatload, *words])
        print(f"start of {words[0]:<16} {value:8.2f} ms{verdict(value, 15)}")


def big_plan(bench, conversations):
    """`plan` over lines of a kilobyte."""
    path = f"{bench.folder}/big.jsonl"
    says = "".join(f',{{"say":"{text}"}}' for text in ["I would like to know more. " * 9] * 3)
    with open(path, "w", encoding="utf-8") as file:
        for first in range(0, conversations, 10_000):
            file.write("".join(
                f'{{"id":"conversation-{number}","user":"u{number % 9973}","turns":['
                f'{{"say":"This is a long story, number {number}. {"And then it went on. " * 10}"}}'
                f"{says}]}}\n" for number in range(first, min(first + 10_000, conversations))))
    size = os.path.getsize(path)
    usage = measured([bench.chatload, "plan", path], CLIENT_CORE, limit=300,
                     output=f"{bench.folder}/output")
    os.unlink(path)
    print(f"plan of {size / MB:7,.0f} MB        {size / MB / usage.wall:8.0f} MB/s,"
          f" peak {usage.peak / MB:.1f} MB{verdict(usage.peak / MB, 150)}")


def foreign_formats(bench, size):
    """Planning and importing files of other formats. Each row of a trace of sizes becomes some
    kilobytes of prompt: of that one only a part is imported, and what is written counts."""
    for name, write in formats.FORMATS.items():
        path = f"{bench.folder}/{name}"
        write(path, size)
        written = os.path.getsize(path)
        imported = f"{bench.folder}/imported.jsonl"
        some = ["--limit", str(written // 5_000)] if name == "azure" else []
        for words in (["plan", path, "--service", "botyard"],
                      ["import", path, "-o", imported, "--force", *some]):
            usage = measured([bench.chatload, *words], CLIENT_CORE, limit=300,
                             output=f"{bench.folder}/output")
            handled = os.path.getsize(imported if "--limit" in words else path) / MB
            speed = handled / usage.wall
            print(f"{words[0]:<6} {handled:5,.0f} MB {name:<9} {speed:8.0f} MB/s{least(speed, 100)},"
                  f" peak {usage.peak / MB:.1f} MB{verdict(usage.peak / MB, 200)}")
        os.unlink(path)
        os.unlink(imported)


# Burns a core for 10 ms of every 20 ms.
BURN = """
import time
while True:
    end = time.monotonic() + 0.01
    while time.monotonic() < end:
        pass
    time.sleep(0.01)
"""


def precision(bench, rounds, seconds, is_busy=False):
    """What is measured of a latency that is known: 50 ms, about 1,000 exchanges a second. The users
    begin spread over one latency; in step, each would also wait for those before it. On a busy core
    the client reads late: of what it received, the times are the kernel's all the same."""
    found = {"p50": [], "p99": [], "late": [], "rate": []}
    for _ in range(rounds):
        sandbox, url = children.start_sandbox(bench.chatload, "stammer", "--latency", "50ms")
        burner = children.start([sys.executable, "-c", BURN], CLIENT_CORE) if is_busy else None
        _, summary = bench.chatload_run(
            "stammer", "--think", "0", "--start-jitter", "50ms", target=url, users=50,
            seconds=seconds)
        for child in [burner, sandbox] if burner else [sandbox]:
            children.end(child)
        for name in ("p50", "p99"):
            value = summary["latency_ms"]["service"][name]
            if value is None:
                raise Failed(f"precision: no {name}")
            found[name].append(value)
        found["late"].append(summary["verdict"]["read_late_ms"]["p99"] or 0)
        found["rate"].append(summary["totals"]["exchanges_per_s"])
    middle = {name: statistics.median(values) for name, values in found.items()}
    print(f"50 ms at {middle['rate']:,.0f}/s{', busy core' * is_busy}", end="")
    for name in ("p50", "p99"):
        print(f"   {name} {middle[name]:.3f} ms{verdict(abs(middle[name] - 50), 0.5)}", end="")
    print(f"   (p99 read late by {middle['late']:.3f} ms)")


def schedule(bench, rate, seconds):
    """An open model at a constant rate: what was achieved of it, and how late the sends were."""
    sandbox, url = children.start_sandbox(bench.chatload, "stammer", "--latency", "5ms")
    _, summary = bench.chatload_run(
        "stammer", "--think", "0", "--rate", f"{rate}/s", target=url, users=1_000,
        seconds=seconds)
    children.end(sandbox)
    verdict_ = summary["verdict"]
    kept, lag = verdict_["schedule"], verdict_["schedule_lag_ms"]["p99"]
    if lag is None:
        raise Failed("schedule: no p99 of the schedule lag")
    gap = abs(kept["achieved_per_s"] / kept["requested_per_s"] - 1) * 100
    print(f"schedule of {rate:,}/s       {kept['started']:,} started, {kept['dropped']:,} dropped,"
          f" {kept['missed']:,} missed;  {gap:.3f} % off{verdict(gap, 0.1)}")
    print(f"  sent late               p99 {lag:.3f} ms{verdict(lag, 1)}   ({verdict_['generator']})")


def replay(bench, conversations, seconds):
    """Conversations recorded over an hour, replayed in so many seconds: how late each start was."""
    path = f"{bench.folder}/hour.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(conversations):
            at = f"{3_600 * number / (conversations - 1):.6f}s"
            file.write(json.dumps({"at": at, "turns": [{"say": "Where is it now?"}]}) + "\n")
    sandbox, url = children.start_sandbox(bench.chatload, "stammer", "--latency", "200ms")
    usage, summary = bench.chatload_replay(
        path, "--speed", f"{3_600 // seconds}x", target=url, seconds=seconds)
    children.end(sandbox)
    late = summary["lateness_ms"]["starts"]
    if late["count"] != conversations or late["p99"] is None:
        raise Failed(f"replay: {late['count']} of {conversations} conversations started")
    print(f"replay of an hour at {3_600 // seconds:,}x   {conversations:,} conversations in"
          f" {usage.wall:.1f} s{verdict(usage.wall - seconds, 1)}"
          f"   ({summary['verdict']['generator']})")
    print(f"  started late            p50 {late['p50']:.3f} ms{verdict(late['p50'], 5)}"
          f"   p99 {late['p99']:.3f} ms   max {late['max']:.3f} ms")


def main(chatload):
    rounds, seconds = (1, 1) if IS_SHORT else (5, 4)
    with tempfile.TemporaryDirectory(prefix="chatload-benchmark-") as folder:
        try:
            bench = Bench(chatload, folder, children.start_nginx(folder), seconds)
            comparison(bench, rounds)
            memory(bench, *((500, 1) if IS_SHORT else (9_000, 8)))
            # Before this process has grown: of a child's peak it is the least.
            streams.described(bench, rounds, verdict)
            streams.frames(bench, *((1, 10, 20) if IS_SHORT else (3, 100, 1_000)), verdict)
            streams.many(bench, *((50, 50, 1) if IS_SHORT else (2_000, 50, 20)), verdict, 12)
            streams.many(bench, *((50, 500, 1) if IS_SHORT else (10_000, 1_000, 20)), verdict)
            start_up(bench, 3 if IS_SHORT else 41)
            big_plan(bench, 10_000 if IS_SHORT else 1_000_000)
            foreign_formats(bench, 1_000_000 if IS_SHORT else 1 << 30)
            for is_busy in (False, True):
                precision(bench, *((1, 1) if IS_SHORT else (3, 8)), is_busy)
            schedule(bench, *((1_000, 1) if IS_SHORT else (5_000, 30)))
            replay(bench, *((500, 2) if IS_SHORT else (10_000, 60)))
            for burn in (None, [sys.executable, "-c", BURN]):
                streams.precision(
                    bench, *((1, 10, 3) if IS_SHORT else (3, 200, 20)), verdict, burn)
        finally:
            children.end_all()
    print("Complete.")


if __name__ == "__main__":
    children.interrupt_on_signals()
    try:
        main(sys.argv[1])
    except Failed as failure:
        sys.exit(f"\ncompare: {failure}")
    except KeyboardInterrupt:
        sys.exit("\ncompare: interrupted")
