"""The shell blocks of the documents, executed: every block marked `sh`, in order, against a cluster of its own."""

import os
import re
import subprocess

import pytest

import support
from support import GRAMME, ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def documents():
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").glob("*/README.md")]
    return sorted(path for path in paths if BLOCK.search(path.read_text()))


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_document(start_dev, path, tool):
    """Ports 7379 to 7381 stand for the cluster's, build/gramme for the binary that is tested."""
    tool("redis-cli")
    dev = start_dev()
    script = "".join(BLOCK.findall(path.read_text()))
    for node, port in enumerate(dev.ports()):
        script = script.replace(str(7379 + node), str(port))
    script = script.replace("build/gramme", GRAMME)
    done = subprocess.run(
        ["sh", "-eux"], input=script, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, cwd=ROOT,
        env={**support.environment(), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert not re.search(r"^\(?(error|ERR) ", done.stdout, re.M), done.stdout
