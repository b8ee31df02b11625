#!/usr/bin/python3
"""kill -9 of one of three nodes under load: what is lost, and for how long any client waits.

Usage: bench/kill-one.py [--rounds 3] [--seconds 6] [--writers 8] [--json] [-- FLAG OF gramme server ...]

Each round: writers spread over the three nodes write, each to keys of its own and to one key again and again. After a
third of the time one node (another each round) is killed; writers that were connected to it go to the next. Then every
acknowledged write is read through each survivor, the node is started again, and the writes are read through it too.

A write without acknowledgement may or may not have happened: neither counts. `gap` is the longest time between two
acknowledgements of one writer. Exit status 0 only if nothing was lost. GRAMME names the binary (build/gramme).
"""

import argparse
import json
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))
import support  # noqa: E402

CLIENT_SECONDS = 5.0  # a client's patience: longer than any gap worth measuring
BATCH = 200


class Writer(threading.Thread):
    """One client with one write in flight."""

    def __init__(self, name, ports, at):
        super().__init__(daemon=True)
        self.key, self.ports, self.at = name, ports, at
        self.acked = []  # numbers of unique keys
        self.again_acked = -1  # last acknowledged value of the key that is overwritten
        self.again_tried = -1
        self.acks = 0
        self.gap = 0.0
        self.gap_at = 0.0
        self.refused = self.broken = 0
        self.running = True
        self.client = None

    def connect(self):
        while self.running:
            try:
                self.client = support.Client(self.ports[self.at % len(self.ports)], CLIENT_SECONDS)
                return
            except OSError:
                self.at += 1
                time.sleep(0.001)

    def write(self, number):
        if number % 2:
            self.again_tried = number
            self.client.ask("SET", f"{self.key}:again", number)
            self.again_acked = number
        else:
            self.client.ask("SET", f"{self.key}:{number}", number)
            self.acked.append(number)

    def note_ack(self, last):
        """Returns the time of this acknowledgement."""
        now = time.monotonic()
        self.acks += 1
        if now - last > self.gap:
            self.gap, self.gap_at = now - last, now
        return now

    def run(self):
        self.connect()
        number, last = 0, time.monotonic()
        while self.running:
            try:
                self.write(number)
                last = self.note_ack(last)
            except support.ReplyError:
                self.refused += 1
            except OSError:
                self.broken += 1
                self.client.close()
                self.at += 1
                self.connect()
            number += 1
        self.note_ack(last)  # the wait that the end cut short
        self.acks -= 1

    def end(self):
        self.running = False
        self.join(CLIENT_SECONDS + 1)
        self.client.close()

    def missing_at(self, port):
        """Acknowledged writes that a reader at this node does not see."""
        missing = 0
        with support.Client(port, CLIENT_SECONDS) as client:
            for start in range(0, len(self.acked), BATCH):
                numbers = self.acked[start : start + BATCH]
                values = client.pipeline([("GET", f"{self.key}:{number}") for number in numbers])
                missing += sum(value != str(number).encode() for number, value in zip(numbers, values))
            if self.again_acked >= 0:
                value = client.ask("GET", f"{self.key}:again")
                missing += value is None or not self.again_acked <= int(value) <= self.again_tried
        return missing


def count_missing(writers, port):
    return sum(writer.missing_at(port) for writer in writers)


def play_round(dev, number, arguments):
    victim = number % 3 + 1
    ports = dev.ports()
    writers = [Writer(f"round{number}:writer{i}", ports, i) for i in range(arguments.writers)]
    for writer in writers:
        writer.start()
    time.sleep(arguments.seconds / 3)
    killed_at = time.monotonic()
    dev.kill(victim)
    time.sleep(arguments.seconds * 2 / 3)
    for writer in writers:
        writer.end()
    missing = {f"node {i + 1}": count_missing(writers, port) for i, port in enumerate(ports) if i + 1 != victim}
    started = time.monotonic()
    dev.start_again(victim)
    serves = time.monotonic() - started
    missing[f"node {victim} (restarted)"] = count_missing(writers, ports[victim - 1])
    worst = max(writers, key=lambda writer: writer.gap)
    return {
        "killed": victim,
        "acked": sum(writer.acks for writer in writers),
        "refused": sum(writer.refused for writer in writers),
        "broken": sum(writer.broken for writer in writers),
        "missing": missing,
        "gap_s": round(worst.gap, 3),
        "gap_ended_s_after_kill": round(worst.gap_at - killed_at, 3),
        "restart_to_serving_s": round(serves, 3),
    }


def show(result):
    missing = ", ".join(f"{count} at {where}" for where, count in result["missing"].items())
    print(
        f"killed node {result['killed']}: {result['acked']} writes acknowledged, {result['refused']} refused, "
        f"{result['broken']} cut off; missing: {missing}; longest gap {result['gap_s']:.3f} s "
        f"(ended {result['gap_ended_s_after_kill']:+.3f} s after the kill); "
        f"served again {result['restart_to_serving_s']:.3f} s after its restart",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("flags", nargs="*", metavar="FLAG")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="gramme-kill-one-") as place:
        dev = support.Dev(pathlib.Path(place) / "dev", flags=arguments.flags)
        try:
            for number in range(arguments.rounds):
                results.append(play_round(dev, number, arguments))
                if not arguments.json:
                    show(results[-1])
        finally:
            dev.stop()
    lost = sum(sum(result["missing"].values()) for result in results)
    if arguments.json:
        print(json.dumps(results, indent=2))
    else:
        print(f"{sum(result['acked'] for result in results)} acknowledged, {lost} lost, longest gap "
              f"{max(result['gap_s'] for result in results):.3f} s")  # fmt: skip
    return 1 if lost else 0


sys.exit(main())
