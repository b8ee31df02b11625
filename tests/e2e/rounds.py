"""One round: a steady load, harm to one node, healing; then what was lost, who waited, how long until all is equal.

    load starts -- before --> harm -- hold --> heal --> victim takes writes: clients go home -- after --> load stops
    --> all copies equal? --> every key read at every node

A scenario says how many nodes with which flags, how to harm, and how to heal. Add one to SCENARIOS and bench/heal.py
plays it.
"""

import subprocess
import threading
import time

import healed
import steady
from support import eventually

GAP_SECONDS_MAX = 0.5
HEALED_SECONDS_MAX = 30.0
SHARED_KEYS = 8
APART_SECONDS = 0.05  # writes that are further apart than this have dots in that order
DISK_BYTES = "256m"


class Scenario:
    """By itself the one that harms nobody."""

    name, count, flags = "calm", 3, ()
    hold = 5.0  # seconds from harm to healing
    needs_cuts = needs_mount = False
    text = "nothing happens"

    def prepare(self, network, place):
        """Before the nodes start."""

    def clean(self):
        """After they have ended."""

    def victim(self, number, count):
        return number % count + 1

    def harm(self, nodes, victim, number):
        pass

    def heal(self, nodes, victim):
        pass

    def loads(self, nodes, name, victim, options):
        return [steady.Load(name, nodes, nodes.numbers(), options.clients, options.rate, patience=options.patience)]

    def is_fair(self, error):
        """May a client see this error (as text) while the harm lasts?"""
        return False

    def findings(self, nodes, loads):
        """What else is wrong after a round, as texts."""
        return []


class Kill(Scenario):
    name, text = "kill", "kill -9 of one of three, started again"

    def harm(self, nodes, victim, number):
        nodes.kill(victim)

    def heal(self, nodes, victim):
        nodes.start(victim)


class Hang(Scenario):
    hold = 30.0
    name, text = "hang", "SIGSTOP of one of three, then SIGCONT"

    def harm(self, nodes, victim, number):
        nodes.pause(victim)

    def heal(self, nodes, victim):
        nodes.resume(victim)


class Slow(Scenario):
    """It answers, and keeps its links, but is away for 200 ms at a time."""

    name, text = "slow", "one of three runs for 20 ms of each 220"

    def is_fair(self, error):
        """It may be too slow itself; what was handed to it when it fell silent once more may have happened or not."""
        unknown = "DEL ReplyError: TIMEOUT" in error and "may have happened" in error
        return unknown or error.startswith(self.address)

    def harm(self, nodes, victim, number):
        self.address = nodes.address(victim)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.stutter, args=(nodes, victim), daemon=True)
        self.thread.start()

    def stutter(self, nodes, victim):
        while not self.ended.is_set():
            nodes.pause(victim)
            time.sleep(0.2)
            nodes.resume(victim)
            time.sleep(0.02)

    def heal(self, nodes, victim):
        self.ended.set()
        self.thread.join()


class TwoDead(Scenario):
    """Keys that lost two of their three owners are written still: stand-ins count towards W."""

    name, text, count = "two-dead", "kill -9 of two of five at once, started again", 5

    def pair(self, nodes, victim):
        return victim, victim % nodes.count + 1

    def harm(self, nodes, victim, number):
        for one in self.pair(nodes, victim):
            nodes.kill(one)

    def heal(self, nodes, victim):
        for one in self.pair(nodes, victim):
            nodes.start(one)

    def loads(self, nodes, name, victim, options):
        return [steady.Load(name, nodes, nodes.numbers(), options.clients, options.rate, blind=True,
                            patience=options.patience)]  # fmt: skip


class Cut(Scenario):
    name, text, needs_cuts = "cut", "one of three cut off from the others", True

    def harm(self, nodes, victim, number):
        nodes.network.cut_both([victim], others(nodes, victim))

    def heal(self, nodes, victim):
        nodes.network.mend()


class OneWay(Cut):
    name, text = "one-way", "one of three cut off in one direction: rounds in turn mute and deaf"

    def victim(self, number, count):
        return number // 2 % count + 1

    def harm(self, nodes, victim, number):
        if number % 2:
            nodes.network.cut(others(nodes, victim), [victim])
        else:
            nodes.network.cut([victim], others(nodes, victim))


class Sides(Cut):
    """Both sides take every write; of the values of a key that both wrote the newest stays."""

    name, text, count, flags = "sides", "five nodes, W=1, cut 1 | 4, clients on both sides", 5, ("--w=1", "--r=1")

    def loads(self, nodes, name, victim, options):
        shared = [f"{name}:shared{i}" for i in range(SHARED_KEYS)]
        few = max(1, options.clients // 3)
        many = max(1, options.clients - few)
        rate = options.rate / (few + many)
        rest = (shared, True, options.patience)
        return [
            steady.Load(f"{name}:few", nodes, [victim], few, rate * few, *rest),
            steady.Load(f"{name}:many", nodes, others(nodes, victim), many, rate * many, *rest),
        ]

    def findings(self, nodes, loads):
        writes = [write for load in loads for client in load.clients for write in client.shared_writes]
        refused = [text for load in loads for _, text in load.errors() if "NOQUORUM" in text]
        found = [f"{len(refused)} refused: {refused[0]}"] if refused else []
        for key in sorted({write[0] for write in writes}):
            values = {nodes.ask(number, "GET", key) for number in nodes.numbers()}
            found += judge_shared(key, values, [write for write in writes if write[0] == key])
        return found


class Full(Scenario):
    name, text, needs_mount = "full", "the disk of one of three is full for a while", True

    def prepare(self, network, place):
        self.disk = place / "node3"
        self.disk.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(self.disk)]
        subprocess.run(mount, check=True, timeout=10)

    def clean(self):
        # Lazily: the mount namespace of a process that has just ended may hold it for a moment yet.
        subprocess.run(["umount", "--lazy", str(self.disk)], check=True, timeout=10)

    def victim(self, number, count):
        return 3

    def is_fair(self, error):
        """What depends on the value before is decided by the key's first owner, on its own disk."""
        full = "DEL ReplyError: DISKFULL" in error
        return full or ("DEL ReplyError: NOQUORUM" in error and "first owner could not store it" in error)

    def harm(self, nodes, victim, number):
        self.ballast = self.disk / "ballast"
        fill(self.ballast)

    def heal(self, nodes, victim):
        self.ballast.unlink()


class Away(Kill):
    """Longer than hints are kept: what the node missed, deletes too, it learns by comparing. What all have deleted is
    forgotten as soon as may be."""

    name, text = "away", "one of three is away for longer than hints are kept, and misses more than there is room for"
    flags = ("--hints-age=1s", "--hints-max=4k", "--reap-after=500ms")
    hold = 10.0

    def findings(self, nodes, loads):
        repaired = sum(healed.gauges(nodes, number).get("keys_repaired", 0) for number in nodes.numbers())
        return [] if repaired else ["no key was repaired by comparing"]


SCENARIOS = {one.name: one for one in (Scenario, Kill, Hang, Slow, TwoDead, Cut, OneWay, Sides, Full, Away)}


def others(nodes, victim):
    return [number for number in nodes.numbers() if number != victim]


def fill(path):
    """Take all of the space that is left on a disk."""
    with open(path, "wb", buffering=0) as out:
        size = 1 << 20
        while size >= 4096:
            try:
                out.write(b"\0" * size)
            except OSError:
                size //= 2


def judge_shared(key, values, writes):
    """What is wrong with the value that a key has at all nodes, given all (key, value, began, ended, acknowledged)."""
    if len(values) != 1:
        return [f"{key} has {len(values)} values"]
    chosen = [write for write in writes if write[1] in values]
    if not chosen:
        return [f"{key} has a value that nobody wrote: {values}"]
    _, _, _, ended, acknowledged = chosen[0]
    later = [write for write in writes if write[4] and write[2] > ended + APART_SECONDS]
    return [f"{key} has an older value than the acknowledged {later[-1][1]!r}"] if acknowledged and later else []


def verify(nodes, loads, r):
    """Every key through every node, with R=`r`. Returns the sums of the verdicts, and examples of bad ones."""
    total, examples = {}, []
    for number in nodes.numbers():
        nodes.ask(number, "CONFIG", "SET", "r", r)
    for number in nodes.numbers():
        for load in loads:
            counts, bad = load.verify(number)
            examples += bad[:3]
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
    return total, examples


def play(scenario, nodes, number, options):
    """One round. Returns what was seen, as a dictionary."""
    victim = scenario.victim(number, nodes.count)
    loads = [load.start() for load in scenario.loads(nodes, f"{scenario.name}{number}", victim, options)]
    try:
        time.sleep(options.before)
        harmed_at = time.monotonic()
        scenario.harm(nodes, victim, number)
        time.sleep(scenario.hold if options.hold is None else options.hold)
        healed_at = time.monotonic()
        scenario.heal(nodes, victim)
        back_seconds = wait_back(nodes, victim, f"{scenario.name}{number}:back", options.patience) - healed_at
        for load in loads:
            load.spread()
        time.sleep(options.after)
    finally:
        for load in loads:
            load.stop()
    seconds, left = healed.wait(nodes, healed_at, options.healed_seconds)
    result = conclude(scenario, nodes, loads, victim, harmed_at, options.gap_ms / 1000)
    return {**result, "back_s": round(back_seconds, 3), "healed_s": round(seconds, 2), "unhealed": left}


def wait_back(nodes, victim, key, patience):
    """Until the victim takes writes. Returns the time."""
    eventually(lambda: nodes.ask(victim, "SET", key, "1", timeout=patience) == "OK", 30, "a write through the victim")
    return time.monotonic()


def unfair_errors(scenario, errors, harmed_at, gap_seconds):
    """Those that nothing excuses, with their time after the harm; within the gap that is allowed they are expected."""
    after = [(when - harmed_at, text) for when, text in errors if not scenario.is_fair(text)]
    return [(when, text) for when, text in after if not 0 <= when <= gap_seconds]


def conclude(scenario, nodes, loads, victim, harmed_at, gap_seconds):
    quorum = int(nodes.ask(1, "CONFIG", "GET", "r")[1])
    copies, behind = verify(nodes, loads, 1)
    whole, lost = verify(nodes, loads, quorum)
    errors = sorted(error for load in loads for error in load.errors())
    outside = unfair_errors(scenario, errors, harmed_at, gap_seconds)
    return {
        "scenario": scenario.name,
        "victim": victim,
        "acked": sum(load.acks() for load in loads),
        "late": whole["late"],
        "lost": whole["lost"],
        "returned": whole["returned"],
        "behind": copies["lost"] + copies["returned"],
        "stale_reads": sum(load.stale() for load in loads),
        "gap_s": round(max(load.gap() for load in loads), 3),
        "stall_s": round(max(load.stalls.worst for load in loads), 3),
        "disk_s": round(max(load.disk_stalls.worst for load in loads), 3),
        "errors": len(errors) - len(outside),
        "errors_outside": len(outside),
        "findings": scenario.findings(nodes, loads),
        "examples": lost[:5] + behind[:5] + [f"{when:+.3f} s {text}" for when, text in outside[:5]],
    }


def failures(result, gap_seconds_max):
    """What a round's result breaks of what must hold, as texts."""
    found = list(result["findings"])
    for name in ("lost", "returned", "behind", "errors_outside"):
        if result[name]:
            found.append(f"{name} {result[name]}")
    if result["gap_s"] > gap_seconds_max:
        found.append(f"a client waited {result['gap_s']} s (the machine's own stalls: {result['stall_s']} s, "
                     f"its disk's: {result['disk_s']} s)")  # fmt: skip
    if result["unhealed"]:
        found.append(f"not healed after {result['healed_s']} s: {result['unhealed']}")
    return found
