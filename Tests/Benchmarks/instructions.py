"""Counts the instructions of one exchange under callgrind. Called by `instructions`."""

import glob
import os
import re
import shutil
import sys
import tempfile

import children
from children import Failed, measured

FEW, MANY = 500, 2_500


def run(chatload, url, exchanges, folder, *options):
    """The instructions of a seeded run of one user who does not think: each exchange has a tick of
    the loop of its own, so that a busy machine changes nothing. Those of the loops' threads alone:
    what the report takes depends on how many seconds the run has lasted."""
    output = f"{folder}/run"
    shutil.rmtree(output, ignore_errors=True)
    for dump in glob.glob(f"{folder}/dump*"):
        os.remove(dump)
    usage = measured(
        ["valgrind", "--tool=callgrind", "--separate-threads=yes",
         f"--callgrind-out-file={folder}/dump", chatload, "run",
         f"{children.HERE}/one.jsonl", "--service", "stammer", "--set", "token=env:BENCH_SECRET",
         "--set", "chatbot_uuid=12345678-1234-5678-1234-567812345678", "--target", url,
         "--workers", "1", "-c", "1", "--think", "0", "--exchanges", str(exchanges), "--seed", "7",
         "-q", "-o", output, *options],
        env={"BENCH_SECRET": "sandbox", "LD_PRELOAD": f"{folder}/sigsuspend.so"}, limit=300, output=f"{folder}/output", codes=(0, 110))
    dumps = [open(path).read() for path in glob.glob(f"{folder}/dump-*")]
    loops = [re.search(r"^(?:totals|summary): (\d+)", dump, re.M)
             for dump in dumps if "EventLoopC3run" in dump]
    if not any(loops):
        raise Failed(f"callgrind counted nothing:\n{usage.output[-2000:]}")
    return sum(int(found[1]) for found in loops if found)


def instructions(chatload, url, folder, *options):
    """Those of one exchange: what many take more than few, so that starting up is not in it."""
    few, many = (run(chatload, url, count, folder, *options) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def main(chatloads):
    names = [os.path.relpath(path) for path in chatloads]
    with tempfile.TemporaryDirectory(prefix="chatload-instructions-") as folder:
        try:
            measured(["cc", "-O", "-shared", "-fPIC", "-o", f"{folder}/sigsuspend.so",
                      f"{children.HERE}/sigsuspend.c"])
            for scheme, limit in (("http", 3), ("https", 10)):
                secure = ["--tls", "--tls-cert-out", f"{folder}/ca.pem"] if scheme == "https" else []
                trust = ["--cacert", f"{folder}/ca.pem"] if secure else []
                _, url = children.start_sandbox(
                    chatloads[0], "stammer", "--latency", "0ms", *secure)
                for log in ("none", "all"):
                    first = None
                    for name, chatload in zip(names, chatloads):
                        count = instructions(chatload, url, folder, "--log", log, *trust)
                        first = first or count
                        change = (count / first - 1) * 100
                        beside = "" if count == first else (
                            f"  {change:+.2f} % (wanted: ≤ {limit} %,"
                            f" {'met' if change <= limit else 'MISSED'})")
                        print(f"{scheme:<6} --log {log:<5} {count:>10,.0f}  {name}{beside}")
        finally:
            children.end_all()
    print("Complete.")


if __name__ == "__main__":
    children.interrupt_on_signals()
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit(f"\ninstructions: {failure}")
    except KeyboardInterrupt:
        sys.exit("\ninstructions: interrupted")
