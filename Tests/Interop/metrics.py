#!/usr/bin/env python3
"""Reads the metrics of a run under way as OpenMetrics, beside clients that mean no good.

Usage: metrics.py PORT FILE: the page in Prometheus's older form is left in FILE.
"""
import socket
import sys
import time
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

PORT = int(sys.argv[1])
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3"


def page(accept):
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/metrics", headers={"Accept": accept})
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=10) as response:
        kind, text = response.headers["Content-Type"], response.read().decode()
    return kind, text, time.monotonic() - begun


def families():
    kind, text, _ = page(OPENMETRICS)
    if not kind.startswith("application/openmetrics-text; version=1.0.0"):
        sys.exit(f"the type is {kind}")
    return {family.name: family for family in text_string_to_metric_families(text)}


def successes(all_families):
    samples = all_families["chatload_exchanges"].samples
    return sum(each.value for each in samples if each.labels["outcome"] == "ok")


def families_with(wanted):
    """The first families with so many successes."""
    deadline = time.monotonic() + 30
    while successes(found := families()) < wanted:
        if time.monotonic() > deadline:
            sys.exit(f"no {wanted} exchanges in 30 s")
        time.sleep(0.1)
    return found


def hostile():
    """Connections that say nothing, or anything but a request."""
    noise = [b"", b"GET", b"\0" * 100, b"GET / HTTP/9\r\n\r\n", b"POST /metrics HTTP/1.1\r\n\r\n"]
    noise += [b"GET /" + b"x" * 100_000, b"GET /metrics HTTP/1.1\r\n" * 3, bytes(range(256)) * 9]
    held = []
    for number in range(400):
        try:
            each = socket.create_connection(("127.0.0.1", PORT), timeout=5)
            each.sendall(noise[number % len(noise)])
            held.append(each)
        except OSError:
            pass
    return held


def main():
    first = families_with(1_000)
    buckets = [
        each for each in first["chatload_response_seconds"].samples if each.name.endswith("_bucket")]
    if not buckets or first["chatload_response_seconds"].type != "histogram":
        sys.exit("no histogram of the response times")
    held = hostile()
    waits = [page(OPENMETRICS)[2] for _ in range(20)]
    families_with(successes(first) + 1)
    if not held or max(waits) > 2:
        sys.exit(f"beside {len(held)} hostile clients a page took {max(waits):.1f} s")
    kind, text, _ = page("")
    if not kind.startswith("text/plain; version=0.0.4"):
        sys.exit(f"the type is {kind}")
    with open(sys.argv[2], "w") as file:
        file.write(text)
    print(f"{len(first)} metrics, the slowest page {max(waits) * 1e3:.0f} ms beside hostile clients")


main()
