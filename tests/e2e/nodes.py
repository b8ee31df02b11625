"""A cluster of servers on a network (net.py), each of which can be harmed and helped by its number, from 1."""

import json
import os
import shutil
import signal

import support
from support import eventually

PEER_OFFSET = 10000


class Nodes:
    def __init__(self, network, place, count=3, flags=()):
        self.network, self.place, self.count, self.flags = network, place, count, list(flags)
        self.processes = {}
        try:
            for number in self.numbers():
                self.start(number)
            eventually(self.see_each_other, support.START_SECONDS, "all nodes see each other")
        except BaseException:
            self.stop()
            raise

    def numbers(self):
        return range(1, self.count + 1)

    def directory(self, number):
        path = self.place / f"node{number}"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def data(self, number):
        return self.directory(number) / "data"

    def address(self, number):
        return f"{self.network.host(number)}:{self.network.port(number)}"

    def peer_address(self, number):
        return f"{self.network.host(number)}:{self.network.port(number) + PEER_OFFSET}"

    def start(self, number, more=()):
        """Start a node and wait until it answers. All but the first join it."""
        join = [] if number == 1 else [f"--join={self.peer_address(1)}"]
        words = [support.GRAMME, "server", f"--data={self.data(number)}", f"--listen={self.address(number)}", *join,
                 *self.flags, *more]  # fmt: skip
        process = support.Process(self.network.wrap(number, words), self.directory(number) / "log")
        self.processes[number] = process

        def is_ready():
            if not process.is_running():
                raise RuntimeError(f"node {number} ended:\n{process.output()}")
            return self.ask(number, "PING") == "PONG"

        eventually(is_ready, support.START_SECONDS, f"node {number} answers")

    def connect(self, number, timeout=5.0):
        return support.Client(self.network.port(number), timeout, self.network.host(number))

    def ask(self, number, *words, timeout=5.0):
        with self.connect(number, timeout) as client:
            return client.ask(*words)

    def status(self, number):
        return json.loads(self.ask(number, "GRAMME", "STATUS"))

    def id(self, number):
        """As `gramme cluster status` shows it."""
        return self.status(number)["node"]

    def see_each_other(self):
        for number in self.numbers():
            members = self.status(number)["members"]
            if len(members) != self.count or not all(member["reachable"] for member in members):
                return False
        return True

    def pid(self, number):
        return self.processes[number].pid

    def kill(self, number):
        self.processes.pop(number).end(signal.SIGKILL)

    def pause(self, number):
        os.kill(self.pid(number), signal.SIGSTOP)

    def resume(self, number):
        os.kill(self.pid(number), signal.SIGCONT)

    def wipe(self, number):
        """The data of a node that does not run is gone."""
        shutil.rmtree(self.data(number))

    def stop(self):
        for number, process in self.processes.items():
            if process.is_running():
                self.resume(number)
                process.child.terminate()
        for process in self.processes.values():
            process.end()

    def complaints(self):
        """Lines in any log that no run should have."""
        words = ("Sanitizer", "runtime error", "assertion", "unreachable")
        found = []
        for number in self.numbers():
            for line in (self.directory(number) / "log").read_text(errors="replace").split("\n"):
                if any(word in line for word in words):
                    found.append(f"node {number}: {line}")
        return found
