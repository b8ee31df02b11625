"""Replies to the byte: texts.txt holds commands and what Redis 7.0 answers; a real redis-server, when there is one,
must agree with the file, and gramme must too.

The file: a line `> COMMAND` as typed inline, then the reply as on the wire with line ends of one byte. Lines before the
first command are comments; \\s at the end of a line stands for a space there.
"""

import pathlib
import subprocess

import pytest

from support import Client, ask, eventually, free_ports

TEXTS = pathlib.Path(__file__).with_name("texts.txt")


def transcript():
    """(command, reply) in the order of the file."""
    pairs = []
    for line in TEXTS.read_bytes().replace(b"\\s\n", b" \n").split(b"\n")[:-1]:
        if line.startswith(b"> "):
            pairs.append((line[2:], b""))
        elif pairs:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + line + b"\n")
    return pairs


def read_raw(stream):
    """One reply as bytes, whatever its kind in RESP2 or RESP3."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        return b"(closed)"
    kind, rest = line[:1], line[1:-2]
    if kind in b"$=!" and rest != b"-1":
        return line + stream.read(int(rest) + 2)
    count = {b"*": 1, b"~": 1, b">": 1, b"%": 2}.get(kind, 0)
    if count and rest != b"-1":
        return line + b"".join(read_raw(stream) for _ in range(int(rest) * count))
    return line


def differences(port):
    """The commands that are answered otherwise than the file says."""
    found = []
    with Client(port) as client:
        for command, wanted in transcript():
            client.send_raw(command + b"\r\n")
            got = read_raw(client.stream).replace(b"\r\n", b"\n")
            if got != wanted:
                found.append(f"> {command.decode()}\nwanted {wanted!r}\n   got {got!r}")
    return "\n".join(found)


@pytest.mark.skipif(not TEXTS.exists(), reason="no texts.txt")
def test_gramme_answers_as_the_file_says(start_server):
    assert differences(start_server().port) == ""


@pytest.mark.skipif(not TEXTS.exists(), reason="no texts.txt")
def test_redis_answers_as_the_file_says(tool, tmp_path):
    port = free_ports(1)
    command = [tool("redis-server"), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as redis:
        try:
            eventually(lambda: ask(port, "PING") == "PONG", what="redis-server")
            if "redis_version:7.0." not in ask(port, "INFO", "server").decode():
                pytest.skip("the file is about Redis 7.0")
            assert differences(port) == ""
        finally:
            redis.terminate()
            redis.wait(10)
