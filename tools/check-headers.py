#!/usr/bin/python3
"""Compiles each header of src/ on its own, twice in one file: it must need nothing before it, and guard itself."""

import concurrent.futures
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE_ROOMS = {"base", "version", "wire", "ring", "node"}
FLAGS = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Werror", "-Isrc", "-fsyntax-only"]


def complaint(header):
    name = header.relative_to(ROOT / "src").as_posix()
    define = [] if header.parent.name in CORE_ROOMS else ["-D_GNU_SOURCE"]
    text = f'#include "{name}"\n' * 2 + "extern int not_an_empty_file;\n"
    done = subprocess.run(["gcc", *FLAGS, *define, "-x", "c", "-"], cwd=ROOT, input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return f"src/{name}: does not compile alone; include what it uses\n{done.stdout}" if done.returncode else ""


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    complaints = [text for text in pool.map(complaint, sorted((ROOT / "src").glob("*/*.h"))) if text]
print("".join(complaints), end="")
sys.exit(1 if complaints else 0)
