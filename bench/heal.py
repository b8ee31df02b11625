#!/usr/bin/python3
"""Harm to one node under a steady load, again and again: what is lost, who waits, when all copies are equal again.

Usage: bench/heal.py [--only NAME,...] [--rounds 3] [--hold S] [--json] [--list]
                     [--rate 600] [--clients 6] [--patience S] [--gap-ms 500] [--healed-s 30]
                     [-- FLAG OF gramme server ...]

Real processes, each in a network namespace of its own where the machine allows (tests/e2e/net.py). A round is described
in tests/e2e/rounds.py. Exit status 0 only if in all rounds
- every acknowledged write is there, every acknowledged delete too, through every node, and in each copy (R=1),
- no client waited longer than --gap-ms for its next acknowledgement, from the start of the round to its end,
- no client saw an error except within 500 ms after the harm,
- no hint was left and all copies were equal --healed-s after healing.

`late`: keys with a value whose write was never acknowledged, and happened later. `stall`: the longest time that the
machine let a thread of this program wait that wanted to run, `disk`: the longest time that it took to add a little to a
file; a gap below these says nothing about gramme. `back`: from healing until the victim takes writes. TMPDIR says where
the data goes: /dev/shm has no disk to wait for.
GRAMME names the binary (build/gramme).
"""

import argparse
import json
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import net  # noqa: E402
import nodes  # noqa: E402
import rounds  # noqa: E402
import steady  # noqa: E402

COLUMNS = ("scenario", "rounds", "acked", "lost", "returned", "behind", "late", "gap ms", "stall ms", "disk ms",
           "errors", "outside", "back s", "healed s", "failed")  # fmt: skip


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    everything = [name for name in rounds.SCENARIOS if name != "calm"]
    parser.add_argument("--only", default=",".join(everything), help="scenarios; also: calm")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=float, default=1.0, help="seconds of load before the harm")
    parser.add_argument("--hold", type=float, help="seconds from harm to healing (5; hang 30, away 10)")
    parser.add_argument("--after", type=float, default=1.5, help="seconds of load after healing")
    parser.add_argument("--rate", type=float, default=600, help="requests a second")
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--patience", type=float, default=steady.CLIENT_SECONDS, help="of a client, in seconds")
    parser.add_argument("--gap-ms", type=float, default=1000 * rounds.GAP_SECONDS_MAX)
    parser.add_argument("--healed-s", dest="healed_seconds", type=float, default=rounds.HEALED_SECONDS_MAX)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true", help="say what the scenarios are")
    parser.add_argument("flags", nargs="*", metavar="FLAG")
    return parser.parse_args()


def why_skipped(scenario):
    if scenario.needs_cuts and not net.is_inside() or scenario.needs_mount and not net.is_inside():
        return net.why_not()
    return ""


def tell(options, text):
    if not options.json:
        print(text, flush=True)


def play_rounds(scenario, options, place, network):
    """All rounds of one scenario on one cluster. Returns the results, each with what it broke."""
    results = []
    scenario.prepare(network, place)
    cluster = nodes.Nodes(network, place, scenario.count, [*scenario.flags, *options.flags])
    try:
        for number in range(options.rounds):
            result = rounds.play(scenario, cluster, number, options)
            result["failed"] = rounds.failures(result, options.gap_ms / 1000)
            results.append(result)
            tell(options, f"  {scenario.name} {number + 1}: {describe(result)}")
    finally:
        cluster.stop()
        complaints = cluster.complaints()
        scenario.clean()
    if complaints:
        results[-1]["failed"] += complaints[:5]
        tell(options, "  " + "\n  ".join(complaints[:5]))
    return results


def describe(result):
    text = (f"node {result['victim']}, {result['acked']} acknowledged, lost {result['lost']}, gap "
            f"{result['gap_s'] * 1000:.0f} ms, errors {result['errors']} + {result['errors_outside']}, healed "
            f"{result['healed_s']:.1f} s")  # fmt: skip
    return "\n      ".join([text, *result["failed"], *result["examples"]])


def row(name, results):
    """One line of the table."""
    def total(field):
        return sum(result[field] for result in results)

    def worst(field):
        return max(result[field] for result in results)

    return (name, len(results), total("acked"), total("lost"), total("returned"), total("behind"), total("late"),
            round(1000 * worst("gap_s")), round(1000 * worst("stall_s")), round(1000 * worst("disk_s")),
            total("errors"), total("errors_outside"), worst("back_s"), worst("healed_s"),
            sum(bool(result["failed"]) for result in results))  # fmt: skip


def print_table(rows):
    table = [COLUMNS, *rows]
    widths = [max(len(str(line[i])) for line in table) for i in range(len(COLUMNS))]
    for line in table:
        print("  ".join(str(cell).rjust(width) for cell, width in zip(line, widths)))


def main():
    options = parse()
    if options.list:
        for scenario in rounds.SCENARIOS.values():
            print(f"{scenario.name:8} {scenario.text}")
        return 0
    wanted = [rounds.SCENARIOS[name]() for name in options.only.split(",")]
    net.enter()
    network = net.network(max(scenario.count for scenario in wanted))
    results, skipped = {}, {}
    with tempfile.TemporaryDirectory(prefix="gramme-heal-") as place:
        for scenario in wanted:
            skipped[scenario.name] = why_skipped(scenario)
            if skipped[scenario.name]:
                tell(options, f"  {scenario.name}: skipped: {skipped[scenario.name]}")
                continue
            results[scenario.name] = play_rounds(scenario, options, pathlib.Path(place) / scenario.name, network)
    if options.json:
        print(json.dumps({"results": results, "skipped": {k: v for k, v in skipped.items() if v}}, indent=2))
    elif results:
        print_table([row(name, rounds_of) for name, rounds_of in results.items()])
    return 1 if any(result["failed"] for rounds_of in results.values() for result in rounds_of) else 0


sys.exit(main())
