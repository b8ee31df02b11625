"""One round of each kind of harm, in short; `make torture` is the long form. What must hold: rounds.py, bench/heal.py.

The sanitizer build on a busy machine is slow: clients may wait longer here than the 500 ms that make torture allows.
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

GAP_MS_MAX = 2000
ROUNDS = {"one-way": 2}  # mute, then deaf


def play(tmp_path, program, *words):
    """Run one of bench/'s programs. Returns its JSON and its exit status."""
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / program, "--json", *words], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100, text=True,
        env={**os.environ, "GRAMME": support.GRAMME, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout, done.stderr
    return json.loads(done.stdout), done.returncode


@pytest.mark.parametrize("scenario", [name for name in rounds.SCENARIOS if name != "calm"])
def test_nothing_is_lost_and_all_copies_become_equal(tmp_path, scenario):
    seen, status = play(
        tmp_path, "heal.py", "--only", scenario, "--rounds", str(ROUNDS.get(scenario, 1)), "--hold", "3",
        "--rate", "300", "--gap-ms", str(GAP_MS_MAX),
    )  # fmt: skip
    if scenario in seen["skipped"]:
        pytest.skip(seen["skipped"][scenario])
    for result in seen["results"][scenario]:
        assert result["failed"] == [], result
        assert result["acked"] > 300, result
    assert status == 0


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
