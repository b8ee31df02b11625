#!/usr/bin/python3
"""One of three replicas loses its disk and is replaced: how long until it has every key, and what clients feel.

Usage: bench/rebuild.py [--keys 1000000] [--bytes 100] [--rate 1000] [--clients 6] [--calm 20] [--limit-s 1800]
                        [--quick] [--json] [--place DIR] [-- FLAG OF gramme server ...]

Writes the keys, measures a steady foreground load for --calm seconds with three nodes, kills the third, removes its
data, waits as long with two nodes, then starts a new node that takes the lost one's place (--replace) and measures
until it has nothing left to fill and all copies are equal. The foreground load begins at the two other nodes only.
--quick is 20,000 keys and 3 s of calm. Exit status 0 only if all copies became equal and nothing was lost. GRAMME names
the binary.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import healed  # noqa: E402
import net  # noqa: E402
import nodes  # noqa: E402
import rounds  # noqa: E402
import steady  # noqa: E402

BATCH = 500
WRITERS = 4
LOST = 3
FILLED_POLL_SECONDS = 0.2


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1000000)
    parser.add_argument("--bytes", type=int, default=100)
    parser.add_argument("--rate", type=float, default=1000, help="foreground requests a second")
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--calm", type=float, default=20, help="seconds of measuring before")
    parser.add_argument("--limit-s", dest="limit_seconds", type=float, default=1800, help="of rebuilding")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--place", default=None, help="where the data goes; a disk, not memory")
    parser.add_argument("flags", nargs="*", metavar="FLAG")
    options = parser.parse_args()
    if options.quick:
        options.keys, options.calm = min(options.keys, 20000), min(options.calm, 3.0)
    return options


def write_keys(cluster, options):
    """Returns the seconds it took."""
    errors = []

    def write(writer):
        value = b"x" * options.bytes
        numbers = range(writer, options.keys, WRITERS)
        with cluster.connect(writer % cluster.count + 1, 60.0) as client:
            for start in range(0, len(numbers), BATCH):
                commands = [("SET", f"key:{number}", value) for number in numbers[start : start + BATCH]]
                errors.extend(reply for reply in client.pipeline(commands) if reply != "OK")

    started = time.monotonic()
    threads = [threading.Thread(target=write, args=(writer,), daemon=True) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise SystemExit(f"{len(errors)} writes failed: {errors[0]}")
    return time.monotonic() - started


def filled(cluster, limit_seconds):
    """Seconds until the new node has nothing left to fill, and the errors seen."""
    started = time.monotonic()
    while time.monotonic() - started < limit_seconds:
        values = healed.gauges(cluster, LOST)
        if values["partitions_filling"] == 0 and cluster.status(LOST)["joined"]:
            break
        time.sleep(FILLED_POLL_SECONDS)
    return time.monotonic() - started


def percentiles(latencies):
    """Milliseconds."""
    def at(share):
        return round(1000 * latencies[min(len(latencies) - 1, int(share * len(latencies)))], 2) if latencies else None

    return {"requests": len(latencies), "p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999), "max_ms": at(1.0)}


def rebuild(cluster, options):
    result = {"keys": options.keys, "write_s": round(write_keys(cluster, options), 1)}
    lost_id = cluster.id(LOST)
    load = steady.Load("foreground", cluster, [1, 2], options.clients, options.rate).start()
    marks = [time.monotonic()]
    time.sleep(options.calm)
    marks.append(time.monotonic())
    cluster.kill(LOST)
    cluster.wipe(LOST)
    time.sleep(options.calm)
    marks.append(time.monotonic())
    cluster.start(LOST, [f"--replace={lost_id}"])
    result["filled_s"] = round(filled(cluster, options.limit_seconds), 1)
    marks.append(time.monotonic())
    load.stop()
    seconds, left = healed.wait(cluster, marks[2], marks[3] - marks[2] + rounds.HEALED_SECONDS_MAX)
    phases = zip(("three nodes", "two nodes", "rebuilding"), marks, marks[1:])
    result["foreground"] = {name: percentiles(load.latencies(since, until)) for name, since, until in phases}
    result["keys_per_s"] = round(options.keys / (marks[3] - marks[2]))
    result["equal_s"], result["unhealed"] = round(seconds, 1), left
    result["errors"] = [text for _, text in load.errors()]
    result.update(check(cluster, load, options))
    return result


def check(cluster, load, options):
    """The new node's own copies: what is missing."""
    total, examples = rounds.verify(cluster, [load], 1)
    missing = 0
    with cluster.connect(LOST, 60.0) as client:
        for start in range(0, options.keys, BATCH):
            names = [("GET", f"key:{number}") for number in range(start, min(start + BATCH, options.keys))]
            missing += sum(reply != b"x" * options.bytes for reply in client.pipeline(names))
    return {"missing": missing + total["lost"] + total["returned"], "examples": examples[:5]}


def show(result):
    print(f"{result['keys']} keys written in {result['write_s']} s; the new node has them after {result['filled_s']} s "
          f"({result['keys_per_s']} keys/s), all copies equal after {result['equal_s']} s {result['unhealed']}; "
          f"missing {result['missing']}; errors of the foreground {len(result['errors'])}")  # fmt: skip
    for name, figures in result["foreground"].items():
        print(f"  {name:12} " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    for text in result["examples"] + result["errors"][:5]:
        print("  " + text)


def main():
    options = parse()
    net.enter()
    network = net.network(3)
    with tempfile.TemporaryDirectory(prefix="gramme-rebuild-", dir=options.place) as place:
        cluster = nodes.Nodes(network, pathlib.Path(place), flags=options.flags)
        try:
            result = rebuild(cluster, options)
        finally:
            cluster.stop()
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)
    return 1 if result["missing"] or result["unhealed"] else 0


sys.exit(main())
