#!/usr/bin/python3
"""Builds and runs tests, and sums up: the last line is `N passed, N failed`.

Usage: tools/run-tests.py all                       every build, check and test        (make test)
       tools/run-tests.py check                     house rules and the fast tests     (make check)
       tools/run-tests.py one NAME [FILTER] [--debug]   one C test program, in full    (make one)

The output of what passes is not shown. Exit status 0 only if nothing failed.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASAN = ROOT / "build-asan"
PYTHON = "/usr/bin/python3"
JOBS = 2
OUTPUT_LINES_MAX = 150  # of what failed; the end is where the reason stands
FAST_SUITES = {"unit", "transcript"}
E2E_SECONDS = 600
BINARY_BYTES_MAX = 3_000_000


class Result:
    def __init__(self, name, passed, failed, output="", seconds=0.0):
        self.name, self.passed, self.failed = name, passed, failed
        self.output, self.seconds = output, seconds

    def show(self):
        word = "FAIL" if self.failed else "ok"
        print(f"{word:5}{self.name}  {self.passed} passed, {self.failed} failed  {self.seconds:.1f} s")
        if self.failed:
            lines = self.output.rstrip().split("\n")
            print("\n".join("    " + line for line in lines[-OUTPUT_LINES_MAX:]))
        sys.stdout.flush()


def run(command, timeout, env=None, cwd=ROOT):
    """Returns (status, output, seconds); status None when it was stopped for taking too long."""
    started = time.monotonic()
    with open(os.devnull, "rb") as nothing, subprocess.Popen(
        command, cwd=cwd, env=env, stdin=nothing, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nstopped after {timeout} s\n"
            status = None
    return status, output, time.monotonic() - started


def step(name, command, timeout, env=None, cwd=ROOT):
    """One command as one test."""
    status, output, seconds = run(command, timeout, env, cwd)
    good = status == 0
    return Result(name, int(good), int(not good), output, seconds)


def count_tap(status, output):
    planned = sum(int(number) for number in re.findall(r"^1\.\.(\d+)$", output, re.M))
    passed = len(re.findall(r"^ok \d+", output, re.M))
    failed = len(re.findall(r"^not ok \d+", output, re.M))
    failed += max(0, planned - passed - failed)
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    return passed, failed


def c_tests(suites=None):
    listing = subprocess.run(["meson", "introspect", "--tests", str(ASAN)], stdout=subprocess.PIPE, check=True)
    tests = json.loads(listing.stdout)
    for test in tests:
        test["suite"] = test["suite"][0].split(":")[-1]
    chosen = [test for test in tests if suites is None or test["suite"] in suites]
    return sorted(chosen, key=lambda test: -test["timeout"])


def environment(test=None):
    """The tests' environment. GRAMME_SEED differs from commit to commit, and is the same for the same commit."""
    env = dict(os.environ)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    env.setdefault("GRAMME_SEED", str(int(head.stdout.decode().strip()[:8] or "1", 16)))
    env.update(test["env"] if test else {})
    return env


def run_c_test(test):
    status, output, seconds = run(test["cmd"], test["timeout"], environment(test), ASAN)
    passed, failed = count_tap(status, output)
    return Result(test["name"], passed, failed, output, seconds)


def run_c_tests(suites=None):
    if not (ASAN / "build.ninja").exists():
        return []
    results = []
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for result in pool.map(run_c_test, c_tests(suites)):
            result.show()
            results.append(result)
    return results


def run_pytest(name, paths, timeout, env=None):
    report = ASAN / f"{name}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *map(str, paths)]
    status, output, seconds = run(command, timeout, env)
    passed = failed = 0
    if report.exists():
        suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
        total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        passed = max(0, total - failed - skipped)
        name += f" ({skipped} skipped)" if skipped else ""
    if status != 0 and failed == 0:
        failed = 1
    return Result(name, passed, failed, output, seconds)


def install_node_clients():
    """The Redis clients for node that the end-to-end tests use, under the build directory. None if there are none."""
    package = ROOT / "tests" / "e2e" / "node"
    if not (package / "package.json").exists():
        return None
    place = ROOT / "build-asan" / "node"
    place.mkdir(parents=True, exist_ok=True)
    lock = (package / "package-lock.json").read_text()
    done = place / "installed"
    if done.exists() and done.read_text() == lock:
        return Result("node clients", 1, 0)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(package / file, place / file)
    result = step("node clients", ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], 180, cwd=place)
    if not result.failed:
        done.write_text(lock)
    return result


def run_e2e():
    if not list((ROOT / "tests" / "e2e").glob("test_*.py")):
        return []
    results = []
    clients = install_node_clients()
    if clients:
        clients.show()
        results.append(clients)
    env = environment()
    env["GRAMME"] = str(ASAN / "gramme")
    env["GRAMME_RELEASE"] = str(ROOT / "build" / "gramme")
    env["NODE_PATH"] = str(ASAN / "node" / "node_modules")
    env["ASAN_OPTIONS"] = "detect_leaks=1"
    result = run_pytest("end to end", ["tests/e2e"], E2E_SECONDS, env)
    result.show()
    return results + [result]


def house_rules():
    tests = sorted((ROOT / "tools").glob("test_*.py"))
    for result in (
        step("format", ["tools/format.sh"], 60),
        step("house rules", ["tools/tidy.py"], 60),
        step("headers alone", ["tools/check-headers.py"], 60),
        run_pytest("tools", tests, 60),
    ):
        result.show()
        yield result


def build(kind):
    result = step(f"build {kind}", ["tools/build.sh", kind], 600)
    result.show()
    return result


def binary_size():
    binary = ROOT / "build" / "gramme"
    if not binary.exists():
        return []
    stripped = ROOT / "build" / "gramme.stripped"
    result = step("binary size", ["strip", "-o", str(stripped), str(binary)], 60)
    if not result.failed and stripped.stat().st_size >= BINARY_BYTES_MAX:
        result = Result("binary size", 0, 1, f"{stripped.stat().st_size} bytes, the limit is {BINARY_BYTES_MAX}")
    result.show()
    return [result]


def run_all():
    results = [build("asan"), build("release"), build("clang"), *binary_size(), *house_rules()]
    return results + run_c_tests() + run_e2e()


def run_check():
    built = build("asan")
    return [built, *house_rules()] + (run_c_tests(FAST_SUITES) if not built.failed else [])


def run_one(name, pattern, debug):
    """Replaces this process by the test program (or by gdb with it, stopped at its main)."""
    found = [test for test in c_tests() if name in (test["name"], test["name"].replace("/", "/test_"))]
    if not found:
        print(f"no test named {name!r}; there are:", file=sys.stderr)
        print("  " + "\n  ".join(test["name"] for test in c_tests()), file=sys.stderr)
        return 2
    env = environment(found[0])
    env.update({"TEST_FILTER": pattern, "CMOCKA_MESSAGE_OUTPUT": "STDOUT"})
    command = found[0]["cmd"]
    if debug:
        command = ["gdb", "-q", "-ex", "break main", "-ex", "run", "--args", *command]
        env["CMOCKA_TEST_ABORT"] = "1"
    os.chdir(ASAN)
    os.execvpe(command[0], command, env)


def main(arguments):
    os.chdir(ROOT)
    mode = arguments[0] if arguments else ""
    if mode == "one":
        words = [word for word in arguments[1:] if word != "--debug"] + ["", ""]
        return run_one(words[0], words[1], "--debug" in arguments)
    if mode not in ("all", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    results = run_all() if mode == "all" else run_check()
    failures = [result for result in results if result.failed]
    if failures:
        print("failed: " + ", ".join(result.name for result in failures))
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
