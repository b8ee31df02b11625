"""Any key at any node: what clients see of a healthy cluster."""

import os
import re

import pytest

from support import ROOT, Client, ReplyError, ask, eventually


def test_any_key_at_any_node(cluster):
    ports = cluster.ports()
    for i in range(60):
        assert ask(ports[i % 3], "SET", f"any:{i}", f"value {i}") == "OK"
    for i in range(60):
        for port in ports:
            assert ask(port, "GET", f"any:{i}") == f"value {i}".encode()


def test_what_one_node_wrote_another_overwrites_and_deletes(cluster):
    a, b, c = cluster.ports()
    assert ask(a, "SET", "turns", "1") == "OK"
    assert ask(b, "SET", "turns", "2") == "OK"
    assert ask(c, "GET", "turns") == b"2"
    assert ask(c, "DEL", "turns") == 1
    assert ask(a, "GET", "turns") is None
    assert ask(b, "EXISTS", "turns") == 0


def test_values_of_every_byte_and_of_a_megabyte(cluster):
    a, b, _ = cluster.ports()
    every = bytes(range(256)) * 3
    large = os.urandom(1 << 20)
    assert ask(a, "SET", b"bytes:\x00\r\n\xff", every) == "OK"
    assert ask(b, "GET", b"bytes:\x00\r\n\xff") == every
    assert ask(a, "SET", "bytes:large", large) == "OK"
    assert ask(b, "GET", "bytes:large") == large
    assert ask(a, "SET", "bytes:none", b"") == "OK"
    assert ask(b, "GET", "bytes:none") == b""


def test_string_commands(cluster):
    with Client(cluster.port) as client:
        assert client.ask("SETNX", "str:a", "1") == 1
        assert client.ask("SETNX", "str:a", "2") == 0
        assert client.ask("SET", "str:a", "3", "NX") is None
        assert client.ask("SET", "str:a", "3", "XX") == "OK"
        assert client.ask("SET", "str:a", "4", "GET") == b"3"
        assert client.ask("GETSET", "str:a", "5") == b"4"
        assert client.ask("APPEND", "str:a", "678") == 4
        assert client.ask("STRLEN", "str:a") == 4
        assert client.ask("GETRANGE", "str:a", "1", "-2") == b"67"
        assert client.ask("SETRANGE", "str:a", "2", "xy") == 4
        assert client.ask("GET", "str:a") == b"56xy"
        assert client.ask("TYPE", "str:a") == "string"
        assert client.ask("TYPE", "str:none") == "none"
        assert client.ask("GETDEL", "str:a") == b"56xy"
        assert client.ask("GETDEL", "str:a") is None


def test_many_keys_across_slots_in_one_command(cluster):
    a, b, _ = cluster.ports()
    pairs = [word for i in range(50) for word in (f"many:{i}", f"v{i}")]
    keys = pairs[::2]
    assert ask(a, "MSET", *pairs) == "OK"
    assert ask(b, "MGET", *keys, "many:none") == [f"v{i}".encode() for i in range(50)] + [None]
    assert ask(b, "EXISTS", *keys, keys[0]) == 51
    assert ask(a, "TOUCH", *keys) == 50
    assert ask(b, "UNLINK", *keys[:20]) == 20
    assert ask(a, "DEL", *keys) == 30


def test_replies_come_in_the_order_of_the_commands(cluster):
    with Client(cluster.port) as client:
        commands, wanted = [], []
        for i in range(500):
            commands.append(("SET", f"pipe:{i % 7}", i))
            wanted.append("OK")
            commands.append(("GET", f"pipe:{i % 7}"))
            wanted.append(str(i).encode())
            if i % 50 == 0:
                commands.append(("ECHO", f"between {i}"))
                wanted.append(f"between {i}".encode())
        assert client.pipeline(commands) == wanted


def test_inline_commands(cluster):
    with Client(cluster.port) as client:
        client.send_raw(b'SET inline "two words"\r\nGET inline\nPING\r\n')
        assert [client.read(), client.read(), client.read()] == ["OK", b"two words", "PONG"]


def test_wait_tells_how_many_copies_hold_the_last_write(cluster):
    with Client(cluster.port) as client:
        client.ask("SET", "waited", "x")
        assert client.ask("WAIT", "1", "2000") >= 1
        assert client.ask("WAIT", "3", "2000") == 3
        assert client.ask("WAIT", "9", "50") == 3


def test_an_unknown_command_gets_redis_text_and_the_connection_stays(cluster):
    with Client(cluster.port) as client:
        with pytest.raises(ReplyError) as error:
            client.ask("NOSUCH", "a", "b")
        assert str(error.value) == "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' "
        with pytest.raises(ReplyError, match="^ERR wrong number of arguments for 'get' command$"):
            client.ask("GET")
        assert client.ask("PING") == "PONG"


def test_times_to_live_are_refused_by_name(cluster):
    with Client(cluster.port) as client:
        for option in (("EX", "10"), ("PX", "10"), ("KEEPTTL",)):
            with pytest.raises(ReplyError):
                client.ask("SET", "mortal", "x", *option)
        assert client.ask("GET", "mortal") is None


def test_auth_and_select(cluster):
    with Client(cluster.port) as client:
        with pytest.raises(ReplyError, match="AUTH <password> called without any password configured"):
            client.ask("AUTH", "secret")
        assert client.ask("SELECT", "0") == "OK"
        with pytest.raises(ReplyError, match="^ERR "):
            client.ask("SELECT", "1")


def test_resp3(cluster):
    with Client(cluster.port) as client:
        client.send("HELLO", "3")
        assert client.stream.readline().startswith(b"%")
        with Client(cluster.port) as other:
            assert b"server" in other.ask("HELLO", "2")
            with pytest.raises(ReplyError, match="^NOPROTO "):
                other.ask("HELLO", "4")


def test_info_and_config(cluster):
    with Client(cluster.port) as client:
        info = client.ask("INFO").decode()
        assert "redis_version:7.0" in info
        assert f"tcp_port:{cluster.port}" in info
        assert client.ask("CONFIG", "GET", "maxclients") == [b"maxclients", b"10000"]
        assert client.ask("CONFIG", "SET", "loglevel", "debug") == "OK"
        assert client.ask("CONFIG", "GET", "loglevel") == [b"loglevel", b"debug"]
        assert client.ask("CONFIG", "SET", "loglevel", "info") == "OK"
        with pytest.raises(ReplyError):
            client.ask("CONFIG", "SET", "listen", "127.0.0.1:1")


def documented_fields():
    """By section, from docs/info.md."""
    fields, section = {}, None
    for line in (ROOT / "docs" / "info.md").read_text().split("\n"):
        if line.startswith("## "):
            section = fields.setdefault(line[3:], [])
        elif line.startswith("| `"):
            section.append(line.split("`")[1])
    return fields


def shown_fields(port):
    fields, section = {}, None
    for line in ask(port, "INFO").decode().split("\r\n"):
        if line.startswith("# "):
            section = fields.setdefault(line[2:], [])
        elif line:
            name = re.sub(r"^peer\d+$", "peerN", line.split(":")[0])
            section += [name] if name not in section else []
    return fields


def test_every_field_of_info_is_documented(cluster):
    assert ask(cluster.port, "SET", "info:k", "v") == "OK"
    eventually(lambda: shown_fields(cluster.port)["Keyspace"] != [], what="a copy at the first node")
    assert shown_fields(cluster.port) == documented_fields()


def test_cluster_commands_agree_at_all_nodes(cluster):
    ids = [ask(port, "CLUSTER", "MYID") for port in cluster.ports()]
    assert len(set(ids)) == 3
    for port in cluster.ports():
        assert b"cluster_state:ok" in ask(port, "CLUSTER", "INFO")
        assert ask(port, "CLUSTER", "KEYSLOT", "{tag}any") == ask(port, "CLUSTER", "KEYSLOT", "tag")
        nodes = ask(port, "CLUSTER", "NODES").decode()
        assert len(nodes.strip().split("\n")) == 3
        assert sum("myself" in line for line in nodes.split("\n")) == 1
        covered = set()
        for first, last, *owners in ask(port, "CLUSTER", "SLOTS"):
            covered.update(range(first, last + 1))
            assert owners[0][1] in cluster.ports()
        assert covered == set(range(16384))
        assert ask(port, "CLUSTER", "SHARDS")


def test_keys_are_counted_by_slot_and_in_all(cluster):
    with Client(cluster.port) as client:
        slot = client.ask("CLUSTER", "KEYSLOT", "{counted}")
        client.pipeline([("SET", f"{{counted}}:{i}", "x") for i in range(5)])
        client.ask("DEL", "{counted}:0")
        wanted = [f"{{counted}}:{i}".encode() for i in range(1, 5)]
        for port in cluster.ports():
            eventually(lambda: ask(port, "CLUSTER", "COUNTKEYSINSLOT", slot) == 4, what=f"4 keys at {port}")
            assert sorted(ask(port, "CLUSTER", "GETKEYSINSLOT", slot, 10)) == wanted
        assert client.ask("DBSIZE") >= 4


def test_commands_describe_themselves(cluster):
    with Client(cluster.port) as client:
        count = client.ask("COMMAND", "COUNT")
        assert count == len(client.ask("COMMAND")) <= len(client.ask("COMMAND", "LIST"))
        assert client.ask("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2") == [b"a", b"b"]
        assert client.ask("COMMAND", "DOCS", "get")[0] == b"get"


def test_clients_have_names_and_can_be_ended(cluster):
    with Client(cluster.port) as client, Client(cluster.port) as other:
        assert client.ask("CLIENT", "SETNAME", "me") == "OK"
        assert client.ask("CLIENT", "GETNAME") == b"me"
        other_id = other.ask("CLIENT", "ID")
        assert re.search(rb"name=me ", client.ask("CLIENT", "LIST"))
        assert client.ask("CLIENT", "KILL", "ID", other_id) == 1
        assert other.is_closed()
        assert client.ask("QUIT") == "OK"
        assert client.is_closed()
