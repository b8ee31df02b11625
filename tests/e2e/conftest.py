"""Fixtures: local clusters of real processes on free ports. GRAMME names the binary (default build/gramme)."""

import faulthandler
import os
import pathlib
import shutil
import signal

import pytest

import support

TEST_SECONDS = 240


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """No test hangs the run: after TEST_SECONDS it fails, with the stack it was in."""

    def give_up(_number, _frame):
        faulthandler.dump_traceback()
        raise TimeoutError(f"{item.name} took more than {TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_sessionstart(session):
    if not os.access(support.GRAMME, os.X_OK):
        pytest.exit(f"no binary at {support.GRAMME}: run make, or set GRAMME", returncode=2)


class Shared:
    """The cluster that tests share, made anew when one of them has broken it."""

    def __init__(self, place):
        self.place, self.dev, self.count = place, None, 0

    def get(self):
        if self.dev is None:
            self.count += 1
            self.dev = support.Dev(self.place / f"dev{self.count}")
        return self.dev

    def check(self):
        """After each test: every node is alive and nothing is in a log that should not be."""
        broken = self.dev.complaints()
        for port in self.dev.ports():
            try:
                support.ask(port, "PING")
            except (OSError, support.ReplyError) as error:
                broken.append(f"the node at {port} does not answer: {error}")
        if broken:
            self.stop()
        assert broken == []

    def stop(self):
        dev, self.dev = self.dev, None
        return dev.stop() if dev else 0


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    shared = Shared(tmp_path_factory.mktemp("shared"))
    yield shared
    assert shared.stop() == 0


@pytest.fixture
def cluster(shared):
    """Three nodes that tests share. Tests use keys of their own and leave every node alive."""
    yield shared.get()
    shared.check()


@pytest.fixture
def start_dev(tmp_path):
    """Starts clusters that belong to one test."""
    started = []

    def start(nodes=3, flags=(), name="dev", **more):
        dev = support.Dev(tmp_path / name, nodes, flags, **more)
        started.append(dev)
        return dev

    yield start
    for dev in started:
        dev.stop()
    for dev in started:
        assert dev.complaints() == []


@pytest.fixture
def start_server(tmp_path):
    """Starts single nodes that belong to one test; with wait=False also those that are expected to refuse."""
    started = []

    def start(name="one", flags=(), **more):
        server = support.Server(tmp_path / name, flags=flags, **more)
        started.append(server)
        return server

    yield start
    for server in started:
        server.end()


@pytest.fixture
def tool():
    """The path of a program that may be missing."""

    def find(name):
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


@pytest.fixture(scope="session")
def node_modules():
    """Where npm's Redis clients are: run-tests.py installs them."""
    path = pathlib.Path(os.environ.get("NODE_PATH") or support.ROOT / "build-asan" / "node" / "node_modules")
    if not (path / "ioredis").exists() or shutil.which("node") is None:
        pytest.skip("node and its Redis clients are not installed; make test does")
    return path
