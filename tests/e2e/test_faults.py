"""Dead nodes, full disks."""

import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import time

import pytest

import support
from support import ROOT, Client, ReplyError, ask, encode, eventually

GAP_SECONDS_MAX = 10.0  # nobody is left hanging; how long clients wait is for bench/ to measure
USUAL_SECONDS_MAX = 1.0  # a request's deadline


def test_kill_any_one_of_three_under_load(tmp_path):
    """Eight writers; each node killed in turn; nothing acknowledged is lost, nobody is left hanging."""
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "kill-one.py", "--json", "--rounds", "3", "--seconds", "4", "--writers", "8"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=220, text=True,
        env={**os.environ, "GRAMME": support.GRAMME, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    rounds = json.loads(done.stdout)
    assert sorted(result["killed"] for result in rounds) == [1, 2, 3]
    for result in rounds:
        assert result["acked"] > 100, result
        assert set(result["missing"].values()) == {0}, result
        assert result["gap_s"] < GAP_SECONDS_MAX, result


def test_two_dead_of_three_is_said_and_ends_when_one_is_back(start_dev):
    dev = start_dev()
    assert ask(dev.port, "SET", "k", "1") == "OK"
    dev.kill(2)
    assert ask(dev.port, "SET", "k", "2") == "OK"
    dev.kill(3)
    with Client(dev.port) as client:
        with pytest.raises(ReplyError, match="^NOQUORUM .*2.*1"):
            client.ask("SET", "k", "3")
        with pytest.raises(ReplyError, match="^NOQUORUM "):
            client.ask("GET", "k")
        assert client.ask("PING") == "PONG"
    dev.start_again(2)
    eventually(lambda: ask(dev.port, "SET", "k", "4") == "OK", 20, "a write again")
    assert ask(dev.port + 1, "GET", "k") == b"4"


def test_a_read_repairs_what_a_node_missed(start_dev):
    dev = start_dev()
    dev.kill(3)
    with Client(dev.port) as client:
        assert set(client.pipeline([("SET", f"missed:{i}", i) for i in range(100)])) == {"OK"}
    dev.start_again(3)
    with Client(dev.port + 2) as client:
        assert client.pipeline([("GET", f"missed:{i}") for i in range(100)]) == [b"%d" % i for i in range(100)]


def test_the_longest_key_reaches_who_was_away(start_dev):
    dev = start_dev()
    dev.kill(3)
    longest = "k" * 65535
    with Client(dev.port) as client:
        with pytest.raises(ReplyError, match="key is too long"):
            client.ask("SET", longest + "k", "v")
        assert client.ask("SET", longest, "v") == "OK"
    dev.start_again(3)
    eventually(lambda: len({tuple(ask(port, "GRAMME", "DIGEST")) for port in dev.ports()}) == 1, 20, "equal copies")


def test_all_killed_at_once_come_back_with_every_acknowledged_write(start_dev):
    dev = start_dev()
    acked = []
    with Client(dev.port) as client:
        for i in range(300):
            assert client.ask("SET", f"all:{i}", i) == "OK"
            acked.append(i)
    pids = [dev.node_pid(number) for number in (1, 2, 3)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert dev.wait() == 1
    assert "no node is left" in dev.output()
    again = start_dev(port=dev.port)
    with Client(again.port + 1) as client:
        assert client.pipeline([("GET", f"all:{i}") for i in acked]) == [b"%d" % i for i in acked]


def test_a_stopped_node_does_not_stop_the_others(start_dev):
    """SIGSTOP: its connections stay open and say nothing."""
    dev = start_dev()
    pid = dev.node_pid(3)
    os.kill(pid, signal.SIGSTOP)
    try:
        waits = []
        for i in range(100):
            before = time.monotonic()
            assert ask(dev.port + i % 2, "SET", f"stopped:{i}", i) == "OK"
            waits.append(time.monotonic() - before)
        assert statistics.median(waits) < USUAL_SECONDS_MAX
        for i in range(100):
            assert ask(dev.port + (i + 1) % 2, "GET", f"stopped:{i}") == b"%d" % i
    finally:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: ask(dev.port + 2, "GET", "stopped:99") == b"99", 20, "the third node again")


def test_what_clients_gave_up_is_not_done_when_a_stopped_node_wakes(start_dev):
    dev = start_dev()
    port = dev.port + 2
    pid = dev.node_pid(3)
    before, patient = Client(port), Client(port)
    assert before.ask("PING") == "PONG"
    assert patient.ask("SET", "patient", "before") == "OK"
    os.kill(pid, signal.SIGSTOP)
    try:
        with before, Client(port) as meanwhile:
            before.send("SET", "given-up:before", "old")
            meanwhile.send("SET", "given-up:meanwhile", "old")
        patient.send("SET", "patient", "answered")
        for key in ("given-up:before", "given-up:meanwhile"):
            assert ask(dev.port, "SET", key, "new") == "OK"
        time.sleep(1)
    finally:
        os.kill(pid, signal.SIGCONT)
    with patient:
        assert patient.read() == "OK"
        for key, value in {"given-up:before": b"new", "given-up:meanwhile": b"new", "patient": b"answered"}.items():
            assert patient.ask("GET", key) == value
    assert "it gave up while this node did not run" in dev.node_log(3)


@pytest.fixture
def small_disk(tmp_path, request):
    """A file system of 96 MB of its own, or as many as the test says, as root."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={getattr(request, 'param', 96)}m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL, timeout=10).returncode != 0:
        pytest.skip("mounting is not possible here")
    yield place
    subprocess.run(["umount", str(place)], check=True, timeout=10)


@pytest.mark.parametrize("small_disk", [8], indirect=True)
def test_a_disk_that_is_too_small_is_refused_before_joining(small_disk, start_server):
    founder = start_server("founder")
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    joiner = start_server("joiner", data=small_disk / "data", flags=[join], wait=False)
    assert joiner.wait(20) != 0
    assert "a new data directory needs 64 MB, and its disk has 8 MB left" in joiner.output()
    members = json.loads(ask(founder.port, "GRAMME", "STATUS"))["members"]
    assert [member["self"] for member in members] == [True]


def fill(place):
    """Take all of the space that is left. Returns the file."""
    ballast = place / "ballast"
    with open(ballast, "wb", buffering=0) as out:
        size = 1 << 20
        while size >= 4096:
            try:
                out.write(b"\0" * size)
            except OSError:
                size //= 2
    return ballast


def write_until_refused(client):
    """The first error of a write, as text."""
    for i in range(2000):
        try:
            client.ask("SET", f"full:{i}", b"x" * 100000)
        except ReplyError as error:
            return str(error)
    raise AssertionError("200 MB fit on a full disk")


def test_a_full_disk_refuses_writes_and_serves_reads(small_disk, start_server):
    server = start_server(data=small_disk / "data")
    assert ask(server.port, "SET", "before", "x") == "OK"
    ballast = fill(small_disk)
    with Client(server.port) as client:
        error = write_until_refused(client)
        assert "space" in error or "disk" in error, error
        assert client.ask("GET", "before") == b"x"
        assert client.ask("PING") == "PONG"
        for i in range(50):
            with pytest.raises(ReplyError):
                client.ask("SET", f"more:{i}", b"x" * 100000)
        assert server.output().count("the disk is full") == 1
        ballast.unlink()
        eventually(lambda: client.ask("SET", "after", "y") == "OK", 20, "a write after there is space")
        assert client.ask("GET", "before") == b"x"

        def is_told():
            client.ask("SET", "later", "z")
            return server.output().count("there is room on the disk again") == 1

        eventually(is_told, 20, "a line about the room")
        assert server.output().count("the disk is full") == 1
    assert server.end() == 0
    again = start_server(port=server.port, data=small_disk / "data")
    assert ask(again.port, "GET", "after") == b"y"
    assert again.end() == 0


def test_a_disk_that_fills_while_the_engine_writes_is_got_over(start_server):
    """RocksDB takes no more writes then. A limit on the size of files stands for the disk: it needs no root."""
    server = start_server()
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1 << 20, hard))
    said = "the disk became full while the engine was writing"
    with Client(server.port) as client:
        write_until_refused(client)
        kept = next(i for i in range(2000) if client.ask("GET", f"full:{i}") is None)
        assert kept > 1
        eventually(lambda: said in server.output(), what="a line about the engine")
        time.sleep(7)  # longer than it looks on: what is free does not count while it cannot be used
        with pytest.raises(ReplyError, match="no space left on the device"):
            client.ask("SET", "more", "x")
        assert client.ask("GET", "full:0") == b"x" * 100000
    assert "starting anew" not in server.output()
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
    eventually(lambda: ask(server.port, "SET", "after", "y") == "OK", 20, "a write after there is room")
    output = server.output()
    assert (output.count(said), output.count("starting anew"), output.count("put them aside")) == (1, 1, 0), output
    assert "stopped without the mark of a clean stop" in output
    with Client(server.port) as client:
        assert client.pipeline([("GET", f"full:{i}") for i in range(kept)]) == [b"x" * 100000] * kept
    assert server.end() == 0


@pytest.mark.parametrize("small_disk", [200], indirect=True)
def test_a_disk_that_fills_again_during_the_new_start_is_waited_for(small_disk, start_server):
    """There was room for 5 s; whoever takes it in the next moment must not end the node for good."""
    server = start_server(data=small_disk / "data")
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1 << 20, hard))
    with Client(server.port) as client:
        write_until_refused(client)
        kept = next(i for i in range(2000) if client.ask("GET", f"full:{i}") is None)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
    eventually(lambda: "starting anew" in server.output(), what="a new start")
    os.kill(server.pid, signal.SIGSTOP)
    ballast = fill(small_disk)
    os.kill(server.pid, signal.SIGCONT)

    def has_met_it():
        assert server.is_running(), server.output()
        return "full again during the new start" in server.output() or ask(server.port, "PING") == "PONG"

    eventually(has_met_it, what="a line about the room, or a start that was faster than this test")
    ballast.unlink()
    eventually(lambda: ask(server.port, "SET", "after", "y") == "OK", 20, "a write after there is room")
    with Client(server.port) as client:
        assert client.pipeline([("GET", f"full:{i}") for i in range(kept)]) == [b"x" * 100000] * kept
    assert server.end() == 0


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def test_clients_that_do_not_read_share_a_bound_on_memory(start_server):
    # What a sanitizer keeps of freed memory is not the server's.
    env = {"ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=1"}
    server = start_server(flags=["--engine=memory", "--memory=64m"], env=env)
    before = resident_mib(server.pid)
    gets = b"".join(encode(("GET", "big")) for _ in range(40))
    clients = [Client(server.port) for _ in range(60)]
    with Client(server.port) as other:
        assert other.ask("SET", "big", b"x" * 1000000) == "OK"
        for client in clients:
            client.send_raw(gets)
            assert other.ask("PING") == "PONG"
        half = [Client(server.port) for _ in range(20)]
        for client in half:
            client.socket.settimeout(0.2)
            with contextlib.suppress(OSError):
                client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$16000000\r\n" + b"x" * 9000000)
        assert other.ask("SET", "small", "v") == "OK"
        assert resident_mib(server.pid) - before < 300
        assert b"clients_memory_max:67108864" in other.ask("INFO", "clients")
        for client in clients + half:
            client.close()
        # BUSY until the server has seen the connections close
        eventually(lambda: other.ask("GET", "big") == b"x" * 1000000, what="a reply once the others are gone")
