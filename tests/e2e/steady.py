"""A steady load, and what is left of it: who waited how long, which errors came when, which writes are there.

Each client is a thread with one request in flight, 250 ms of patience (or more), and a list of nodes: upon an error
it goes on at the next one, as a careful application does. Most requests write a key of their own, some write one of a
few keys again and again, some delete what was written before, some read back what was acknowledged last.

An error or a timeout leaves open whether the write happened, or will: a node that hangs carries it out when it wakes.
So a key may hold what was acknowledged last, or anything whose outcome is open. The latter is counted as `late`.
"""

import os
import threading
import time

import support

CLIENT_SECONDS = 0.25
AGAIN_KEYS = 4
DELETE_BEHIND = 20  # how many keys back a delete goes
BATCH = 200
PAUSE_SECONDS = 0.002  # before another node is tried, when none can be reached


class Record:
    """What is known of one key."""

    __slots__ = ("value", "unsure")

    def __init__(self):
        self.value = None  # acknowledged last; None: absent
        self.unsure = ()  # values whose writes may or may not have happened

    def judge(self, found):
        if found == self.value:
            return "there"
        if found in self.unsure:
            return "late"
        return "returned" if self.value is None else "lost"


class Client(threading.Thread):
    """One client of a load. `places` are (host, port); a blind one only writes, and never what it has to read first."""

    def __init__(self, name, places, home, interval, shared=(), blind=False, patience=CLIENT_SECONDS):
        super().__init__(daemon=True)
        self.patience = patience
        self.name, self.places, self.home, self.at = name, places, home, home
        self.interval, self.shared, self.blind = interval, shared, blind
        self.records = {}
        self.shared_writes = []  # (key, value, began, ended, acknowledged)
        self.unique = []  # keys of their own that were acknowledged, and not deleted
        self.acks, self.stale = 0, 0
        self.acked_at = []
        self.latencies = []
        self.errors = []  # (when, text)
        self.running, self.go_home = True, False
        self.socket = None
        self.verb = ""

    def run(self):
        number, due = 0, time.monotonic()
        self.acked_at.append(due)
        while self.running:
            due = max(due + self.interval, time.monotonic())
            self.request(number)
            number += 1
            time.sleep(max(0.0, due - time.monotonic()))
        self.acked_at.append(time.monotonic())  # the wait that the end cut short
        self.disconnect()

    def request(self, number):
        if self.go_home:
            self.go_home = False
            self.disconnect()
            self.at = self.home
        if not self.connect():
            return
        began = time.monotonic()
        try:
            self.choose(number)
        except (support.ReplyError, OSError, ValueError) as error:
            self.fail(f"{self.verb} {type(error).__name__}: {error}")
            return
        now = time.monotonic()
        self.acks += 1
        self.acked_at.append(now)
        self.latencies.append(now - began)

    def connect(self):
        if self.socket is None:
            host, port = self.places[self.at % len(self.places)]
            try:
                self.socket = support.Client(port, self.patience, host)
            except OSError as error:
                self.fail(f"connect: {error}")
                time.sleep(PAUSE_SECONDS)
        return self.socket is not None

    def disconnect(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def fail(self, text):
        host, port = self.places[self.at % len(self.places)]
        self.errors.append((time.monotonic(), f"{host}:{port} {text}"))
        self.disconnect()
        self.at += 1

    def choose(self, number):
        turn, kind = divmod(number, 6 if self.blind else 8)
        if kind == 3 and self.shared:
            self.write_shared(self.shared[turn % len(self.shared)], number)
        elif kind <= 3:
            key = f"{self.name}:{number}"
            self.write(key, str(number).encode())
            self.unique.append(key)
        elif kind <= 5:
            self.write(f"{self.name}:again{number % AGAIN_KEYS}", str(number).encode())
        elif kind == 6 and self.unique:
            key = self.unique[-1]
            self.verb = "GET"
            self.stale += self.socket.ask("GET", key) != self.records[key].value
        elif len(self.unique) > DELETE_BEHIND:
            self.write(self.unique.pop(-DELETE_BEHIND), None)

    def write(self, key, value):
        record = self.records.setdefault(key, Record())
        unsure = record.unsure
        record.unsure = (*unsure, value)
        self.send(key, value)
        record.unsure, record.value = unsure, value

    def write_shared(self, key, number):
        value, began = f"{self.name}:{number}".encode(), time.monotonic()
        acknowledged = False
        try:
            self.send(key, value)
            acknowledged = True
        finally:
            self.shared_writes.append((key, value, began, time.monotonic(), acknowledged))

    def send(self, key, value):
        self.verb = "DEL" if value is None else "SET"
        self.socket.ask(self.verb, key, *([] if value is None else [value]))

    def gap(self, since):
        """The longest time without an acknowledgement that ended after `since`."""
        pairs = zip(self.acked_at, self.acked_at[1:])
        return max((after - before for before, after in pairs if after >= since), default=0.0)


class Stalls(threading.Thread):
    """How long the machine itself lets a thread wait that wants to run: the floor under any gap."""

    def __init__(self):
        super().__init__(daemon=True)
        self.running, self.worst = True, 0.0

    def run(self):
        while self.running:
            before = time.monotonic()
            time.sleep(0.005)
            self.worst = max(self.worst, time.monotonic() - before - 0.005)


class DiskStalls(threading.Thread):
    """The same of its disk: how long it takes at most to add a little to a file, as a log does. It waits for the file
    system's journal, and so for everybody who uses the disk; a write in place does not."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.running, self.worst = path, True, 0.0

    def run(self):
        with open(self.path, "wb", buffering=0) as file:
            while self.running:
                before = time.monotonic()
                file.write(b"x" * 100)
                os.fdatasync(file.fileno())
                self.worst = max(self.worst, time.monotonic() - before)
                time.sleep(0.02)


class Load:
    """`rate` requests a second by `clients` clients, which begin at different nodes."""

    def __init__(self, name, nodes, numbers, clients=6, rate=600, shared=(), blind=False,
                 patience=CLIENT_SECONDS):  # fmt: skip
        self.nodes = nodes
        places = [(nodes.network.host(number), nodes.network.port(number)) for number in numbers]
        self.clients = [
            Client(f"{name}:{i}", places, i % len(places), clients / rate, shared, blind, patience)
            for i in range(clients)
        ]
        self.stalls = Stalls()
        self.disk_stalls = DiskStalls(nodes.place / "disk-stalls")

    def start(self):
        self.stalls.start()
        self.disk_stalls.start()
        for client in self.clients:
            client.start()
        return self

    def spread(self):
        """All clients go back to the nodes at which they began."""
        for client in self.clients:
            client.go_home = True

    def stop(self):
        for client in (*self.clients, self.stalls, self.disk_stalls):
            client.running = False
        for client in (*self.clients, self.stalls, self.disk_stalls):
            client.join(10)

    def acks(self):
        return sum(client.acks for client in self.clients)

    def stale(self):
        return sum(client.stale for client in self.clients)

    def gap(self, since=0.0):
        return max(client.gap(since) for client in self.clients)

    def errors(self):
        return sorted(error for client in self.clients for error in client.errors)

    def latencies(self, since, until):
        """Of the requests that were acknowledged in that time, in seconds, ascending."""
        return sorted(
            latency for client in self.clients for when, latency in zip(client.acked_at[1:], client.latencies)
            if since <= when <= until
        )  # fmt: skip

    def verify(self, number):
        """How the keys look through one node: {"there": ..., "late": ..., "lost": ..., "returned": ...}, and examples
        of the bad ones."""
        counts = {"there": 0, "late": 0, "lost": 0, "returned": 0}
        bad = []
        with self.nodes.connect(number, timeout=30) as connection:
            for client in self.clients:
                items = list(client.records.items())
                for start in range(0, len(items), BATCH):
                    batch = items[start : start + BATCH]
                    for (key, record), found in zip(batch, connection.pipeline([("GET", key) for key, _ in batch])):
                        verdict = "lost" if isinstance(found, Exception) else record.judge(found)
                        counts[verdict] += 1
                        if verdict in ("lost", "returned"):
                            bad.append(f"{verdict} at node {number}: {key} is {found!r}, not {record.value!r}")
        return counts, bad
