"""Files of one node's engine damaged or gone: it starts nevertheless, says so, and becomes whole from the others."""

import json
import random
import signal
import time

import pytest

import healed
from support import Client, ask, eventually, run

KEYS = 2000
DELETED = 200
HEAL_SECONDS = 60


class Ring:
    """Three servers, as healed.py wants them."""

    def __init__(self, start_server, flags=()):
        founder = start_server("node1", flags=flags)
        self.flags = [f"--join=127.0.0.1:{founder.port + 10000}", *flags]
        self.start_server = start_server
        self.servers = [founder] + [start_server(f"node{i}", flags=self.flags) for i in (2, 3)]
        eventually(lambda: self.status(1)["copies"] == 3, 20, "three copies")

    def numbers(self):
        return (1, 2, 3)

    def port(self, number):
        return self.servers[number - 1].port

    def ask(self, number, *words):
        return ask(self.port(number), *words)

    def status(self, number):
        return json.loads(self.ask(number, "GRAMME", "STATUS"))

    def victim(self):
        return self.servers[2]

    def stop_victim(self):
        assert self.victim().end() == 0

    def start_victim(self):
        self.servers[2] = self.start_server("node3", port=self.victim().port, flags=self.flags)

    def file(self, suffix):
        """The largest of the victim's."""
        files = (self.victim().data / "rocksdb").glob("*" + suffix)
        return max(files, key=lambda path: path.stat().st_size)


def value(number):
    """No compression makes it shorter, so that the largest table is one of objects."""
    return random.Random(number).randbytes(200)


def write(ring, first=0, last=KEYS):
    with Client(ring.port(1)) as client:
        replies = client.pipeline([("SET", f"s:{i}", value(i)) for i in range(first, last)])
        assert set(replies) == {"OK"}


@pytest.fixture
def ring(start_server):
    """With data, some of it deleted; the third node has it in tables, and nothing in its log."""
    ring = Ring(start_server)
    write(ring)
    with Client(ring.port(1)) as client:
        assert set(client.pipeline([("DEL", f"s:{i}") for i in range(DELETED)])) == {1}
    took, left = healed.wait(ring, time.monotonic(), HEAL_SECONDS)
    assert not left, left
    ring.stop_victim()
    ring.start_victim()
    return ring


def flip(path, place, count=16):
    with open(path, "r+b") as file:
        file.seek(place)
        old = file.read(count)
        file.seek(place)
        file.write(bytes(byte ^ 0xFF for byte in old))


def expect_whole(ring, last=KEYS):
    """Every key, read of its own copy; nothing left to fill; the same trees and counts as the others."""
    took, left = healed.wait(ring, time.monotonic(), HEAL_SECONDS)
    assert not left, left
    assert ring.ask(3, "CONFIG", "SET", "r", "1") == "OK"
    with Client(ring.port(3)) as client:
        got = client.pipeline([("GET", f"s:{i}") for i in range(last)])
        assert got == [None if i < DELETED else value(i) for i in range(last)]
    assert healed.digests(ring, 3) == healed.digests(ring, 1) == healed.digests(ring, 2)
    for number in ring.numbers():
        eventually(lambda: ring.status(number)["keys"] == last - DELETED, 5, f"the count of live keys at {number}")


def cut_table(ring):
    path = ring.file(".sst")
    flip(path, path.stat().st_size - 12, 12)  # its end, which says where all else is
    return path


def delete_table(ring):
    path = ring.file(".sst")
    path.unlink()
    return path


def damage_log(ring):
    path = ring.file(".log")
    flip(path, path.stat().st_size // 2)
    return path


@pytest.mark.parametrize("harm", [cut_table, delete_table, damage_log])
def test_a_file_that_cannot_be_read(ring, harm):
    write(ring, KEYS, KEYS + 300)  # in the log
    took, left = healed.wait(ring, time.monotonic(), HEAL_SECONDS)
    assert not left, left
    ring.stop_victim()
    path = harm(ring)
    ring.start_victim()
    log = ring.victim().output()
    told = [line for line in log.split("\n") if "put them aside" in line]
    assert len(told) == 1 and "fetches all" in told[0], log
    assert "quarantine" in told[0] or path.name in told[0], told
    if harm is not delete_table:
        assert list((ring.victim().data / "quarantine").rglob(path.name)), path
    expect_whole(ring, KEYS + 300)

    # It says so once.
    ring.stop_victim()
    ring.start_victim()
    assert "put them aside" not in ring.victim().output()
    expect_whole(ring, KEYS + 300)


def test_a_deleted_key_does_not_come_back_with_its_table(start_server):
    """Its deletion was forgotten by all, and the victim loses the log that says so."""
    ring = Ring(start_server, ["--reap-after=250ms", "--request-timeout=200"])
    write(ring, 0, DELETED)
    took, left = healed.wait(ring, time.monotonic(), HEAL_SECONDS)
    assert not left, left
    ring.stop_victim()
    ring.start_victim()  # makes a table
    for number in ring.numbers():
        eventually(lambda: ring.status(number)["copies"] == 3, 20, "three copies")
    with Client(ring.port(1)) as client:
        assert set(client.pipeline([("DEL", f"s:{i}") for i in range(DELETED)])) == {1}
    eventually(
        lambda: all(healed.gauges(ring, i)["tombstones_reaped"] >= DELETED for i in ring.numbers()),
        HEAL_SECONDS,
        "all deletions forgotten",
    )
    assert ring.ask(1, "SET", "after", "x") == "OK"
    ring.victim().end(signal.SIGKILL)
    for path in (ring.victim().data / "rocksdb").glob("*.log"):
        path.unlink()
    ring.start_victim()
    assert "put them aside" in ring.victim().output()
    took, left = healed.wait(ring, time.monotonic(), HEAL_SECONDS)
    assert not left, left
    assert healed.gauges(ring, 3)["copies_discarded"] == DELETED
    for number in ring.numbers():
        assert ring.ask(number, "CONFIG", "SET", "r", "1") == "OK"
        with Client(ring.port(number)) as client:
            assert client.pipeline([("GET", f"s:{i}") for i in range(DELETED)]) == [None] * DELETED
            assert client.pipeline([("GET", "after")]) == [b"x"]


def expect_new_start(ring, path, pid):
    """By itself, in the same process, with the damaged table put aside."""
    eventually(lambda: "put them aside" in ring.victim().output(), 20, "a start that puts the file aside")
    eventually(lambda: ring.ask(3, "PING") == "PONG", 20, "clients served again")
    assert "starting anew" in ring.victim().output()
    assert ring.victim().pid == pid and ring.victim().is_running()
    assert list((ring.victim().data / "quarantine").rglob(path.name))


def damage_block(ring):
    """Not seen when the file is opened."""
    path = ring.file(".sst")
    ring.stop_victim()
    flip(path, path.stat().st_size // 3)
    ring.start_victim()
    return path


def test_a_damaged_block_is_found_by_scrub(ring):
    path = damage_block(ring)
    done = run("node", "scrub", "--wait", "--connect", f"127.0.0.1:{ring.port(3)}", timeout=60)
    assert done.returncode == 1, done.stdout
    # The node may be started anew before the command has seen what was found.
    assert b", 0 slots unreadable" not in done.stdout or b"to its end" in done.stderr, (done.stdout, done.stderr)
    assert path.name in ring.victim().output()
    with Client(ring.port(3)) as client:  # served by the others
        assert client.pipeline([("GET", f"s:{i}") for i in range(DELETED, KEYS)]) == [
            value(i) for i in range(DELETED, KEYS)
        ]
    expect_new_start(ring, path, ring.victim().pid)
    expect_whole(ring)


def test_a_damaged_block_is_met_by_a_compaction(ring):
    path = damage_block(ring)
    last = KEYS
    for _ in range(8):  # each start makes a table of what is in the log, until there are enough to be merged
        ring.stop_victim()
        ring.start_victim()
        pid = ring.victim().pid
        for _ in range(2):
            write(ring, last, last + 20)
            last += 20
            time.sleep(0.3)
        if "starting anew" in ring.victim().output():
            break
    expect_new_start(ring, path, pid)
    expect_whole(ring, last)


def test_a_node_without_other_copies_goes_on_with_a_damaged_table(start_server):
    """What can be read of it is all there is: no start takes that away unasked."""
    server = start_server()
    with Client(server.port) as client:
        assert set(client.pipeline([("SET", f"s:{i}", value(i)) for i in range(KEYS)])) == {"OK"}
    assert server.end() == 0
    assert start_server(port=server.port).end() == 0  # makes a table
    path = max((server.data / "rocksdb").glob("*.sst"), key=lambda path: path.stat().st_size)
    flip(path, path.stat().st_size // 3)
    server = start_server(port=server.port)
    assert ask(server.port, "GRAMME", "SCRUB") == "Scrub started"
    eventually(lambda: "nobody else has copies" in server.output(), 20, "a word about the damage")
    with Client(server.port) as client:
        got = client.pipeline([("GET", f"s:{i}") for i in range(KEYS)])
    assert sum(value(i) == got[i] for i in range(KEYS)) > KEYS // 2 and None not in got
    assert ask(server.port, "SET", "new", "x") == "OK"
