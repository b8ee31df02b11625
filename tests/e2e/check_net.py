"""Checks net.py inside namespaces: run by test_heal.py. Exit status 0 if cuts do what they say."""

import subprocess
import sys

import net

LISTEN = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("", 9))
    s.settimeout({seconds})
    print("ready", flush=True)
    try:
        print(s.recvfrom(9)[0].decode(), flush=True)
    except TimeoutError:
        print("silence", flush=True)
"""
SEND = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.sendto(b"heard", ("{host}", 9))
"""


def python(network, number, text):
    command = network.wrap(number, [sys.executable, "-c", text])
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def hears(network, sender, receiver, seconds):
    with python(network, receiver, LISTEN.format(seconds=seconds)) as listener:
        assert listener.stdout.readline() == "ready\n"
        with python(network, sender, SEND.format(host=network.host(receiver))) as talker:
            talker.wait(10)
        return listener.stdout.readline() == "heard\n"


def main():
    net.enter()
    network = net.network(3)
    assert network.can_cut
    assert hears(network, 1, 2, 5) and hears(network, 2, 1, 5)
    network.cut([1], [2])
    assert not hears(network, 1, 2, 0.3)
    assert hears(network, 2, 1, 5) and hears(network, 1, 3, 5)
    network.cut_both([3], [1, 2])
    assert not hears(network, 3, 1, 0.3) and not hears(network, 2, 3, 0.3)
    network.mend()
    assert all(hears(network, a, b, 5) for a, b in ((1, 2), (2, 3), (3, 1)))
    with open("/proc/net/dev", encoding="ascii") as devices:
        names = {line.split(":")[0].strip() for line in devices if ":" in line}
    assert names == {"lo", "bridge", "to-node1", "to-node2", "to-node3"}, names  # no way out
    return 0


sys.exit(main())
