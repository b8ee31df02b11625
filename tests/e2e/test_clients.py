"""The clients that people have, unchanged."""

import subprocess

import pytest

import support
from support import ROOT, ask

SECONDS = 90


def run(*command, env=None):
    done = subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=SECONDS, text=True, env={**support.environment(), **(env or {})},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_redis_cli(cluster, tool):
    cli = tool("redis-cli")
    assert run(cli, "-p", cluster.port, "set", "cli:a", "2 apples") == "OK\n"
    assert run(cli, "-p", cluster.port + 1, "get", "cli:a") == "2 apples\n"
    assert "ERR unknown command" in run(cli, "-p", cluster.port, "nosuch")


def test_redis_cli_as_a_cluster_client(cluster, tool):
    cli = tool("redis-cli")
    for i in range(20):
        assert run(cli, "-c", "-p", cluster.port + i % 3, "set", f"clic:{i}", i) == "OK\n"
    for i in range(20):
        assert run(cli, "-c", "-p", cluster.port + (i + 1) % 3, "get", f"clic:{i}") == f"{i}\n"


def check_benchmark(output):
    lowered = output.lower()
    for word in ("error", "err ", "moved", "fail", "warning", "could not"):
        assert word not in lowered, output


@pytest.mark.parametrize("pipeline", [1, 16])
def test_redis_benchmark(cluster, tool, pipeline):
    output = run(tool("redis-benchmark"), "-p", cluster.port, "-t", "ping,set,get,mset", "-n", 2000, "-c", 20,
                 "-r", 500, "-P", pipeline, "-q")  # fmt: skip
    check_benchmark(output)
    assert output.count("requests per second") == 5


@pytest.mark.parametrize("pipeline", [1, 16])
def test_redis_benchmark_as_a_cluster_client(cluster, tool, pipeline):
    output = run(tool("redis-benchmark"), "--cluster", "-p", cluster.port, "-t", "set,get", "-n", 2000, "-c", 20, "-r",
                 500, "-P", pipeline, "-q")  # fmt: skip
    check_benchmark(output)
    assert output.count("requests per second") == 2


def test_redis_py(cluster):
    redis = pytest.importorskip("redis")
    client = redis.Redis(port=cluster.port, decode_responses=True)
    assert client.set("py:a", "1") is True
    with client.pipeline(transaction=False) as pipe:
        pipe.set("py:b", "2").get("py:a").get("py:b").append("py:b", "3")
        assert pipe.execute() == [True, "1", "2", 2]
    assert client.mget("py:a", "py:b", "py:none") == ["1", "23", None]
    assert client.delete("py:a", "py:b") == 2
    assert client.info()["redis_mode"] == "cluster"
    with pytest.raises(redis.ResponseError):
        client.execute_command("NOSUCH")
    client.close()


def test_redis_py_as_a_cluster_client(cluster):
    pytest.importorskip("redis")
    from redis.cluster import ClusterNode, RedisCluster

    client = RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port) for port in cluster.ports()])
    assert len(client.get_nodes()) == 3
    for i in range(100):
        assert client.set(f"pyc:{i}", i)
    for i in range(100):
        assert client.get(f"pyc:{i}") == str(i).encode()
        assert ask(cluster.port, "GET", f"pyc:{i}") == str(i).encode()
    client.close()


@pytest.mark.parametrize("script", ["ioredis", "ioredis-cluster", "redis", "redis-cluster"])
def test_node(cluster, node_modules, script):
    path = ROOT / "tests" / "e2e" / "node" / f"{script}.mjs"
    output = run("node", path, *cluster.ports(), env={"NODE_PATH": str(node_modules)})
    assert output.endswith("ok\n"), output
