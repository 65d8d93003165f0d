"""The clients that are compared: how each is called, and how many requests it completed."""

import json
import os
import re
import shutil

from children import CLIENT_CORE, HERE, Failed, measured

CONNECTIONS = 64
UUID = "12345678-1234-5678-1234-567812345678"
STAMMER_PATH = "/en/chatbot/api/v1/message/"
CHAT_PATH = (
    "/api/chat?prvid=sandbox&svcid=sandbox&svcsecret=sandbox&message=Where%20is%20it%20now%3F"
    "&user=user-1&name=Tamako&gender=female&dev=Bear%233437&prefix=Not%20Set%20By%20Developer")
SETTINGS = {
    "stammer": ["--set", "token=env:BENCH_SECRET", "--set", f"chatbot_uuid={UUID}"],
    "openai": ["--set", "key=env:BENCH_SECRET", "--set", "model=sandbox-1"],
    "tamako": [
        "--set", "prvid=env:BENCH_SECRET", "--set", "svcid=env:BENCH_SECRET",
        "--set", "svcsecret=env:BENCH_SECRET"],
}

# chatload's exit code for a run in which it could not keep its own schedule: on a busy machine, or
# with one core for thousands of users, that says something of the machine and nothing of the figure.
INVALID = 110


class Bench:
    """Where everything is: the binary, the server, the temporary folder, and how long a turn takes."""

    def __init__(self, chatload, folder, ports, seconds):
        self.chatload = chatload
        self.folder = folder
        self.seconds = seconds
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.secure_url = f"https://127.0.0.1:{ports[1]}"
        self.certificate = f"{folder}/server.pem"
        self.env = {
            "BENCH_SECRET": "sandbox", "BENCH_TEXTS": f"{HERE}/texts.txt", "BENCH_FOLDER": HERE}
        self.workload = f"{folder}/say.jsonl"
        with open(f"{HERE}/texts.txt", encoding="utf-8") as texts:
            says = [{"say": line.rstrip("\n")} for line in texts]
        with open(self.workload, "w", encoding="utf-8") as file:
            for turns in (says[:4], says[4:]):
                file.write(json.dumps({"turns": turns}, ensure_ascii=False) + "\n")

    def chatload_run(self, service, *options, target=None, users=CONNECTIONS, seconds=None):
        """A run of chatload: what it took, and its summary."""
        seconds = seconds or self.seconds
        return self.played(
            "run", self.workload, service, "-c", str(users), "-d", f"{seconds}s", *options,
            target=target or self.url, seconds=seconds)

    def chatload_replay(self, workload, *options, target, seconds):
        """A replay of about so many seconds: what it took, and its summary."""
        return self.played(
            "replay", workload, "stammer", *options, target=target, seconds=seconds)

    def played(self, command, workload, service, *options, target, seconds):
        output = f"{self.folder}/run"
        shutil.rmtree(output, ignore_errors=True)
        usage = measured(
            [self.chatload, command, workload, "--service", service, "--target", target,
             *SETTINGS[os.path.basename(service).removesuffix("-described.json")], "--workers", "1", "-q", "-o", output, *options],
            CLIENT_CORE, self.env, seconds + 45, f"{self.folder}/output",
            codes=(0, INVALID))
        with open(f"{output}/summary.json", encoding="utf-8") as file:
            summary = json.load(file)
        if summary["totals"]["failed"]:
            raise Failed(f"chatload: exchanges failed: {summary['errors']}")
        return usage, summary

    def chatload_row(self, service, *options):
        usage, summary = self.chatload_run(service, "--think", "0", *options)
        return usage, summary["totals"]["succeeded"]

    def secure_row(self, service, *options):
        usage, summary = self.chatload_run(
            service, "--think", "0", "--cacert", self.certificate, *options,
            target=self.secure_url)
        return usage, summary["totals"]["succeeded"]

    def wrk_row(self, path, script=None, url=None):
        scripted = ["-s", f"{HERE}/{script}"] if script else []
        return self.counted(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.seconds}s", *scripted,
             (url or self.url) + path],
            r"(\d+) requests in", r"Non-2xx|Socket errors")

    def hey_row(self):
        body = f'{{"chatbot_uuid":"{UUID}","query":"Where is it now?","user_key":"user-1"}}'
        return self.counted(
            ["hey", "-cpus", "1", "-c", str(CONNECTIONS), "-z", f"{self.seconds}s", "-m", "POST",
             "-T", "application/json", "-H", "Authorization: Token sandbox", "-d", body,
             self.url + STAMMER_PATH],
            r"\[200\]\s+(\d+) responses", r"Error distribution")

    def counted(self, command, pattern, trouble):
        usage = measured(
            command, CLIENT_CORE, self.env, self.seconds + 45, f"{self.folder}/output")
        found = re.search(pattern, usage.output)
        if not found or re.search(trouble, usage.output):
            raise Failed(f"{' '.join(command)} failed:\n{usage.output}")
        return usage, int(found[1])

    def rows(self):
        """The clients in turn: name, how to run it, the rows it is compared with."""
        post, chat = "wrk POST, Lua", "wrk GET, Lua"
        secure = "wrk https POST, Lua"
        return [
            ("chatload Stammer", lambda: self.chatload_row("stammer", "--log", "none"),
             "wrk POST", post, 1.0),
            ("chatload Stammer, log", lambda: self.chatload_row("stammer"),
             "wrk POST", post, 1.2),
            ("chatload Tamako", lambda: self.chatload_row("tamako", "--log", "none"),
             "wrk GET", chat, 1.0),
            ("wrk POST", lambda: self.wrk_row(STAMMER_PATH, "static_post.lua"),
             "wrk POST", post, None),
            (post, lambda: self.wrk_row(STAMMER_PATH, "post.lua"), "wrk POST", post, None),
            ("wrk GET", lambda: self.wrk_row(CHAT_PATH), "wrk GET", chat, None),
            (chat, lambda: self.wrk_row(CHAT_PATH, "chat.lua"), "wrk GET", chat, None),
            ("chatload https", lambda: self.secure_row("stammer", "--log", "none"),
             "wrk https POST", secure, 1.1),
            ("chatload https, log", lambda: self.secure_row("stammer"),
             "wrk https POST", secure, 1.1),
            ("wrk https POST",
             lambda: self.wrk_row(STAMMER_PATH, "static_post.lua", self.secure_url),
             "wrk https POST", secure, None),
            (secure, lambda: self.wrk_row(STAMMER_PATH, "post.lua", self.secure_url),
             "wrk https POST", secure, None),
            ("hey POST", self.hey_row, "wrk POST", post, None),
        ]
