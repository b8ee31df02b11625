"""More than a node can do: it says so at once, holds no more memory than it may, and hears its peers all the while."""

import concurrent.futures
import contextlib
import os
import select
import signal
import socket
import time

import pytest

import support
from support import Client, ReplyError, ask, encode, eventually

FLOOD = b"".join(encode(("SET", f"flood:{i}", "x" * 20)) for i in range(1000))
# A sanitized build on a busy machine is ten times slower than a release, and may stand still for a second; a turn
# without bounds was far beyond this.
TURN_MS_MAX = 5000
QUEUED_BYTES_MAX = 256 << 20


def info(port, section="everything"):
    lines = ask(port, "INFO", section).decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)


def peer_states(port):
    """Address of each other member and its state, as the node at `port` sees it."""
    found = {}
    for name, value in info(port, "healing").items():
        if name.startswith("peer") and name[4:].isdigit():
            fields = dict(field.split("=", 1) for field in value.split(","))
            found[fields["address"]] = fields["state"]
    return found


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


class Flood:
    """Connections that send pipelines and never read."""

    def __init__(self, port, count):
        self.poll = select.epoll()
        self.sockets = {}
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), 5)
            connection.setblocking(False)
            self.sockets[connection.fileno()] = connection
            self.poll.register(connection.fileno(), select.EPOLLOUT)

    def push(self, seconds):
        """Send whatever the other side takes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number, _ in self.poll.poll(0.1, 64):
                with contextlib.suppress(OSError):
                    self.sockets[number].send(FLOOD)

    def close(self):
        self.poll.close()
        for connection in self.sockets.values():
            connection.close()


def answered(port):
    """One write over a connection of its own: taken, or refused as too much. Silence fails the test."""
    try:
        return ask(port, "SET", "question", "1")
    except ReplyError as error:
        assert str(error).startswith(("BUSY", "NOQUORUM", "TIMEOUT")), error
        return str(error)


def test_a_flood_at_one_node_leaves_its_peers_in_touch(start_dev):
    dev = start_dev(flags=["--memory=128m"], env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    before = resident_mib(dev.node_pid(1))
    flood = Flood(dev.port, 400)
    try:
        for _ in range(8):
            flood.push(0.5)
            for port in dev.ports():
                assert answered(port)
                assert ask(port, "PING") == "PONG"
        assert resident_mib(dev.node_pid(1)) - before < 700
        stats = info(dev.port, "stats")
    finally:
        flood.close()
    assert int(stats["turn_longest_ms"]) < TURN_MS_MAX
    assert int(stats["clients_made_to_wait"]) > 0
    eventually(lambda: ask(dev.port, "SET", "question", "2") == "OK", 20, "a write once the flood is over")
    for number in (1, 2, 3):
        assert "peer down" not in dev.node_log(number)


def test_large_values_that_nobody_reads_harm_nobody_else(start_dev):
    """Few requests, but of a megabyte each: bounded by their bytes, in memory and in each turn."""
    dev = start_dev(flags=["--memory=64m"], env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    value = b"x" * 1000000
    gets = encode(("GET", "large")) * 64
    assert ask(dev.port, "SET", "large", value) == "OK"
    before = resident_mib(dev.node_pid(1))
    greedy = [Client(dev.port, timeout=30) for _ in range(40)]
    try:
        for client in greedy:
            client.send_raw(gets)
        end = time.monotonic() + 4
        answered = 0
        while time.monotonic() < end:
            try:
                assert ask(dev.port, "GET", "small") is None
                answered += 1
            except ReplyError as error:
                assert str(error).startswith("BUSY"), error
            for port in dev.ports():
                assert ask(port, "PING") == "PONG"
            seen = info(dev.port)
            assert int(seen["reads_bytes"]) <= 32 << 20
            assert resident_mib(dev.node_pid(1)) - before < 400
        assert int(seen["turn_longest_ms"]) < TURN_MS_MAX
        for client in greedy[1:]:
            client.close()
        replies = [greedy[0].read_or_error() for _ in range(64)]
        assert all(reply == value or str(reply).startswith("BUSY") for reply in replies)
        assert answered > 0 and value in replies
    finally:
        for client in greedy:
            client.close()
    for number in (1, 2, 3):
        assert "peer down" not in dev.node_log(number)


def test_large_values_that_many_write_at_once_are_taken_or_refused(start_dev):
    """Together more than the links to the peers may hold: what cannot be sent in time is not begun."""
    dev = start_dev(env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    value = b"x" * 8000000
    writers = [Client(dev.port, timeout=30) for _ in range(40)]
    try:
        with concurrent.futures.ThreadPoolExecutor(len(writers)) as pool:
            for number, client in enumerate(writers):
                pool.submit(client.send, "SET", f"wide:{number}", value)
        replies = [client.read_or_error() for client in writers]
    finally:
        for client in writers:
            client.close()
    assert {str(reply).split()[0] for reply in replies} >= {"OK", "BUSY"}, replies
    for number, reply in enumerate(replies):
        assert str(reply).startswith(("OK", "BUSY", "NOQUORUM")), reply
        if reply == "OK":
            assert ask(dev.port + 1, "STRLEN", f"wide:{number}") == len(value)
    assert info(dev.port)["writes_bytes"] == "0"
    for number in (1, 2, 3):
        assert "peer down" not in dev.node_log(number)


def test_full_pools_are_answered_at_once(start_dev):
    """Two of three nodes hang, so requests stay open: those beyond the pool are not left to their deadline."""
    dev = start_dev(flags=["--requests=64", "--request-timeout=20000"])
    hung = [dev.node_pid(2), dev.node_pid(3)]
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    clients = [Client(dev.port, timeout=10) for _ in range(40)]  # a new one has four writes in flight
    try:
        for i, client in enumerate(clients):
            client.send_raw(b"".join(encode(("SET", f"full:{i}:{j}", "x")) for j in range(60)))
        with pytest.raises(ReplyError, match="^BUSY "):
            for _ in range(60):
                clients[-1].read()
        assert int(info(dev.port, "gramme")["requests_busy"]) > 0
    finally:
        for pid in hung:
            os.kill(pid, signal.SIGCONT)
        for client in clients:
            client.close()
    eventually(lambda: ask(dev.port, "SET", "after", "1") == "OK", 30, "a write after that")


def test_what_waits_for_a_hung_peer_is_bounded_and_it_comes_back_once(start_dev):
    dev = start_dev()
    third = f"127.0.0.1:{dev.port + 2}"
    pid = dev.node_pid(3)
    eventually(lambda: peer_states(dev.port)[third] == "healthy", 20, "all healthy")
    value = b"x" * 100000
    os.kill(pid, signal.SIGSTOP)
    try:
        with Client(dev.port, timeout=20) as client:
            for i in range(60):
                replies = client.pipeline([("SET", f"hung:{j}", value) for j in range(16)])
                assert replies.count("OK") >= 8, replies[0]
                assert int(info(dev.port)["links_bytes_queued"]) <= QUEUED_BYTES_MAX
                time.sleep(0.02)
        eventually(lambda: peer_states(dev.port)[third] in ("suspect", "down"), 20, "the hung node is seen as such")
        time.sleep(6)  # the others dial it again and again meanwhile, and give up each time
        seen = info(dev.port)
        assert int(seen["links_bytes_queued"]) < 64 << 20
    finally:
        os.kill(pid, signal.SIGCONT)
    for port in dev.ports():
        eventually(lambda port=port: set(peer_states(port).values()) == {"healthy"}, 30, f"all healthy at {port}")
    eventually(lambda: ask(dev.port + 2, "SET", "hung:again", "1") == "OK", 20, "a write at the node that hung")
    for number in (1, 2, 3):
        assert "two processes" not in dev.node_log(number)


def test_info_names_every_other_member_and_how_it_is(start_dev):
    dev = start_dev()
    ports = dev.ports()
    for port in ports:
        others = {f"127.0.0.1:{other}" for other in ports if other != port}
        healthy = dict.fromkeys(others, "healthy")
        eventually(lambda: peer_states(port) == healthy, 20, f"all healthy at {port}")
    dev.kill(3)
    third = f"127.0.0.1:{ports[2]}"
    eventually(lambda: peer_states(ports[0])[third] == "down", 10, "the dead node is down")
    healing = info(ports[0], "healing")
    for name in ("hints_pending", "hints_bytes", "comparison_oldest_ms", "keys_repaired", "partitions_filling",
                 "peers_suspected", "links_cut", "links_bytes_lost"):  # fmt: skip
        assert healing[name].isdigit(), name


def test_settings_of_healing_reach_every_node(start_dev):
    dev = start_dev(flags=["--hints-max=64m", "--hints-age=90m", "--sync-period=1500ms", "--reap-after=250"])
    for port in dev.ports():
        with Client(port) as client:
            assert client.ask("CONFIG", "GET", "hints-max") == [b"hints-max", b"67108864"]
            assert client.ask("CONFIG", "GET", "hints-age") == [b"hints-age", b"90m"]
            assert client.ask("CONFIG", "GET", "sync-period") == [b"sync-period", b"1500ms"]
            assert client.ask("CONFIG", "GET", "reap-after") == [b"reap-after", b"250ms"]
    refused = support.run("server", "--data", dev.dir / "other", "--hints-age", "tomorrow")
    assert refused.returncode != 0
    assert b"--hints-age tomorrow: wants 1s..30d" in refused.stderr
