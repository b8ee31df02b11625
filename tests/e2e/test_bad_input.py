"""Bytes that no honest client or peer sends: answered, bounded, and without harm to the others."""

import os
import pathlib
import socket
import time

import pytest

from support import Client, ReplyError, ask, eventually, run

MALFORMED = [
    (b"*99999999999\r\n", "invalid multibulk length"),
    (b"*abc\r\n", "invalid multibulk length"),
    (b"*2147483648\r\n", "invalid multibulk length"),
    (b"*1\r\n$-5\r\n", "invalid bulk length"),
    (b"*1\r\n$abc\r\n", "invalid bulk length"),
    (b"*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
    (b"*1\r\n$1073741825\r\n", "invalid bulk length"),
    (b"*1\r\n:5\r\n", "expected '$', got ':'"),
    (b"*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$', got '*'"),
    (b"*2\r\n$3\r\nGET\r\nxxx\r\n", "expected '$', got 'x'"),
    (b"GET 'unbalanced\r\n", "unbalanced quotes in request"),
    (b"a" * 70000, "too big inline request"),
    (b"*1\r\n$" + b"1" * 70000, "too big bulk count string"),
    (b"*" + b"1" * 70000, "too big mbulk count string"),
]


@pytest.mark.parametrize("data, reason", MALFORMED, ids=[reason.replace(" ", "-") + f"-{i}" for i, (_, reason)
                                                         in enumerate(MALFORMED)])  # fmt: skip
def test_malformed_requests_get_redis_error_and_the_end(cluster, data, reason):
    with Client(cluster.port) as client:
        client.send_raw(data)
        with pytest.raises(ReplyError) as error:
            client.read()
        assert str(error.value) == f"ERR Protocol error: {reason}"
        assert client.is_closed()
    assert ask(cluster.port, "PING") == "PONG"


def test_what_came_before_the_mistake_is_answered(cluster):
    with Client(cluster.port) as client:
        client.send_raw(b"*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$3\r\nbad\r\n$1\r\nx\r\n*1\r\n$-5\r\n")
        assert client.read() == "PONG"
        assert client.read() == "OK"
        with pytest.raises(ReplyError, match="^ERR Protocol error: invalid bulk length$"):
            client.read()
        assert client.is_closed()


def test_empty_requests_are_no_requests(cluster):
    with Client(cluster.port) as client:
        client.send_raw(b"\r\n*0\r\n*-1\r\n*-2\r\n\r\n*1\r\n$4\r\nPING\r\n")
        assert client.read() == "PONG"


def test_random_bytes_harm_nobody(cluster):
    for _ in range(30):
        with Client(cluster.port) as client:
            try:
                client.send_raw(os.urandom(4096))
                client.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            assert client.is_closed()
    assert ask(cluster.port, "PING") == "PONG"


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no VmRSS")


def test_huge_claims_cost_bounded_memory(start_dev):
    dev = start_dev(nodes=1)
    pid = dev.node_pid(1)
    before = resident_bytes(pid)
    clients = [Client(dev.port) for _ in range(40)]
    for client in clients:
        try:
            client.send_raw(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n")
            client.send_raw(b"x" * 262144)
        except OSError:
            pass
    assert ask(dev.port, "PING") == "PONG"
    grown = resident_bytes(pid) - before
    for client in clients:
        client.close()
    assert grown < 128 << 20, f"{grown} bytes for 40 claims of 512 MB"
    assert ask(dev.port, "SET", "k", "v") == "OK"


def test_a_value_over_the_limit_is_refused_and_the_node_goes_on(cluster):
    """16 MiB is the limit of a value; one byte more may not be stored."""
    with Client(cluster.port, timeout=30) as client:
        try:
            client.send("SET", "huge", b"x" * ((16 << 20) + 1))
            with pytest.raises(ReplyError):
                client.read()
        except ConnectionError:
            pass
    assert ask(cluster.port, "GET", "huge") is None


def test_a_client_that_never_reads_is_bounded(start_dev):
    dev = start_dev(nodes=1)
    pid = dev.node_pid(1)
    assert ask(dev.port, "SET", "big", b"x" * 100000) == "OK"
    before = resident_bytes(pid)
    request = b"*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n" * 1000
    with Client(dev.port, timeout=1) as client:
        try:
            for _ in range(20):  # asks for 2 GB
                client.send_raw(request)
        except OSError:
            pass
        assert ask(dev.port, "PING") == "PONG"
        assert resident_bytes(pid) - before < 256 << 20
    assert ask(dev.port, "PING") == "PONG"


def lines_since(dev, number, length):
    return [line for line in dev.node_log(number)[length:].split("\n") if line]


def throw_at_peer_port(dev, data):
    with Client(dev.port + 10000) as client:
        try:
            client.send_raw(data)
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert client.is_closed(20)


def test_garbage_at_the_peer_port_is_refused_and_logged_once(start_dev):
    dev = start_dev(nodes=2)
    length = len(dev.node_log(1))
    for data in (b"\x00" * 64, b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100000):
        for _ in range(10):
            throw_at_peer_port(dev, data)
    lines = lines_since(dev, 1, length)
    assert 1 <= len(lines) <= 3, lines
    for _ in range(20):
        throw_at_peer_port(dev, os.urandom(2000))
    assert ask(dev.port, "SET", "k", "v") == "OK"
    assert run("cluster", "status", "--connect", f"127.0.0.1:{dev.port}").returncode == 0


def test_who_is_no_member_may_come_and_go_without_filling_the_log(start_dev, start_server):
    """A node that may not join is started again and again, as a service manager does."""
    dev = start_dev(nodes=1)
    assert ask(dev.port, "SET", "k", "v") == "OK"
    length = len(dev.node_log(1))
    for _ in range(12):
        stranger = start_server("stranger", flags=["--engine=memory", f"--join=127.0.0.1:{dev.port + 10000}"],
                                data=False, wait=False)  # fmt: skip
        assert stranger.wait() != 0
    lines = lines_since(dev, 1, length)
    assert 1 <= len(lines) <= 10, lines


def test_a_node_of_another_cluster_is_refused_and_logged_once(start_dev, start_server):
    ours = start_dev(nodes=1, name="ours")
    theirs = start_server("theirs")
    assert theirs.end() == 0
    length = len(ours.node_log(1))
    start_server("theirs", port=theirs.port, flags=[f"--join=127.0.0.1:{ours.port + 10000}"], wait=False)
    eventually(lambda: lines_since(ours, 1, length), 20, "a line about the stranger")

    time.sleep(3)  # it dials again and again
    lines = lines_since(ours, 1, length)
    assert len(lines) <= 2, lines
    assert "cluster" in lines[0]
    assert ask(ours.port, "PING") == "PONG"
