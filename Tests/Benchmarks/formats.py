"""Big files of the formats that people have, made in no time and never twice the same conversation."""

CHUNK = 10_000
LONG = "And then it went on, with \\\"quotes\\\" and a line's end.\\n" * 7


def sharegpt(path, size):
    """One JSON array on a single line."""
    rest = "".join(
        f',{{"from":"human","value":"And then?"}},{{"from":"gpt","value":"{LONG}"}}'
        for _ in range(2))
    write(path, size, "[", ",", "]", lambda number: (
        f'{{"id":"c{number}_0","conversations":[{{"from":"human","value":"Question {number}"}},'
        f'{{"from":"gpt","value":"Answer {number}. {LONG}"}}{rest}]}}'))


def messages(path, size):
    """A conversation a line."""
    rest = "".join(
        f',{{"role":"user","content":"And then?"}},{{"role":"assistant","content":"{LONG}"}}'
        for _ in range(2))
    write(path, size, "", "\n", "\n", lambda number: (
        f'{{"messages":[{{"role":"system","content":"Be brief."}},'
        f'{{"role":"user","content":"Question {number}"}},'
        f'{{"role":"assistant","content":"Answer {number}. {LONG}"}}{rest}]}}'))


def azure(path, size):
    """The rows of a trace, some 38 bytes each."""
    header = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    write(path, size, header, "\r\n", "\r\n", lambda number: (
        f"2023-11-16 {number // 3_600_000 % 24:02}:{number // 60_000 % 60:02}:"
        f"{number // 1_000 % 60:02}.{number % 1_000 * 10_000:07},"
        f"{number * 7919 % 1_100 + 1},{number % 400}"))


def write(path, size, head, separator, tail, row):
    """Rows up to about so many bytes."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(head)
        first = 0
        while file.tell() < size:
            rows = separator.join(row(number) for number in range(first, first + CHUNK))
            file.write((separator if first else "") + rows)
            first += CHUNK
        file.write(tail)


FORMATS = {"sharegpt": sharegpt, "messages": messages, "azure": azure}
