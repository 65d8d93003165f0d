"""Runs whose reports are looked at: each a folder with report.html and summary.json."""

import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time

# What a reply, a script or an error may hold to break out of the page.
HOSTILE = ["<script>window.pwned = 1</script>", "\"></svg><img src=x onerror=window.pwned=2>",
           "' onmouseover='window.pwned=3", "</title></style></script><h1>gone</h1>"]


class HostileTamako(http.server.BaseHTTPRequestHandler):
    """Answers with markup, in replies and in errors."""

    protocol_version = "HTTP/1.1"
    count = 0

    def do_GET(self):
        number = HostileTamako.count
        HostileTamako.count += 1
        text = HOSTILE[number // 2 % len(HOSTILE)]
        isError = number % 5 == 4
        body = text if isError else json.dumps({"response": text, "error": None})
        self.send_response(503 if isError else 200)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Pages:
    def __init__(self, chatload, folder):
        self.chatload = chatload
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    def play(self, name, *arguments, environment=None):
        """Plays a run and returns its folder."""
        folder = os.path.join(self.folder, name)
        command = [self.chatload, *arguments, "-o", folder, "-q"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120,
            env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", **(environment or {})})
        if done.returncode not in (0, 99, 110):
            raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
        return folder

    def interrupted(self):
        """A run that somebody ended with Ctrl-C."""
        folder = os.path.join(self.folder, "interrupted")
        run = subprocess.Popen(
            [self.chatload, "run", "workloads/support.jsonl", "-d", "60s", "-o", folder, "-q"],
            stdout=subprocess.DEVNULL)
        time.sleep(3)
        run.send_signal(signal.SIGINT)
        if run.wait(timeout=60) != 105:
            raise SystemExit(f"an interrupted run ended with {run.returncode}")
        return folder

    def tiny(self):
        """Three exchanges, of which not one percentile can be told."""
        return self.play(
            "tiny", "run", "workloads/support.jsonl", "--exchanges", "3", "-c", "1", "--think", "0")

    def busy(self):
        """A run with everything: errors, a stall, rejections, quotas, credentials, SLOs."""
        pool = os.path.join(self.folder, "pool.jsonl")
        with open(pool, "w") as file:
            for label in ["north", "south"]:
                file.write(json.dumps({"label": label, "token": "env:CHECK_TOKEN"}) + "\n")
        return self.play(
            "busy", "run", "workloads/support.jsonl", "-r", "30", "-c", "400", "-d", "6s",
            "--think", "100ms", "--sandbox-latency", "lognormal:60ms,0.7",
            "--sandbox-error-rate", "3%", "--sandbox-stall", "3s:1s",
            "--sandbox-limit", "2000requests/m", "--quota", "user:2000 tokens/m",
            "--credentials", pool, "--set", "chatbot_uuid=12345678-1234-5678-1234-567812345678",
            "--slo", "response.p50<10s", "--slo", "errors<0.1%", "--label", "purpose=check",
            environment={"CHECK_TOKEN": "secret-of-the-check"})

    def invalid(self, busy):
        """The same run with a generator that did not start a third of what was due."""
        folder = os.path.join(self.folder, "invalid")
        shutil.copytree(busy, folder)
        path = os.path.join(folder, "generator.json")
        with open(path) as file:
            figures = json.load(file)
        figures["schedule"]["missed"] = figures["schedule"]["started"] // 2
        with open(path, "w") as file:
            json.dump(figures, file)
        done = subprocess.run([self.chatload, "report", folder], capture_output=True, timeout=60)
        if done.returncode != 110:
            raise SystemExit(f"an invalid run is reported with {done.returncode}")
        return folder

    def compared(self, base, new):
        """Two runs beside one another."""
        folder = os.path.join(self.folder, "compared")
        done = subprocess.run(
            [self.chatload, "compare", base, new, "-o", folder], capture_output=True, text=True,
            timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"compare ended with {done.returncode}\n{done.stderr}")
        return folder

    def unlogged(self):
        return self.play(
            "unlogged", "run", "workloads/support.jsonl", "-n", "20", "--think", "0",
            "--log", "none", "--sandbox-latency", "10ms")

    def hostile(self):
        """A replay whose texts all try to be more than text."""
        workload = os.path.join(self.folder, "hostile.jsonl")
        with open(workload, "w") as file:
            for number in range(40):
                text = HOSTILE[number % len(HOSTILE)]
                turns = [{"say": text, "name": text[:40], "reply": text + " recorded"}] * 2
                file.write(json.dumps({"id": f"{text}{number}", "turns": turns}) + "\n")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HostileTamako)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        folder = self.play(
            "hostile", "replay", workload, "--service", "tamako",
            "--target", f"http://127.0.0.1:{server.server_port}", "--label", f"note={HOSTILE[1]}",
            "--set", "prvid=env:CHECK_ID", "--set", "svcid=env:CHECK_ID",
            "--set", "svcsecret=env:CHECK_ID", environment={"CHECK_ID": "check-id-1234"})
        server.shutdown()
        return folder
