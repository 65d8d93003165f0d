#!/usr/bin/env python3
"""Reads latency.hlog with the HdrHistogram of PyPI and compares it with summary.json and *.hgrm."""
import bisect
import json
import math
import pathlib
import re
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99_9": 0.999}
FILES = {"response": "latency.hgrm", "service": "latency-service.hgrm", "reply": "latency-reply.hgrm"}


def decoded(path):
    """The sum of all intervals, by tag."""
    totals = {}
    reader = HistogramLogReader(str(path), HdrHistogram(1, 2**47 - 1, 3))
    while interval := reader.get_next_interval_histogram():
        tag = interval.get_tag()
        totals.setdefault(tag, HdrHistogram(1, 2**47 - 1, 3)).add(interval)
    return totals


class Ranks:
    """The values of a decoded histogram by their rank, in milliseconds."""

    def __init__(self, histogram):
        self.histogram = histogram
        self.values, self.counts = [], []
        for item in histogram.get_recorded_iterator():
            self.values.append(item.value_iterated_to / 1e6)
            self.counts.append(item.total_count_to_this_value)

    def value(self, share):
        """The value of rank ceil(share * count), which the library may round down by one."""
        total = self.histogram.total_count
        rank = max(1, math.ceil(share * total - 1e-9))
        places = [bisect.bisect_left(self.counts, max(1, each)) for each in (rank, rank - 1)]
        values = [self.values[place] for place in places]
        own = self.histogram.get_value_at_percentile(share * 100) / 1e6
        # At 0 the library gives the lowest value of the slot.
        if share > 0 and own not in values:
            sys.exit(f"the library's own value at {share} is none of {values}")
        return values[0]


def close(found, wanted, what):
    """Equal but for the slot's width and the microsecond's rounding."""
    if abs(found - wanted) > wanted / 1024 + 0.001:
        sys.exit(f"{what}: {found} ms and not {wanted} ms")


def check_text(path, ranks):
    """Each line of a .hgrm is a percentile of the decoded histogram."""
    total, lines = ranks.histogram.total_count, 0
    text = path.read_text()
    for line in text.splitlines():
        match = re.match(r"\s*([\d.]+)\s+([\d.]+)\s+(\d+)(\s+[\d.]+)?$", line)
        if not match:
            continue
        value, share, count = float(match[1]), float(match[2]), int(match[3])
        close(ranks.value(share), value, f"{path} at {share}")
        if count + 1 < total * share:
            sys.exit(f"{path}: {count} values up to {share}")
        lines += 1
    stated = int(re.search(r"Total count\s*=\s*(\d+)", text)[1])
    if stated != total or (lines == 0) != (total == 0):
        sys.exit(f"{path}: {stated} values in {lines} lines, not {total}")


def main(folder):
    folder = pathlib.Path(folder)
    latencies = json.loads((folder / "summary.json").read_text())["latency_ms"]
    totals = decoded(folder / "latency.hlog")
    for metric, name in FILES.items():
        figures = latencies[metric]
        histogram = totals.get(metric, HdrHistogram(1, 2**47 - 1, 3))
        if histogram.total_count != figures["count"]:
            sys.exit(f"{metric}: {histogram.total_count} values and not {figures['count']}")
        ranks = Ranks(histogram)
        for percentile, share in PERCENTILES.items():
            if figures[percentile] is not None:
                close(ranks.value(share), figures[percentile], f"{metric} {percentile}")
        if figures["count"]:
            close(histogram.get_max_value() / 1e6, figures["max"], f"{metric} max")
            close(histogram.get_mean_value() / 1e6, figures["mean"], f"{metric} mean")
        check_text(folder / name, ranks)
        print(f"{metric}: {histogram.total_count} values, percentiles as in summary.json")


main(sys.argv[1])
