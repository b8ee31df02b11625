"""Local clusters and raw clients for the end-to-end tests. Standard library only; bench/ uses it too."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRAMME = os.path.abspath(os.environ.get("GRAMME") or ROOT / "build" / "gramme")
START_SECONDS = 60
STOP_SECONDS = 30
BUSY_FACTOR = 4  # how much longer than usual anything may take where other work shares the machine


def environment():
    """Ours without settings that would reach the nodes by accident."""
    known = ("GRAMME_ROOT", "GRAMME_RELEASE", "GRAMME_SEED")
    return {name: value for name, value in os.environ.items() if not name.startswith("GRAMME_") or name in known}


def run(*arguments, timeout=30, stdin=None, env=None):
    """One command of gramme, to its end. Output as bytes."""
    return subprocess.run(
        [GRAMME, *map(str, arguments)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
        env={**environment(), **(env or {})}, stdin=subprocess.DEVNULL if stdin is None else None,
    )  # fmt: skip


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(nodes):
    """A client port with its neighbours, peer ports and HTTP ports free. Below the kernel's range for outgoing
    connections, so that none of them is taken by accident later."""
    for _ in range(200):
        base = random.randrange(11000, 21000 - nodes)
        if all(port_is_free(base + node + offset) for node in range(nodes) for offset in (0, 2000, 10000)):
            return base
    raise RuntimeError("no free ports")


def eventually(check, seconds=10, what="condition"):
    """Call `check` until it returns something true; an exception counts as not yet. `seconds` is what it takes at the
    most on a machine that does nothing else: it is not measured here, bench/ does that."""
    seconds *= BUSY_FACTOR
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            result = check()
            if result:
                return result
        except (OSError, ReplyError, ValueError, AssertionError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}" + (f" ({last})" if last else ""))
        time.sleep(0.02)


def one_of(times, attempt):
    """Call `attempt` until it raises no AssertionError: for what holds only when nothing on the machine stands still
    for longer than the nodes wait. What never holds fails."""
    for left in reversed(range(times)):
        try:
            return attempt()
        except AssertionError:
            if left == 0:
                raise


class ReplyError(Exception):
    """An error reply."""


class Client:
    """RESP2 over a socket, with nothing hidden: no retry, no redirect, no pool."""

    def __init__(self, port, timeout=5.0, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.stream.close()
            self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, *words):
        self.send_raw(encode(words))

    def read(self):
        """One reply. Errors are raised; a closed connection is ConnectionError."""
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise ReplyError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.read_bytes(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self.read_or_error() for _ in range(int(rest))]
        raise ValueError(f"no reply: {line!r}")

    def read_or_error(self):
        try:
            return self.read()
        except ReplyError as error:
            return error

    def read_bytes(self, count):
        data = self.stream.read(count + 2)
        if len(data) != count + 2:
            raise ConnectionError("closed")
        return data[:-2]

    def ask(self, *words):
        self.send(*words)
        return self.read()

    def pipeline(self, commands):
        self.send_raw(b"".join(map(encode, commands)))
        return [self.read_or_error() for _ in commands]

    def is_closed(self, seconds=5):
        """Does the other side close, whatever it says before?"""
        self.socket.settimeout(seconds)
        try:
            while self.stream.read1(65536):
                pass
        except socket.timeout:
            return False
        except OSError:
            pass
        return True


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def ask(port, *words, timeout=5.0, host="127.0.0.1"):
    with Client(port, timeout, host) as client:
        return client.ask(*words)


def cpu_seconds(pids):
    """Processor time that these processes have used, in user and kernel."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Process:
    """A child of ours, with its output in a file. Ended by its own id."""

    def __init__(self, command, log, env=None):
        self.log = pathlib.Path(log)
        self.start_of_log = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**environment(), **(env or {})},
            )  # fmt: skip

    @property
    def pid(self):
        return self.child.pid

    def output(self):
        return self.log.read_bytes()[self.start_of_log :].decode(errors="replace")

    def is_running(self):
        return self.child.poll() is None

    def wait(self, seconds=STOP_SECONDS):
        return self.child.wait(seconds)

    def end(self, number=signal.SIGTERM, seconds=STOP_SECONDS):
        """Signal and wait; SIGKILL when it does not end. Returns the exit status, None if it had to be killed."""
        if self.is_running():
            self.child.send_signal(number)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return None


class Server(Process):
    """One `gramme server`. data=False: without a directory."""

    def __init__(self, directory, port=None, flags=(), wait=True, env=None, data=None):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.port = port or free_ports(1)
        self.data = self.dir / "data" if data is None else data
        place = [f"--data={self.data}"] if self.data else []
        command = [GRAMME, "server", *place, f"--listen=127.0.0.1:{self.port}", *flags]
        super().__init__(command, self.dir / "log", env)
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.end()
                raise

    def wait_ready(self, seconds=START_SECONDS):
        def is_ready():
            if not self.is_running():
                raise RuntimeError(f"ended with status {self.child.returncode}:\n{self.output()}")
            return ask(self.port, "PING") == "PONG"

        eventually(is_ready, seconds, f"PING at {self.port}")
        return self


class Dev(Process):
    """A `gramme dev`, waited for. With nodes=None, as many as its directory remembers."""

    def __init__(self, directory, nodes=3, flags=(), port=None, env=None):
        self.dir = pathlib.Path(directory)
        self.count = nodes or int((self.dir / "nodes").read_text())
        self.port = port or free_ports(self.count)
        self.by_hand = {}  # nodes that were started again, by number
        size = ["--nodes", nodes] if nodes else []
        command = [GRAMME, "dev", *size, "--port", self.port, "--dir", self.dir, *flags]
        super().__init__(command, str(self.dir) + ".log", env)
        try:
            eventually(self.is_up, START_SECONDS, f"{self.count} nodes up; {self.log}")
        except BaseException:
            self.end()
            raise

    def is_up(self):
        if not self.is_running():
            raise RuntimeError(f"gramme dev ended with status {self.child.returncode}:\n{self.output()}")
        return "Ctrl-C" in self.output()

    def ports(self):
        return [self.port + node for node in range(self.count)]

    def node_dir(self, number):
        return self.dir / f"node{number}"

    def node_pid(self, number):
        return int((self.node_dir(number) / "pid").read_text())

    def node_log(self, number):
        return (self.node_dir(number) / "log").read_text(errors="replace")

    def kill(self, number, how=signal.SIGKILL):
        """Signal one node and wait until it is gone."""
        if number in self.by_hand:
            self.by_hand.pop(number).end(how)
            return
        pid = self.node_pid(number)
        os.kill(pid, how)
        eventually(lambda: not pathlib.Path(f"/proc/{pid}").exists(), STOP_SECONDS, f"end of node {number}")

    def start_again(self, number):
        """By hand, as a user would: with the command line that dev left."""
        process = Process(["sh", self.node_dir(number) / "command"], self.node_dir(number) / "log")
        self.by_hand[number] = process
        port = self.port + number - 1

        def is_ready():
            if not process.is_running():
                raise RuntimeError(f"node {number} ended:\n{process.output()}")
            return ask(port, "PING") == "PONG"

        eventually(is_ready, START_SECONDS, f"node {number} again")
        assert self.node_pid(number) == process.pid
        return process

    def stop(self):
        """SIGTERM to all that we started. Returns dev's exit status."""
        for process in self.by_hand.values():
            process.end()
        return self.end()

    def complaints(self):
        """Lines in any log that no run should have: sanitizers, failed assertions."""
        words = ("Sanitizer", "runtime error", "assertion", "unreachable")
        found = []
        for number in range(1, self.count + 1):
            for line in self.node_log(number).split("\n"):
                if any(word in line for word in words):
                    found.append(f"node {number}: {line}")
        return found
