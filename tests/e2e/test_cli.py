"""The commands of gramme, as people type them."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest

import support
from support import GRAMME, ask, eventually, free_ports, run


def connect(cluster, node=1):
    return ("--connect", f"127.0.0.1:{cluster.port + node - 1}")


def test_get_set_del(cluster):
    done = run("set", *connect(cluster), "cli:k", "2 apples")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"OK\n", b"")
    done = run("get", *connect(cluster, 2), "cli:k")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"2 apples", b"")
    done = run("del", *connect(cluster, 3), "cli:k", "cli:none")
    assert (done.returncode, done.stdout) == (0, b"1\n")
    done = run("get", *connect(cluster), "cli:k")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"(nil)\n")


def test_values_pass_unchanged(cluster):
    value = bytes(range(256)) * 1000
    assert run("set", *connect(cluster), "cli:bytes", "-", stdin=value).returncode == 0
    assert run("get", *connect(cluster), "cli:bytes").stdout == value
    assert run("set", *connect(cluster), "cli:bytes", "-", stdin=b"").returncode == 0
    assert run("get", *connect(cluster), "cli:bytes").stdout == b""


def test_the_address_comes_from_the_environment_too(cluster):
    there = {"GRAMME_CONNECT": f"127.0.0.1:{cluster.port}"}
    assert run("set", "cli:env", "x", env=there).returncode == 0
    assert run("get", "cli:env", env=there).stdout == b"x"


def test_nobody_there():
    port = free_ports(1)
    for command in (("get", "k"), ("set", "k", "v"), ("del", "k"), ("cluster", "status")):
        done = run(*command, "--connect", f"127.0.0.1:{port}")
        assert (done.returncode, done.stdout) == (1, b"")
        assert f"cannot reach 127.0.0.1:{port}: Connection refused".encode() in done.stderr


def test_somebody_else_there(cluster):
    port = cluster.port + 10000
    done = run("get", "k", "--connect", f"127.0.0.1:{port}")
    assert done.returncode == 1 and f"127.0.0.1:{port} has closed the connection".encode() in done.stderr


def test_status_says_which_node_hangs(start_dev):
    dev = start_dev(nodes=2)
    os.kill(dev.node_pid(2), signal.SIGSTOP)
    try:
        done = run("cluster", "status", "--connect", f"127.0.0.1:{dev.port}")
        assert done.returncode == 1
        assert f"NO ANSWER: 127.0.0.1:{dev.port + 1} does not answer in time".encode() in done.stdout
        done = run("cluster", "status", "--connect", f"127.0.0.1:{dev.port + 1}")
        assert done.returncode == 1 and b"does not answer in time" in done.stderr
    finally:
        os.kill(dev.node_pid(2), signal.SIGCONT)


def test_status_counts_no_hung_node_as_reached(start_dev):
    """Its links stay up."""
    dev = start_dev()
    os.kill(dev.node_pid(3), signal.SIGSTOP)
    try:

        def both_miss_it():
            text = run("cluster", "status", "--connect", f"127.0.0.1:{dev.port}").stdout.decode()
            return text.count(f"1 of 2, not 127.0.0.1:{dev.port + 2}") == 2

        eventually(both_miss_it, 3, "both others to miss the hung node")
        for port in dev.ports()[:2]:
            peers = [line for line in ask(port, "INFO", "healing").decode().split("\r\n") if line.startswith("peer")]
            assert any(line.endswith("state=suspect") for line in peers), peers
    finally:
        os.kill(dev.node_pid(3), signal.SIGCONT)


def test_status_of_a_healthy_cluster(cluster):
    done = run("cluster", "status", *connect(cluster, 2))
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert "3 nodes, 1024 partitions, n 3, r 2, w 2" in text
    assert text.count("2 of 2") == 3
    for port in cluster.ports():
        assert f"127.0.0.1:{port} " in text


def test_status_as_json(cluster):
    done = run("cluster", "status", "--json", *connect(cluster))
    view = json.loads(done.stdout)
    assert (done.returncode, view["healthy"], view["copies"], view["n"]) == (0, True, 3, 3)
    assert sorted(node["client"] for node in view["nodes"]) == [f"127.0.0.1:{port}" for port in cluster.ports()]
    for node in view["nodes"]:
        assert node["peer"] == f"127.0.0.1:{int(node['client'].split(':')[1]) + 10000}"
        assert (node["answers"], node["misses"], node["pieces"], node["weight"]) == (True, [], 1024, 100)


def test_status_of_one_node_says_how_many_copies_there_are(start_server):
    server = start_server()
    done = run("cluster", "status", "--connect", f"127.0.0.1:{server.port}")
    assert done.returncode == 0
    assert b"1 of 3 copies" in done.stdout


def test_version_and_help():
    version = run("version")
    assert version.stdout.startswith(b"gramme ") and version.stdout == run("--version").stdout
    for command in ("server", "dev", "cluster", "node", "get", "set", "del", "sim", "version"):
        text = run(command, "--help")
        assert text.returncode == 0 and b"Usage: gramme " + command.encode() in text.stdout
        assert run("help", command).stdout == text.stdout
        flags = re.findall(rb"^ +(?:-., )?(--[a-z-]+)", text.stdout, re.MULTILINE)
        assert len(flags) == len(set(flags)), f"{command}: a flag is told twice"
        assert f"  {command} ".encode() in run("help").stdout
    assert run().returncode == 2


@pytest.mark.parametrize(
    "words, wanted",
    [
        (["sevrer"], "no command 'sevrer'; did you mean 'server'?"),
        (["cluster", "stats"], "no command 'stats'; did you mean 'status'?"),
        (["server", "--listn", "a:1"], "no flag --listn; did you mean --listen?"),
        (["dev", "--node", "3"], "no flag --node; did you mean --nodes?"),
        (["dev", "--listen", "a:1"], "--listen is another for each node: use --port"),
        (["server", "--data", "d", "--weight", "0"], "--weight 0: wants 1..65535"),
        (["server", "--data", "d", "--engine", "rocks"], "--engine rocks: wants rocksdb|memory"),
        (["server", "--data", "d", "--r", "4"], "must not be more than --n 3"),
        (["server"], "no data directory: say --data DIR"),
        (["sim", "--nodes", "99"], "--nodes 99: wants 1..7"),
        (["get"], "Usage: gramme get"),
        (["get", "k", "--connect", ""], "'' is no address: --connect, or GRAMME_CONNECT, wants HOST:PORT"),
        (["cluster", "status", "--connect", "host"], "'host' is no address"),
        (["cluster", "replace", "zz", "0123456789abcdef"], "'zz' is no node id"),
        (["cluster", "replace", "0123456789abcdef", "zz"], "'zz' is no whole node id"),
        (["node", "scrob"], "no command 'scrob'; did you mean 'scrub'?"),
        (["server", "--join="], "--join is empty: leave it out"),
        (["server", "--data", "d", "--hints-max", "1t"], "--hints-max 1t: wants 0..16384g"),
        (["dev", "--dir="], "--dir is empty: leave it out"),
    ],
)
def test_a_wrong_command_line_is_explained(words, wanted, tmp_path):
    done = subprocess.run([GRAMME, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20, cwd=tmp_path,
                          env=support.environment())  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert wanted in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_flag_environment_file_and_default(start_server, tmp_path):
    config = tmp_path / "gramme.conf"
    config.write_text("# a node\nrequest-timeout = 500\nmaxclients = 500\nloglevel = warn\n")
    server = start_server(
        flags=["--config", config, "--maxclients", "700"], env={"GRAMME_MAXCLIENTS": "600", "GRAMME_LOGLEVEL": "error"}
    )
    wanted = {"request-timeout": b"500", "maxclients": b"700", "loglevel": b"error", "weight": b"100"}
    for name, value in wanted.items():
        assert ask(server.port, "CONFIG", "GET", name)[1] == value


def test_a_wrong_environment_or_file_is_explained(tmp_path):
    done = run("server", "--data", tmp_path / "d", env={"GRAMME_LISTN": "a:1"})
    assert done.returncode == 2 and b"did you mean GRAMME_LISTEN?" in done.stderr
    config = tmp_path / "gramme.conf"
    config.write_text("listen = a:1\nwieght = 5\n")
    done = run("server", "--data", tmp_path / "d", "--config", config)
    assert done.returncode == 2 and b"gramme.conf:2: no setting 'wieght'; did you mean 'weight'?" in done.stderr


def test_dev_names_the_port_in_use_and_starts_nothing(tmp_path):
    port = free_ports(3)
    with socket.create_server(("127.0.0.1", port + 10002)):
        done = run("dev", "--port", port, "--dir", tmp_path / "dev")
    assert done.returncode == 1
    assert f"port {port + 10002} (peers of node 3) cannot be used: Address already in use" in done.stderr.decode()
    assert not (tmp_path / "dev").exists()


def test_dev_keeps_its_data_and_its_size_between_runs(start_dev):
    """On other ports: who a node is stands in its directory."""
    dev = start_dev(nodes=2)
    assert ask(dev.port, "SET", "kept", "x") == "OK"
    pids = [dev.node_pid(number) for number in (1, 2)]
    assert dev.stop() == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert not (dev.node_dir(1) / "pid").exists()
    again = start_dev(nodes=None)
    assert ask(again.port + 1, "GET", "kept") == b"x"
    status = run("cluster", "status", "--connect", f"127.0.0.1:{again.port}")
    assert status.returncode == 0 and b" 2 nodes," in status.stdout


def test_dev_has_a_directory_for_each_port(tmp_path):
    port = free_ports(1)
    command = [GRAMME, "dev", "--nodes", "1", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=support.environment(), stdout=subprocess.DEVNULL) as dev:
        eventually(lambda: ask(port, "PING") == "PONG", 20, "the node")
        dev.terminate()
        assert dev.wait(30) == 0
    assert (tmp_path / f"gramme-dev-{port}" / "node1" / "data").is_dir()


def test_nodes_end_with_dev(start_dev):
    dev = start_dev(nodes=2)
    pids = [dev.node_pid(number) for number in (1, 2)]
    dev.end(9)
    eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 20, "end of the nodes")


def test_dev_reports_a_dead_node_and_goes_on(start_dev):
    dev = start_dev(nodes=2)
    dev.kill(2)
    eventually(lambda: "node 2 was ended by signal 9" in dev.output(), what="report")
    assert "sh " + str(dev.node_dir(2) / "command") in dev.output()
    assert dev.is_running() and ask(dev.port, "PING") == "PONG"
    done = run("cluster", "status", "--connect", f"127.0.0.1:{dev.port}")
    assert done.returncode == 1 and b"NO ANSWER: cannot reach" in done.stdout
    dev.start_again(2)

    def is_healthy():
        return run("cluster", "status", "--connect", f"127.0.0.1:{dev.port}").returncode == 0

    eventually(is_healthy, 20, "a healthy cluster")


def test_sim_repeats_itself():
    first, second = (run("sim", "--seed", 5, "--ops", 50, timeout=60) for _ in range(2))
    assert first.returncode == 0, first.stdout
    hashes = [line for line in first.stdout.split(b"\n") if line.startswith(b"hash=")]
    assert len(hashes) == 1 and hashes[0] in second.stdout
