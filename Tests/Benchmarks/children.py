"""Child processes: started, measured, and ended with this one whatever happens."""

import os
import signal
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
running = []


class Failed(Exception):
    """A child did not do what it was started for."""


class Usage:
    """What a child took: seconds of wall clock and of CPU, bytes at its peak, and what it printed."""

    def __init__(self, wall, resources, output):
        self.wall = wall
        self.cpu = resources.ru_utime + resources.ru_stime
        self.peak = resources.ru_maxrss * 1024
        self.output = output


def start(command, core=None, env=None, **streams):
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    child = subprocess.Popen(
        command, env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", **(env or {})},
        stdin=subprocess.DEVNULL, **streams)
    running.append(child)
    return child


def measured(command, core=None, env=None, limit=60, output=None, codes=(0,)):
    """Runs a command to its end; what it prints goes through `output`, a file."""
    with open(output or os.devnull, "w+b") as sink:
        began = time.monotonic()
        child = start(command, core, env, stdout=sink, stderr=subprocess.STDOUT)
        timer = threading.Timer(limit, child.kill)
        timer.start()
        try:
            _, status, resources = os.wait4(child.pid, 0)
        finally:
            timer.cancel()
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        running.remove(child)
        sink.seek(0)
        text = sink.read().decode(errors="replace")
    if child.returncode not in codes:
        raise Failed(f"{' '.join(command)} ended with {child.returncode}\n{text[-2000:]}")
    return Usage(wall, resources, text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_nginx(folder):
    """nginx on free ports for http and https, which are returned once it answers; its certificate
    is server.pem in the folder."""
    port, secure = free_port(), free_port()
    measured(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", f"{folder}/server.key", "-out", f"{folder}/server.pem", "-days", "2",
         "-subj", "/CN=benchmark", "-addext", "subjectAltName=IP:127.0.0.1"])
    with open(f"{HERE}/nginx.conf", encoding="utf-8") as template:
        text = template.read().replace("FOLDER", folder).replace("PORT", str(port))
        text = text.replace("SECURE", str(secure))
    if os.geteuid() == 0:
        text = "user root;\n" + text
    with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
        file.write(text)
    nginx = start(
        ["nginx", "-e", f"{folder}/nginx.log", "-c", f"{folder}/nginx.conf"], SERVER_CORE,
        env={"PATH": os.environ["PATH"] + ":/usr/sbin"})
    deadline = time.monotonic() + 10
    while nginx.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return port, secure
        except OSError:
            time.sleep(0.02)
    raise Failed("nginx does not answer")


def start_sandbox(chatload, *options):
    """`chatload serve`, and the address it prints."""
    sandbox = start(
        [chatload, "serve", "-q", *options], SERVER_CORE, stdout=subprocess.PIPE)
    return sandbox, sandbox.stdout.readline().decode().strip()


def end(child):
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    running.remove(child)


def end_all():
    for child in list(running):
        end(child)


def interrupt_on_signals():
    """SIGTERM and SIGHUP end this process as Ctrl-C does: through every `finally`. SIGINT too
    where it was ignored, as in a background job."""
    def interrupted(number, frame):
        raise KeyboardInterrupt
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
