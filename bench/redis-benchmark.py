#!/usr/bin/python3
"""redis-benchmark against gramme (sync and buffered) and against a Redis Cluster of 3 masters and 3 replicas.

Usage: bench/redis-benchmark.py [-n 200000] [-c 50] [-d 100] [-r 100000] [-P 1,16] [-t set,get] [--rounds 3]
                                [--only sync,buffered,redis] [--place DIR]

All on this machine's loopback, on free ports, in a directory that is removed at the end; every process is ended by its
id. The systems are measured in turn within each round, so that what else the machine does falls on all of them; the
figures are medians over the rounds, in brackets the lowest and highest. `us/op` is processor time of the servers (all
of them together) for each operation. Redis keeps nothing on disk here, and acknowledges with one copy; gramme with two
of three, on disk (sync) or in memory (buffered). DIR should lie on a disk, not in memory: sync is about it.
"""

import argparse
import contextlib
import csv
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import support  # noqa: E402

RUN_SECONDS_MAX = 600


class Gramme:
    def __init__(self, place, durability):
        self.name = f"gramme {durability}"
        self.dev = support.Dev(place / durability, flags=["--durability", durability])
        self.port = self.dev.port
        self.pids = [self.dev.node_pid(number) for number in (1, 2, 3)]

    def stop(self):
        self.dev.stop()


class RedisCluster:
    name = "redis 3+3"

    def __init__(self, place):
        self.port = support.free_ports(6)
        self.servers = []
        try:
            self.start(place)
        except BaseException:
            self.stop()
            raise

    def start(self, place):
        for port in range(self.port, self.port + 6):
            directory = place / f"redis-{port}"
            directory.mkdir()
            command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", directory, "--save", "",
                       "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"]  # fmt: skip
            self.servers.append(support.Process(command, directory / "log"))
        addresses = [f"127.0.0.1:{port}" for port in range(self.port, self.port + 6)]
        for port in range(self.port, self.port + 6):
            support.eventually(lambda port=port: support.ask(port, "PING") == "PONG", what=f"redis-server at {port}")
        subprocess.run(
            ["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1", "--cluster-yes"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=60,
        )  # fmt: skip
        support.eventually(self.is_up, 30, "the Redis Cluster")
        self.pids = [server.pid for server in self.servers]

    def is_up(self):
        infos = [support.ask(port, "CLUSTER", "INFO") for port in range(self.port, self.port + 6)]
        replication = [support.ask(port, "INFO", "replication") for port in range(self.port, self.port + 6)]
        return all(b"cluster_state:ok" in info for info in infos) and sum(
            b"master_link_status:up" in text for text in replication
        ) == 3

    def stop(self):
        for server in self.servers:
            server.end()


def measure(system, test, pipeline, arguments):
    """(operations a second, p50 ms, p99 ms, server us an operation) of one run."""
    command = ["redis-benchmark", "--cluster", "-p", system.port, "-t", test, "-n", arguments.n, "-c", arguments.c,
               "-d", arguments.d, "-r", arguments.r, "-P", pipeline, "--csv"]  # fmt: skip
    before = support.cpu_seconds(system.pids)
    done = subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=RUN_SECONDS_MAX,
    )  # fmt: skip
    used = support.cpu_seconds(system.pids) - before
    rows = [row for row in csv.reader(done.stdout.split("\n")) if row and row[0].lower() == test]
    if done.returncode != 0 or not rows or "error" in done.stdout.lower():
        raise SystemExit(f"redis-benchmark against {system.name}:\n{done.stdout}")
    _, rate, _, _, p50, _, p99, _ = rows[0]
    return float(rate), float(p50), float(p99), used / arguments.n * 1e6


def show_row(name, runs):
    rates = [run[0] for run in runs]
    p50, p99, cpu = (statistics.median(run[i] for run in runs) for i in (1, 2, 3))
    rate = statistics.median(rates)
    print(f"  {name:16} {rate:10,.0f} /s [{min(rates):,.0f}-{max(rates):,.0f}]  p50 {p50:.2f} ms  p99 {p99:.2f} ms  "
          f"{cpu:.1f} us/op")  # fmt: skip
    return rate


def show(test, pipeline, results):
    print(f"{test.upper()} -P {pipeline}")
    rates = {name: show_row(name, runs) for name, runs in results.items()}
    if RedisCluster.name in rates:
        for name, rate in rates.items():
            if name != RedisCluster.name:
                print(f"  {name} / redis: {rate / rates[RedisCluster.name]:.2f}")
    sys.stdout.flush()


def compare(systems, arguments):
    for pipeline in map(int, arguments.P.split(",")):
        for test in arguments.t.split(","):
            results = {system.name: [] for system in systems}
            for _ in range(arguments.rounds):
                for system in systems:
                    results[system.name].append(measure(system, test, pipeline, arguments))
            show(test, pipeline, results)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=200000, help="operations a run")
    parser.add_argument("-c", type=int, default=50, help="connections")
    parser.add_argument("-d", type=int, default=100, help="bytes of a value")
    parser.add_argument("-r", type=int, default=100000, help="keys")
    parser.add_argument("-P", default="1,16", help="pipeline depths")
    parser.add_argument("-t", default="set,get", help="tests")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="sync,buffered,redis", help="systems")
    parser.add_argument("--place", default=str(ROOT / "build"), help="where the data goes for the time being")
    return parser.parse_args()


def main():
    arguments = parse()
    wanted = arguments.only.split(",")
    missing = [tool for tool in ("redis-benchmark", "redis-cli", "redis-server") if shutil.which(tool) is None]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)}; `make bench` or `apt-get install redis-server` installs them")
    with contextlib.ExitStack() as stack:
        place = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.place)))
        systems = []
        for name in wanted:
            system = RedisCluster(place) if name == "redis" else Gramme(place, name)
            stack.callback(system.stop)
            systems.append(system)
        print(f"redis-benchmark --cluster -n {arguments.n} -c {arguments.c} -d {arguments.d} -r {arguments.r}, "
              f"{arguments.rounds} rounds, {os.cpu_count()} processor cores")  # fmt: skip
        compare(systems, arguments)


main()
