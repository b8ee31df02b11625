"""One round of each kind of harm, in short; `make torture` is the long form. What must hold: rounds.py, bench/heal.py.

How long clients wait, and that no error comes later than 500 ms after the harm, is for make torture to judge, on a
machine that does nothing else. Here clients are patient, and a round in which the machine itself stood still is not
judged by its errors.
"""

import json
import os
import subprocess
import sys

import pytest

import net
import rounds
import support
from support import ROOT

GAP_MS_MAX = 5000  # errors may come for so long, and nobody is left hanging
PATIENCE_SECONDS = 2
STALL_SECONDS_MAX = 0.2  # of the load's own threads
ROUNDS = {"one-way": 2}  # mute, then deaf


def play(tmp_path, program, *words):
    """Run one of bench/'s programs. Returns its JSON and its exit status."""
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / program, "--json", *words], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=220, text=True,
        env={**os.environ, "GRAMME": support.GRAMME, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout, done.stderr
    return json.loads(done.stdout), done.returncode


def is_judged(text, result):
    """Does this failure of a round say something about the nodes?"""
    stall_s = max(result["stall_s"], result["disk_s"])
    return stall_s < STALL_SECONDS_MAX or not text.startswith(("errors_outside", "a client waited"))


@pytest.mark.parametrize("scenario", [name for name in rounds.SCENARIOS if name != "calm"])
def test_nothing_is_lost_and_all_copies_become_equal(tmp_path, scenario):
    seen, _ = play(
        tmp_path, "heal.py", "--only", scenario, "--rounds", str(ROUNDS.get(scenario, 1)), "--hold", "3",
        "--rate", "300", "--gap-ms", str(GAP_MS_MAX), "--patience", str(PATIENCE_SECONDS), "--healed-s", "90",
    )  # fmt: skip
    if scenario in seen["skipped"]:
        pytest.skip(seen["skipped"][scenario])
    for result in seen["results"][scenario]:
        assert [text for text in result["failed"] if is_judged(text, result)] == [], result
        assert result["acked"] > 50, result


def test_a_lost_disk_is_rebuilt_from_the_others(tmp_path):
    result, status = play(tmp_path, "rebuild.py", "--quick", "--keys", "5000", "--rate", "300")
    assert status == 0 and result["missing"] == 0 and result["unhealed"] == "", result


def test_cuts_are_one_way(tmp_path):
    """The network itself: what is cut is lost without a word, in that direction only, and mends."""
    if net.why_not():
        pytest.skip(net.why_not())
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "e2e" / "check_net.py"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
