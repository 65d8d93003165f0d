#!/usr/bin/env python3
"""Reads the CSV files of runs' folders strictly: columns as documented, and no cell a formula."""
import csv
import pathlib
import re
import sys

README = pathlib.Path(__file__).parents[2] / "reports" / "README.md"
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?$")
JTL = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,"
    "failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect").split(",")


def documented(name):
    """The columns in the table of reports/README.md."""
    text = README.read_text().split(f"<!-- columns of {name} -->\n", 1)[1]
    lines = text.split("\n\n", 1)[0].splitlines()[2:]
    return [line.split("`")[1] for line in lines]


def check(path, columns):
    with path.open(newline="") as file:
        rows = list(csv.reader(file, strict=True))
    if rows[0] != columns:
        sys.exit(f"{path}: columns {rows[0]}")
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            sys.exit(f"{path}: {len(row)} cells in row {number}")
        for cell in row:
            if cell[:1] in tuple("=+-@\t\r\n") and not NUMBER.match(cell):
                sys.exit(f"{path}: row {number} has the formula {cell!r}")
    return rows


def main(places):
    count = defused = 0
    for place in map(pathlib.Path, places):
        for path in [place] if place.is_file() else sorted(place.rglob("*.csv")):
            rows = check(path, JTL if path.suffix == ".jtl" else documented(path.name))
            defused += sum(cell.startswith("'") for row in rows for cell in row)
            count += len(rows)
    if defused == 0:
        sys.exit("no cell had to be defused: the check proves nothing")
    print(f"{count:,} rows, {defused:,} cells defused")


main(sys.argv[1:])
