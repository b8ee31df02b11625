"""Networks for nodes: each with a network namespace of its own on a bridge, and cuts between any two, also one-way.

    host (bridge 10.77.0.254; clients)            all of it in a namespace of its own, which has no way out:
      |           |           |                   enter() starts the program again inside such a one, with mounts
    node 1      node 2      node 3                and process ids of its own too, so that nothing is left at its end
    10.77.0.1   10.77.0.2   10.77.0.3

A cut from a to b makes a believe that b's hardware address is one that nobody has: what a sends to b vanishes without
a word, as on a broken line, while b is still heard by a. Clients are not cut off: what they meet is a node that cannot
reach the others.

Needs root or unprivileged user namespaces, and ip and unshare. Where these are not to be had, Loopback serves: the
same interface on 127.0.0.1, without cuts.
"""

import functools
import os
import shutil
import subprocess
import sys

import support

INSIDE = "GRAMME_TEST_NAMESPACE"
NOBODY = "02:00:00:00:ff:ff"
PORT = 6379
COMMAND_SECONDS = 20


def command(*words):
    done = subprocess.run(
        [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stdout.strip()}")


def private(*words):
    """The command line of a program in namespaces of its own; it ends with whoever started it."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", *map(str, words)]


@functools.lru_cache
def why_not():
    """Why there can be no namespaces here; empty when there can."""
    if INSIDE in os.environ:
        return ""
    missing = [tool for tool in ("ip", "unshare") if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not installed (packages iproute2, util-linux)"
    script = "mount -t tmpfs tmpfs /run && ip netns add probe && ip link add probe type veth peer name peer netns probe"
    done = subprocess.run(
        private("sh", "-c", script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    return "" if done.returncode == 0 else f"no namespaces: {done.stdout.strip().splitlines()[-1:] or ['?']}"


def enter():
    """Go on in namespaces of our own: starts the program again, does not return. No effect inside, or where there are
    none."""
    if INSIDE in os.environ or why_not():
        return
    os.environ[INSIDE] = "1"
    words = private(sys.executable, *sys.argv)
    os.execvp(words[0], words)


def is_inside():
    return INSIDE in os.environ


class Bridge:
    """Nodes 1 to `count`, each on an address of its own. Only after enter()."""

    can_cut = True

    def __init__(self, count):
        self.count = count
        command("mount", "-t", "tmpfs", "tmpfs", "/run")  # where ip keeps the names of namespaces
        command("ip", "link", "set", "lo", "up")
        command("ip", "link", "add", "bridge", "type", "bridge")
        command("ip", "addr", "add", "10.77.0.254/24", "dev", "bridge")
        command("ip", "link", "set", "bridge", "up")
        for number in range(1, count + 1):
            self.add(number)
        for number in range(1, count + 1):
            for other in range(1, count + 1):
                self.point(number, other, self.hardware(other))

    def add(self, number):
        name = f"node{number}"
        command("ip", "netns", "add", name)
        command("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name,
                "address", self.hardware(number))  # fmt: skip
        command("ip", "link", "set", f"to-{name}", "master", "bridge", "up")
        command("ip", "-n", name, "link", "set", "lo", "up")
        command("ip", "-n", name, "addr", "add", f"{self.host(number)}/24", "dev", "eth0")
        command("ip", "-n", name, "link", "set", "eth0", "up")

    def host(self, number):
        return f"10.77.0.{number}"

    def port(self, number):
        return PORT

    def hardware(self, number):
        return f"02:00:00:00:00:{number:02x}"

    def wrap(self, number, words):
        """The command line of a program at a node's place. Its process id is the program's."""
        return ["ip", "netns", "exec", f"node{number}", *words]

    def point(self, number, other, hardware):
        if number != other:
            command("ip", "-n", f"node{number}", "neigh", "replace", self.host(other), "lladdr", hardware,
                    "dev", "eth0", "nud", "permanent")  # fmt: skip

    def cut(self, senders, receivers):
        """What any of `senders` sends to any of `receivers` is lost."""
        for number in senders:
            for other in receivers:
                self.point(number, other, NOBODY)

    def cut_both(self, some, others):
        self.cut(some, others)
        self.cut(others, some)

    def mend(self):
        for number in range(1, self.count + 1):
            for other in range(1, self.count + 1):
                self.point(number, other, self.hardware(other))


class Loopback:
    """Nodes side by side on 127.0.0.1, where nothing can be cut."""

    can_cut = False

    def __init__(self, count):
        self.count = count
        self.base = support.free_ports(count)

    def host(self, number):
        return "127.0.0.1"

    def port(self, number):
        return self.base + number - 1

    def wrap(self, number, words):
        return list(words)

    def mend(self):
        pass


def network(count):
    return Bridge(count) if is_inside() else Loopback(count)
