#!/usr/bin/python3
"""What an operation costs in processor time, in two builds: all servers' user and system time by operations.

Usage: bench/cost.py OLD NEW [-n 100000] [-c 50] [-d 100] [-r 100000] [-P 1] [--rounds 7] [--place DIR]
                             [--limit 1.15] [-- FLAG OF gramme dev ...]

OLD and NEW are binaries. Both run a local cluster of three nodes all the time; each round loads one and then the other,
the order changing from round to round, with redis-benchmark's closed loop of -c clients. Medians over the rounds, and
the median of the rounds' ratios; `idle` is what a cluster uses that nobody asks anything. Exit status 0 only if no
ratio is above --limit. The load is the same for both, and the first round, which also warms up, does not count.
"""

import argparse
import csv
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import support  # noqa: E402

RUN_SECONDS_MAX = 300
IDLE_SECONDS = 10
TESTS = ("set", "get")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("-n", type=int, default=100000, help="operations a run")
    parser.add_argument("-c", type=int, default=50, help="connections")
    parser.add_argument("-d", type=int, default=100, help="bytes of a value")
    parser.add_argument("-r", type=int, default=100000, help="keys")
    parser.add_argument("-P", type=int, default=1, help="pipeline depth")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--limit", type=float, default=1.15, help="the largest ratio that is good")
    parser.add_argument("--place", default=str(ROOT / "build"), help="where the data goes for the time being")
    parser.add_argument("flags", nargs="*", metavar="FLAG")
    return parser.parse_args()


class Build:
    def __init__(self, name, binary, place, flags):
        self.name = name
        support.GRAMME = str(pathlib.Path(binary).resolve())
        self.dev = support.Dev(place / name, flags=flags)
        self.pids = [self.dev.node_pid(number) for number in (1, 2, 3)]

    def cost(self, test, options):
        """(microseconds of processor time an operation, operations a second) of one run."""
        command = ["redis-benchmark", "--cluster", "-p", self.dev.port, "-t", test, "-n", options.n, "-c", options.c,
                   "-d", options.d, "-r", options.r, "-P", options.P, "--csv"]  # fmt: skip
        before = support.cpu_seconds(self.pids)
        done = subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=RUN_SECONDS_MAX,
        )  # fmt: skip
        used = support.cpu_seconds(self.pids) - before
        rows = [line for line in csv.reader(done.stdout.split("\n")) if line and line[0].lower() == test]
        if done.returncode != 0 or not rows or "error" in done.stdout.lower():
            raise SystemExit(f"redis-benchmark against {self.name}:\n{done.stdout}")
        return used / options.n * 1e6, float(rows[0][1])

    def idle(self):
        """Processor time in milliseconds a second, of all nodes together."""
        before = support.cpu_seconds(self.pids)
        time.sleep(IDLE_SECONDS)
        return (support.cpu_seconds(self.pids) - before) / IDLE_SECONDS * 1000


def measure(builds, options):
    """{test: {build: [(cost, rate), ...]}}, one entry a round."""
    runs = {test: {build.name: [] for build in builds} for test in TESTS}
    for number in range(options.rounds + 1):
        for test in TESTS:
            for build in builds if number % 2 else reversed(builds):
                result = build.cost(test, options)
                if number > 0:
                    runs[test][build.name].append(result)
    return runs


def show(runs):
    """Returns the largest ratio."""
    ratios = []
    for test, of_build in runs.items():
        for name, results in of_build.items():
            costs = [cost for cost, _ in results]
            print(f"{test.upper():4} {name:4} {statistics.median(costs):7.2f} us/op [{min(costs):.2f}-{max(costs):.2f}]"
                  f"  {statistics.median(rate for _, rate in results):9,.0f} /s")  # fmt: skip
        each = [new[0] / old[0] for old, new in zip(of_build["old"], of_build["new"])]
        ratios.append(statistics.median(each))
        print(f"{test.upper():4} new/old {ratios[-1]:.3f} [{min(each):.3f}-{max(each):.3f}]")
    return max(ratios)


def main():
    options = parse()
    builds = []
    with tempfile.TemporaryDirectory(prefix="cost-", dir=options.place) as place:
        try:
            for name, binary in (("old", options.old), ("new", options.new)):
                builds.append(Build(name, binary, pathlib.Path(place), options.flags))
            print(f"redis-benchmark --cluster -n {options.n} -c {options.c} -d {options.d} -r {options.r} "
                  f"-P {options.P}, {options.rounds} rounds", flush=True)  # fmt: skip
            worst = show(measure(builds, options))
            for build in builds:
                print(f"idle {build.name:4} {build.idle():7.2f} ms/s")
        finally:
            for build in builds:
                build.dev.stop()
    return 0 if worst <= options.limit else 1


sys.exit(main())
