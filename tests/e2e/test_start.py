"""What a node says when it cannot start or may not join, and what it keeps when it can."""

import os
import shutil
import signal
import socket
import time

import pytest

from support import Client, Server, ask, eventually, free_ports, one_of, run


def refusal(server, seconds=30):
    """The output of a server that ends by itself with an error."""
    status = server.wait(seconds)
    assert status != 0
    return server.output()


def test_port_in_use(start_server):
    port = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        text = refusal(start_server(port=port, wait=False))
    assert str(port) in text and "in use" in text


def test_peer_port_in_use(start_server):
    port = free_ports(1)
    with socket.create_server(("127.0.0.1", port + 10000)):
        text = refusal(start_server(port=port, wait=False))
    assert str(port + 10000) in text and "in use" in text


def test_data_directory_in_use(start_server):
    first = start_server()
    text = refusal(start_server("two", flags=[f"--data={first.data}"], wait=False))
    assert str(first.data) in text and "use" in text


def test_a_file_where_the_data_directory_should_be(start_server, tmp_path):
    (tmp_path / "file").write_text("x")
    text = refusal(start_server(flags=[f"--data={tmp_path}/file/data"], wait=False))
    assert f"{tmp_path}/file" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written(start_server, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    text = refusal(start_server(flags=[f"--data={closed}/data"], wait=False))
    assert str(closed) in text and "ermission" in text


def test_a_name_that_cannot_be_listened_on(start_server):
    text = refusal(start_server(flags=["--listen=203.0.113.1:7000"], wait=False))
    assert "203.0.113.1" in text


def damaged(directory, prefix):
    """Overwrite the middle of the engine's files with this prefix."""
    files = [path for path in directory.rglob(prefix + "*") if path.is_file()]
    assert files, f"no {prefix} in {directory}"
    for path in files:
        path.write_bytes(b"\xa5" * max(16, path.stat().st_size))
    return files


@pytest.mark.parametrize("prefix", ["CURRENT", "MANIFEST"])
def test_a_damaged_list_of_tables_is_made_anew(start_server, prefix):
    server = start_server()
    assert ask(server.port, "SET", "k", "v") == "OK"
    assert server.end() == 0
    damaged(server.data, prefix)
    again = start_server(port=server.port)
    text = again.output()
    assert "put them aside" in text and "there is no other copy" in text, text
    assert ask(again.port, "GET", "k") == b"v"


def test_a_corrupt_data_directory_stops_the_node_and_is_named(start_server):
    server = start_server()
    assert ask(server.port, "SET", "k", "v") == "OK"
    assert server.end() == 0
    files = damaged(server.data, "FORMAT")
    text = refusal(start_server(port=server.port, wait=False))
    assert str(files[0]) in text and "backup" in text, text


def test_joining_a_ring_that_holds_data_is_refused(start_server):
    founder = start_server("founder")
    assert ask(founder.port, "SET", "k", "v") == "OK"
    joiner = start_server("joiner", flags=[f"--join=127.0.0.1:{founder.port + 10000}"], wait=False)
    assert "data" in refusal(joiner)
    assert ask(founder.port, "GET", "k") == b"v"


def test_joining_waits_for_a_seed_that_is_not_up_yet(start_server):
    port = free_ports(1)
    joiner = start_server("joiner", flags=[f"--join=127.0.0.1:{port + 10000}"], wait=False)
    founder = start_server("founder", port=port)
    joiner.wait_ready()

    def both_see_each_other():
        return run("cluster", "status", "--connect", f"127.0.0.1:{founder.port}").stdout.count(b"1 of 1") == 2

    eventually(both_see_each_other, 20, "both in one ring")


def test_a_data_directory_of_another_cluster_is_not_let_in(start_server):
    ours = start_server("ours")
    theirs = start_server("theirs")
    assert theirs.end() == 0
    stray = start_server("theirs", port=theirs.port, flags=[f"--join=127.0.0.1:{ours.port + 10000}"], wait=False)

    def told():
        return "cluster" in stray.output() and ("another" in stray.output() or "foreign" in stray.output())

    eventually(told, 20, "a word about the other cluster")
    assert run("cluster", "status", "--connect", f"127.0.0.1:{ours.port}").stdout.count(b"127.0.0.1:") == 2


def test_a_clean_stop_and_start_keeps_everything(start_dev):
    dev = start_dev()
    with Client(dev.port) as client:
        assert set(client.pipeline([("SET", f"kept:{i}", i) for i in range(500)])) == {"OK"}
    assert dev.stop() == 0
    again = start_dev(port=dev.port)
    for port in again.ports():
        with Client(port) as client:
            assert client.pipeline([("GET", f"kept:{i}") for i in range(500)]) == [b"%d" % i for i in range(500)]


def test_one_node_stops_cleanly_and_comes_back_with_its_data(start_server):
    server = start_server()
    assert ask(server.port, "SET", "k", "v") == "OK"
    assert server.end(signal.SIGTERM) == 0
    again = start_server(port=server.port)
    assert ask(again.port, "GET", "k") == b"v"
    assert again.end(signal.SIGINT) == 0


@pytest.mark.parametrize("flags", [["--engine=memory"], ["--durability=buffered"]])
def test_other_engines_and_durability(start_dev, flags):
    dev = start_dev(flags=flags)
    a, b, c = dev.ports()
    with Client(a) as client:
        assert set(client.pipeline([("SET", f"k:{i}", i) for i in range(200)])) == {"OK"}
    dev.kill(1)
    with Client(b) as client:
        assert client.pipeline([("GET", f"k:{i}") for i in range(200)]) == [b"%d" % i for i in range(200)]
    assert ask(c, "SET", "after", "x") == "OK"


@pytest.mark.parametrize("name", ["join", "replace", "zone", "peer", "data", "hints-max"])
def test_an_empty_value_is_refused(start_server, name):
    """--join=$SEEDS with nothing in it would found a ring."""
    text = refusal(start_server(flags=[f"--{name}="], wait=False))
    assert f"--{name} is empty: leave it out" in text


def test_memory_needs_no_directory(start_server, tmp_path):
    port = free_ports(1)
    server = start_server(port=port, flags=["--engine=memory"], data=False)
    assert ask(server.port, "SET", "k", "v") == "OK"
    assert isinstance(server, Server) and server.end() == 0


def test_joining_through_nobody_says_so(start_server):
    port = free_ports(1)
    joiner = start_server("joiner", flags=[f"--join=127.0.0.1:{port + 10000}"], wait=False)
    eventually(lambda: "cannot join through" in joiner.output(), 4, "a word about the seed")
    assert f"127.0.0.1:{port + 10000}" in joiner.output() and "refused" in joiner.output()
    assert joiner.output().count("cannot join through") == 1


def test_joining_through_itself_is_refused(start_server):
    port = free_ports(1)
    alone = start_server("alone", port=port, flags=[f"--join=127.0.0.1:{port + 10000}"], wait=False)
    assert f"127.0.0.1:{port + 10000}, which --join names, is this node itself" in refusal(alone)
    founder = start_server("founder")
    seeds = f"--join=127.0.0.1:{port + 10000},127.0.0.1:{founder.port + 10000}"
    both = start_server("alone", port=port, flags=[seeds])
    assert both.end() == 0
    again = start_server("alone", port=port, flags=[f"--join=127.0.0.1:{port + 10000}"])
    assert ask(again.port, "PING") == "PONG"


def test_one_address_for_two_ports_is_refused(start_server):
    port = free_ports(1)
    text = refusal(start_server(port=port, flags=[f"--peer=127.0.0.1:{port}"], wait=False))
    assert "give --peer another port" in text and "stop what uses it" not in text


def test_joining_through_a_client_port_says_so(start_server):
    founder = start_server("founder")
    joiner = start_server("joiner", flags=[f"--join=127.0.0.1:{founder.port}"], wait=False)
    eventually(lambda: "client port + 10000" in joiner.output(), 6, "a word about the port")


def test_settings_that_no_longer_count_are_named(start_server):
    server = start_server(flags=["--zone=a"])
    assert server.end() == 0
    flags = ["--n=5", "--partitions=64", "--zone=b", "--weight=7"]
    again = start_server(port=server.port, flags=flags)
    lines = [line for line in again.output().split("\n") if "no effect" in line]
    assert len(lines) == 4, lines
    assert again.end() == 0
    quiet = start_server(port=server.port, flags=["--zone=a"])
    assert "no effect" not in quiet.output()


def test_a_copied_data_directory_beside_the_original_is_named(start_server, tmp_path):
    founder = start_server("founder")
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    original = start_server("original", flags=[join])
    assert original.end() == 0
    shutil.copytree(original.data, tmp_path / "copy")
    start_server("original", port=original.port, flags=[join])
    start_server("twin", flags=[join, f"--data={tmp_path}/copy"])
    eventually(lambda: "two processes run with the identity" in founder.output(), 30, "a word about the twin")
    assert ask(founder.port, "PING") == "PONG"


def serving(server):
    """The line that says that clients are let in, as a dict."""
    line = [line for line in server.output().split("\n") if "serving clients" in line][-1]
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def test_clients_are_let_in_once_peers_are_reached(start_server):
    founder = start_server("a")
    assert serving(founder)["peers"] == "0"
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    others = [start_server(name, flags=[join]) for name in "bc"]
    servers = [founder, *others]

    def start_all_again():
        for server in servers:
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
        servers[:] = [start_server(name, port=server.port, flags=[join], wait=False)
                      for name, server in zip("abc", servers)]  # fmt: skip
        for server in servers:
            server.wait_ready()
            assert (serving(server)["peers"], serving(server)["reached"]) == ("2", "2")
            with Client(server.port) as client:
                assert set(client.pipeline([("SET", f"ready:{i}", i) for i in range(100)])) == {"OK"}
            assert b"hints_stored:0" in ask(server.port, "INFO", "everything")

    one_of(5, start_all_again)  # members are waited for a second, which one that starts on a busy machine may take


def test_a_member_that_is_away_is_waited_for_a_second(start_server):
    founder = start_server("a")
    join = f"--join=127.0.0.1:{founder.port + 10000}"
    second, third = (start_server(name, flags=[join]) for name in "bc")
    assert third.end(signal.SIGKILL) == -signal.SIGKILL
    assert second.end() == 0
    began = time.monotonic()
    again = start_server("b", port=second.port, flags=[join])
    assert time.monotonic() - began > 0.9
    assert (serving(again)["peers"], serving(again)["reached"]) == ("2", "1")
    assert ask(again.port, "SET", "k", "v") == "OK"


def test_a_stop_while_waiting_for_peers_is_clean(start_server):
    founder = start_server("a")
    second = start_server("b", flags=[f"--join=127.0.0.1:{founder.port + 10000}"])
    assert founder.end() == 0 and second.end() == 0

    def stop_early():
        again = start_server("b", port=second.port, wait=False)
        eventually(lambda: socket.create_connection(("127.0.0.1", second.port + 10000)).close() is None, 20, "peers")
        assert again.end() == 0
        assert "msg=stopped" in again.output()
        assert "serving" not in again.output()

    one_of(5, stop_early)  # it waits for a second only
