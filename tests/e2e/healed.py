"""Are all copies the same again? Seen from outside: no hints, nothing to fill, equal tree roots at all owners."""

import time

import support

POLL_SECONDS = 0.1


def gauges(nodes, number):
    """The numbers in INFO, by name."""
    text = nodes.ask(number, "INFO", "everything").decode()
    pairs = [line.split(":", 1) for line in text.split("\r\n") if ":" in line]
    return {name: int(value) for name, value in pairs if value.isdigit()}


def digests(nodes, number):
    """Tree roots of what the node owns, by partition."""
    flat = nodes.ask(number, "GRAMME", "DIGEST")
    return dict(zip(flat[::2], flat[1::2]))


def differing(nodes):
    """Partitions whose owners do not all say the same root, and those with too few owners."""
    roots, owners = {}, {}
    for number in nodes.numbers():
        for partition, root in digests(nodes, number).items():
            roots.setdefault(partition, set()).add(root)
            owners[partition] = owners.get(partition, 0) + 1
    copies = max(owners.values(), default=0)
    return [partition for partition in roots if len(roots[partition]) > 1 or owners[partition] < copies]


def unhealed(nodes):
    """What is left to do, as text; empty when all is done."""
    left = []
    for number in nodes.numbers():
        values = gauges(nodes, number)
        for name in ("hints_pending", "partitions_filling"):
            if values[name]:
                left.append(f"node {number}: {name} {values[name]}")
    if not left:
        different = differing(nodes)
        if different:
            left.append(f"{len(different)} partitions differ: {different[:8]}")
    return ", ".join(left)


def wait(nodes, since, seconds=30.0):
    """Wait until all is healed, at most until `seconds` after `since` (time.monotonic). Returns the seconds it took
    since then, and what was left (empty when all was healed)."""
    while True:
        try:
            left = unhealed(nodes)
        except (OSError, support.ReplyError) as error:
            left = str(error)
        now = time.monotonic()
        if not left or now - since > seconds:
            return now - since, left
        time.sleep(POLL_SECONDS)
