"""A node that lost its disk, another in its place, and the old directory found again."""

import json
import shutil
import subprocess
import threading

import pytest

from support import GRAMME, Client, ask, eventually, run

KEYS = 400


def status(port):
    return json.loads(ask(port, "GRAMME", "STATUS"))


def view(port):
    return json.loads(run("cluster", "status", "--json", "--connect", f"127.0.0.1:{port}").stdout)


def write(port, first, last):
    with Client(port) as client:
        assert set(client.pipeline([("SET", f"r:{i}", i) for i in range(first, last)])) == {"OK"}


def node_id(port):
    return status(port)["node"]


def refusal(server, seconds=30):
    """The output of a server that ends by itself with an error."""
    assert server.wait(seconds) != 0
    return server.output()


@pytest.fixture
def ring(start_server):
    """Three servers with data."""
    founder = start_server("a")
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    servers = [founder, start_server("b", flags=[join]), start_server("c", flags=[join])]
    eventually(lambda: view(founder.port)["healthy"] and view(founder.port)["copies"] == 3, 20, "three nodes")
    write(founder.port, 0, KEYS)
    return servers


def gone(founder, id_):
    """Has the founder noticed that the node is down?"""
    return not next(member["reachable"] for member in status(founder.port)["members"] if member["node"] == id_)


def is_whole(port):
    return status(port)["partitions_filling"] == 0


def own_copies(server):
    """Live keys in this node's own store."""
    return status(server.port)["keys"]


def test_a_new_node_takes_the_place_of_a_lost_one(ring, start_server, tmp_path):
    founder, _, lost = ring
    old = node_id(lost.port)
    lost.end(9)
    shutil.copytree(lost.data, tmp_path / "found")
    shutil.rmtree(lost.data)
    eventually(lambda: gone(founder, old), 10, "the founder to notice")
    write(founder.port, KEYS, 2 * KEYS)
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    new = start_server("d", flags=[join, f"--replace={old}"])
    members = {member["node"]: member["pieces"] for member in status(founder.port)["members"]}
    assert old not in members and members[node_id(new.port)] == 1024
    nodes = ask(founder.port, "CLUSTER", "NODES").decode()
    assert old not in nodes and node_id(new.port) in nodes
    eventually(lambda: own_copies(new) == 2 * KEYS, 60, "every key at the new node")
    eventually(lambda: is_whole(new.port), 60, "all partitions filled")
    with Client(new.port) as client:
        got = client.pipeline([("GET", f"r:{i}") for i in range(2 * KEYS)])
        assert got == [b"%d" % i for i in range(2 * KEYS)]

    # The old directory is found again: fenced, at once and at the next start.
    found = start_server("c", port=lost.port, flags=[join, f"--data={tmp_path}/found"], wait=False)
    assert "has been replaced" in refusal(found)
    again = start_server("c", port=lost.port, flags=[f"--data={tmp_path}/found"], wait=False)
    assert "has been replaced" in refusal(again)
    assert "serving clients" not in found.output() + again.output()

    # What it remembers, it needs not be told again.
    assert new.end() == 0
    back = start_server("d", port=new.port, flags=[join, f"--replace={old}"])
    assert ask(back.port, "GET", "r:7") == b"7"


def test_a_refused_node_is_let_in_by_command(ring, start_server):
    founder, _, lost = ring
    old = node_id(lost.port)
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    stranger = start_server("d", flags=[join], wait=False)
    words = refusal(stranger).split("cluster replace OLD ")[1]
    new = words[:16]

    def replace(*ids):
        return run("cluster", "replace", *ids, "--connect", f"127.0.0.1:{founder.port}")

    up = replace(old, new)
    assert up.returncode == 1 and b"is up" in up.stderr
    assert b"no member" in replace("ffff", new).stderr
    assert replace(old, new[:8]).returncode == 2
    lost.end(9)
    eventually(lambda: replace(old[:8], new).returncode == 0, 10, "the place to be given")
    done = replace(old, new)
    assert done.returncode == 0, done.stderr
    assert b"was replaced already" in replace(old, "0123456789abcdef").stderr
    again = start_server("d", port=stranger.port, flags=[join])
    assert node_id(again.port) == new
    with Client(again.port) as client:
        got = client.pipeline([("GET", f"r:{i}") for i in range(KEYS)])
        assert got == [b"%d" % i for i in range(KEYS)]


def test_a_place_given_to_a_wrong_id_is_given_on(ring, start_server):
    founder, _, lost = ring
    old = node_id(lost.port)
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    stranger = start_server("d", flags=[join], wait=False)
    new = refusal(stranger).split("cluster replace OLD ")[1][:16]
    wrong = "0123456789abcdef"
    lost.end(9)

    def replace(*ids):
        return run("cluster", "replace", *ids, "--connect", f"127.0.0.1:{founder.port}")

    eventually(lambda: replace(old, wrong).returncode == 0, 10, "the place to be given")
    assert b"is awaited" in (again := replace(old, wrong)).stdout and f"replace {wrong} ID".encode() in again.stdout
    shown = run("cluster", "status", "--connect", f"127.0.0.1:{founder.port}").stdout
    assert b"start it with --join" in shown
    assert f"by node {wrong}".encode() in replace(old, new).stderr
    assert replace(wrong, new).returncode == 0
    assert node_id(start_server("d", port=stranger.port, flags=[join]).port) == new


def test_a_node_that_cannot_take_the_place_says_why(ring, start_server):
    founder, second, _ = ring
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    up = start_server("d", flags=[join, f"--replace={node_id(second.port)}"], wait=False)
    assert "is up" in refusal(up)
    none = start_server("e", flags=[join, "--replace=00000000000000ff"], wait=False)
    assert "is no member" in refusal(none)
    alone = start_server("f", flags=["--replace=00000000000000ff"], wait=False)
    assert "--replace needs --join" in refusal(alone)


class Asker(threading.Thread):
    """One client that reads and writes at one node without a pause, and notes each error."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.port, self.name = port, name
        self.running, self.asked, self.errors = True, 0, []

    def run(self):
        with Client(self.port) as client:
            while self.running:
                key = f"{self.name}:{self.asked % 100}"
                commands = [("SET", key, "v"), ("APPEND", key, "w"), ("GET", key), ("DEL", key)]
                self.errors += [str(got) for got in client.pipeline(commands) if isinstance(got, Exception)]
                self.asked += 1

    def stop(self):
        self.running = False
        self.join(30)
        assert not self.is_alive() and self.asked > 0


def test_clients_of_the_others_do_not_notice(ring, start_server):
    """The new node owns keys, and is handed requests, before it has reached all others: these are for them to do."""
    founder, second, lost = ring
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    for turn in range(3):
        old = node_id(lost.port)
        lost.end(9)
        eventually(lambda: gone(founder, old) and gone(second, old), 10, "the others to notice")
        askers = [Asker(server.port, f"{name}{turn}") for server in (founder, second) for name in "pqrs"]
        for asker in askers:
            asker.start()
        lost = start_server(f"new{turn}", flags=[join, f"--replace={old}"])
        eventually(lambda: is_whole(lost.port), 60, "all partitions filled")
        for asker in askers:
            asker.stop()
        assert [error for asker in askers for error in asker.errors] == []


def test_scrub_reads_everything_back(ring):
    port = ring[0].port
    done = run("node", "scrub", "--wait", "--connect", f"127.0.0.1:{port}")
    assert done.returncode == 0, done.stderr
    assert status(port)["objects_scrubbed"] >= KEYS
    words = "0 damaged (0 repaired or being fetched from other owners), 0 slots unreadable"
    assert f"{status(port)['objects_scrubbed']} objects read back, {words}\n".encode() in done.stdout


def test_a_scrub_that_is_cut_short_says_so(ring, tmp_path):
    port = ring[0].port
    with open(tmp_path / "scrub", "wb") as out:
        command = [GRAMME, "node", "scrub", "--wait", "--connect", f"127.0.0.1:{port}"]
        scrub = subprocess.Popen(command, stdout=out, stderr=out)
    eventually(lambda: status(port)["scrub_running"] == 1, 10, "the scrub to begin")
    ring[0].end(9)
    assert scrub.wait(20) == 1
    said = (tmp_path / "scrub").read_text()
    assert "not known to have run to its end" in said and "until then: " in said
