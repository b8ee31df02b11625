#!/usr/bin/python3
"""Lists the files that make up the build, so that adding a file is registering it.

Prints one line a file: `kind room path`.  meson.build reads it when it configures; build.sh configures again when the
list has changed.  Kinds: src, main (the file with the program's main), data (what a room's generator reads), unit,
sim, canary, transcript, fuzz (a test program each) and helper (linked into every test program of its folder).
"""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def source_lines():
    for path in sorted((ROOT / "src").glob("*/*.c")):
        kind = "main" if path.name == "main.c" else "src"
        yield kind, path.parent.name, path
    for path in sorted((ROOT / "src").glob("*/*/*.json")):
        yield "data", path.parent.parent.name, path


def test_lines():
    for path in sorted((ROOT / "tests" / "unit").glob("*/*.c")):
        kind = "unit" if path.name.startswith("test_") else "helper"
        yield kind, path.parent.name, path
    for folder, prefixes in (
        ("sim", {"test_": "sim", "canary_": "canary"}),
        ("transcript", {"test_": "transcript"}),
        ("fuzz", {"fuzz_": "fuzz"}),
    ):
        for path in sorted((ROOT / "tests" / folder).glob("*.c")):
            kinds = [kind for prefix, kind in prefixes.items() if path.name.startswith(prefix)]
            yield (kinds or ["helper"])[0], folder + "-tests", path


def main():
    for lines in (source_lines(), test_lines()):
        for kind, room, path in lines:
            print(kind, room, path.relative_to(ROOT).as_posix())


main()
