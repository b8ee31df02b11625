#!/usr/bin/python3
"""The house rules as a program: layers, banned calls, pure asserts, lengths, generated files, documents.

Usage: tools/tidy.py              check; one line a finding: file:line: rule: what to do
       tools/tidy.py --ratchet    write the present lengths of what is over the limits to tools/ratchet.json
       tools/tidy.py --generate   write the generated files that are committed (tools/generated.txt)

A rule is a function that takes a File and yields (line, rule, what to do).  tools/test_tidy.py tests each of them.
"""

import ast
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RATCHET = ROOT / "tools" / "ratchet.json"
GENERATED = ROOT / "tools" / "generated.txt"
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 600
COLUMNS_MAX = 120
CHECKED_COLUMNS = (".c", ".h", ".md", ".py", ".sh", ".build")

# What a pure room may see of the C library. stdio.h is there for snprintf alone and assert.h for static_assert;
# IMPURE_CALLS and BANNED_CALLS refuse the rest of them.
PURE_HEADERS = {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "uthash.h", "utlist.h", "xxhash.h",
}  # fmt: skip

BANNED_CALLS = {
    "strcpy": "use memcpy with a known length, or snprintf",
    "strncpy": "use memcpy with a known length, or snprintf: strncpy may leave no terminator",
    "strcat": "use snprintf, or a struct buffer",
    "strncat": "use snprintf, or a struct buffer",
    "sprintf": "use snprintf",
    "vsprintf": "use vsnprintf",
    "gets": "use fgets",
    "atoi": "use a checked parser such as strtoul with its end and errno: atoi cannot say no",
    "atol": "use a checked parser such as strtol with its end and errno: atol cannot say no",
    "atof": "use strtod with its end",
    "strtok": "use strchr or strspn: strtok keeps a global",
    "rand": "use base/rng.h: randomness is seeded state",
    "srand": "use base/rng.h: randomness is seeded state",
    "random": "use base/rng.h: randomness is seeded state",
    "alloca": "use an arena (base/arena.h), or an array of fixed size",
    "assert": "use GR_ASSERT (base/assert.h): it stays on in release builds",
    "localtime": "use localtime_r",
    "gmtime": "use gmtime_r",
}
IMPURE_CALLS = {
    "time": "take `now` from the event",
    "clock": "take `now` from the event",
    "clock_gettime": "take `now` from the event",
    "gettimeofday": "take `now` from the event",
    "getenv": "take it from the configuration",
    "exit": "return an error",
    "printf": "record a trace or return an error",
    "fprintf": "record a trace or return an error",
    "puts": "record a trace or return an error",
    "fopen": "record an effect; the shell does the I/O",
}
IMPURE_ALLOWED_IN = {"src/base/assert.c"}
FORBIDDEN_PATHS = ["/" + "work/", "/tmp" + "/h/", "/" + "root/"]


class File:
    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")
        parts = path.split("/")
        self.room = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        self.is_c = path.endswith((".c", ".h"))
        self.code = without_comments_and_strings(text) if self.is_c else ""

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


def without_comments_and_strings(text):
    """The text with the inside of comments, strings and characters blanked: every offset and line stays."""

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
        return re.sub(r"[^\n]", " ", found)

    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|(?<!\w)'(?:\\.|[^'\\\n])+'"
    return re.sub(pattern, blank, text, flags=re.S)


def rooms_from_build(text):
    """The table of rooms is meson.build's; it is written so that Python reads it too."""
    uses = ast.literal_eval(re.search(r"^room_uses = (\{.*?^\})", text, re.S | re.M).group(1))
    core = ast.literal_eval(re.search(r"^core_rooms = (\[.*?\])", text, re.S | re.M).group(1))
    return uses, set(core)


def past_parenthesis(code, start):
    """The offset behind the ) that closes the ( at `start`, or None."""
    depth = 0
    for offset in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[offset], 0)
        if depth == 0:
            return offset + 1
    return None


# --- rules of C files ---


def check_layers(file, uses, core):
    if file.room not in uses:
        return
    allowed = {file.room, *uses[file.room]}
    for number, line in enumerate(file.lines, 1):
        own = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        system = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if own:
            room = own.group(1).split("/")[0]
            if "/" not in own.group(1):
                yield number, "layers", f'write "{file.room}/{own.group(1)}": includes start at src/'
            elif room in uses and room not in allowed:
                yield number, "layers", f"{file.room} may use only {', '.join(sorted(allowed))}; move it down or up"
        if system and file.room in core and system.group(1) not in PURE_HEADERS:
            yield number, "pure", f"<{system.group(1)}> in a core room: record an effect, let a shell do it"


def check_calls(file, core):
    banned = dict(BANNED_CALLS)
    if file.room in core and file.path not in IMPURE_ALLOWED_IN:
        banned.update(IMPURE_CALLS)
    for match in re.finditer(r"(?<![\w.>])(\w+)\s*\(", file.code):
        if match.group(1) in banned:
            yield file.line_of(match.start()), "call", f"{match.group(1)}: {banned[match.group(1)]}"


def check_asserts(file):
    if file.path == "src/base/assert.h":
        return
    for match in re.finditer(r"\b(?:GR_|static_|_Static_)?(?:ASSERT|assert)\w*\s*(?=\()", file.code):
        end = past_parenthesis(file.code, match.end())
        claim = file.code[match.end() : end]
        if re.search(r"\+\+|--|(?<![=!<>])=(?!=)", claim) and match.group(0).startswith("GR_"):
            yield file.line_of(match.start()), "assert", "no side effects in an assertion; do it on a line before"


def check_braces(file):
    code = re.sub(r"^ *# *(if|else|elif)\w*", lambda found: " " * len(found.group(0)), file.code, flags=re.M)
    code = code.replace("\\\n", " \n")
    for match in re.finditer(r"\b(if|for|while|switch)\s*(?=\()", code):
        end = past_parenthesis(code, match.end())
        rest = code[end:].lstrip() if end else "{"
        closes_do = match.group(1) == "while" and code[: match.start()].rstrip().endswith("}")
        if not rest.startswith("{") and not closes_do:
            yield file.line_of(match.start(1)), "braces", f"put the body of this {match.group(1)} in braces"
    for match in re.finditer(r"\belse\b(?!\s*(\{|if\b))", code):
        yield file.line_of(match.start()), "braces", "put the body of this else in braces"


def check_globals(file, core):
    if file.room not in core:
        return
    planted = re.compile(r"^#ifdef GRAMME_CANARY$.*?^#endif", re.S | re.M)
    code = planted.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), file.code)
    for number, line in enumerate(code.split("\n"), 1):
        declaration = re.match(r"\s*static\s+([^=;]*)[=;]", line)
        if declaration and not re.search(r"\bconst\b|\(", declaration.group(1)):
            yield number, "global", "the core keeps no state of its own: put it in the caller's struct"


def check_header(file):
    if file.room is None:
        return
    name = pathlib.PurePath(file.path).stem.upper().replace("-", "_")
    guard = f"GR_{file.room.upper()}_{name}_H"
    if file.path.endswith(".h") and f"#ifndef {guard}\n#define {guard}\n" not in file.text:
        yield 1, "guard", f"the include guard is {guard}"
    for match in re.finditer(r"^\s*#\s*define\s+_(GNU|POSIX_C|XOPEN)_SOURCE", file.text, re.M):
        yield file.line_of(match.start()), "feature", "meson.build sets feature macros; core rooms have none"


def functions_of(file):
    """(name, line, lines of the body) of each function, by the house format: its braces stand in the first column."""
    opened, name = None, ""
    for number, line in enumerate(file.code.split("\n"), 1):
        head = re.match(r"[A-Za-z_].*?\b(\w+)\(", line)
        if head:
            name = head.group(1)
        if line == "{":
            opened = number
        elif line.startswith("}") and opened:
            yield name, opened, number - opened - 1
            opened = None


def lengths_over_limit(file):
    """{"path:function" or "path": lines} of what is longer than the limits."""
    over = {}
    if file.is_c:
        for name, _, length in functions_of(file):
            if length > FUNCTION_LINES_MAX:
                over[f"{file.path}:{name}"] = length
    if file.path.endswith((".c", ".h", ".py")) and len(file.lines) - 1 > FILE_LINES_MAX:
        over[file.path] = len(file.lines) - 1
    return over


def check_lengths(file, ratchet):
    places = {f"{file.path}:{name}": line for name, line, _ in functions_of(file)} if file.is_c else {}
    for name, length in lengths_over_limit(file).items():
        limit = FUNCTION_LINES_MAX if ":" in name else FILE_LINES_MAX
        if length > ratchet.get(name, limit):
            what = name.split(":")[-1]
            allowed = ratchet.get(name, limit)
            yield places.get(name, 1), "length", f"{what} has {length} lines, at most {allowed}: split it"


# --- rules of every file ---


def check_text(file):
    for number, line in enumerate(file.lines, 1):
        if line != line.rstrip():
            yield number, "space", "remove the space at the end of the line"
        if "\t" in line and file.path.endswith((".c", ".h", ".py", ".md", ".build")):
            yield number, "space", "indent with spaces"
        if re.search(r"\b(TODO|FIXME|XXX)\b(?!\()", line) and file.path.endswith((".c", ".h", ".sh", ".build")):
            yield number, "todo", "finish it, or name who will: TODO(name)"
        if re.match(r"(<{7}|>{7}) ", line):
            yield number, "merge", "a conflict was committed: choose a side"
        if len(line) > COLUMNS_MAX and file.path.endswith(CHECKED_COLUMNS) and not re.search(r"^\||https?://", line):
            yield number, "columns", f"break the line before column {COLUMNS_MAX}"
        for word in FORBIDDEN_PATHS:
            if word in line:
                yield number, "words", f"{word} is a path of one machine"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "space", "end the file with a newline"
    if file.path.endswith("package-lock.json") and '"resolved"' in file.text:
        yield 1, "words", "make the lock file with npm install --omit-lockfile-registry-resolved"


# --- rules of documents ---


def heading_slugs(text):
    titles = re.findall(r"^#+ +(.*?) *$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def without_blocks(text):
    return re.sub(r"^```.*?^```", lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.S | re.M)


def check_links(file, root):
    if not file.path.endswith(".md"):
        return
    text = without_blocks(file.text)
    folder = (root / file.path).parent
    for match in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        target, _, anchor = match.group(1).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        place = folder / target if target else root / file.path
        if not place.exists():
            yield file.line_of(match.start()), "link", f"{target} does not exist"
        elif anchor and place.suffix == ".md" and anchor not in heading_slugs(place.read_text()):
            yield file.line_of(match.start()), "link", f"no heading #{anchor} in {target or file.path}"


def check_named_files(file, root):
    """A file or folder that a document names in backquotes exists: from the root, from src/, or beside the document."""
    if not file.path.endswith(".md"):
        return
    text = without_blocks(file.text)
    places = (root, root / "src", (root / file.path).parent)
    for match in re.finditer(r"`([\w.-]+(?:/[\w.-]+)*/?)`", text):
        name = match.group(1)
        looks_like_file = re.search(r"\w\.(c|h|md|py|sh|txt|json)$", name)
        looks_like_path = re.match(r"(src|tests|docs|tools|bench|web)/", name)
        if (looks_like_file or looks_like_path) and not any((place / name).exists() for place in places):
            yield file.line_of(match.start()), "names", f"{name} does not exist; say where it went"


# --- rules of the tree ---


def check_twins(paths):
    """A unit test is named for a source file: tests/unit/ring/test_slot.c, or test_slot_tags.c, for src/ring/slot.c."""
    sources = {path.rsplit(".", 1)[0] for path in paths if re.match(r"src/.*\.[ch]$", path)}
    for path in paths:
        match = re.match(r"tests/unit/(\w+)/test_(\w+)\.c$", path)
        if match:
            words = match.group(2).split("_")
            names = {f"src/{match.group(1)}/" + "_".join(words[:count]) for count in range(1, len(words) + 1)}
            if not names & sources:
                yield path, 1, "twin", f"no src/{match.group(1)}/{match.group(2)}.c or .h: rename or remove the test"


def check_room_readmes(paths):
    rooms = sorted({path.split("/")[1] for path in paths if re.match(r"src/\w+/.*\.c$", path)})
    for room in rooms:
        if f"src/{room}/README.md" not in paths:
            yield f"src/{room}", 1, "readme", "write its README.md: purpose, numbered invariants, what it does not do"


def generated_files():
    for line in GENERATED.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t", 1)


def produce(command, gramme):
    env = dict(os.environ, GRAMME=str(gramme), ASAN_OPTIONS="detect_leaks=0")
    return subprocess.run(command, shell=True, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True, text=True).stdout


def check_generated():
    asan, release = ROOT / "build-asan" / "gramme", ROOT / "build" / "gramme"
    gramme = asan if asan.exists() else release
    for path, command in generated_files():
        if "$GRAMME" in command and not gramme.exists():
            yield path, 1, "generated", "cannot check without a build: run make"
            continue
        place = ROOT / path
        if not place.exists() or place.read_text() != produce(command, gramme):
            yield path, 1, "generated", f"is stale: run make generate (from: {command})"


def write_generated():
    for path, command in generated_files():
        text = produce(command, ROOT / "build" / "gramme")
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)
        print(f"wrote {path}")


# --- all together ---


def tree_paths():
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    return sorted(path for path in set(listed) if (ROOT / path).is_file())


def read_file(path):
    try:
        return File(path, (ROOT / path).read_text())
    except UnicodeDecodeError:
        return None


def check_file(file, uses, core, ratchet, generated):
    yield from check_text(file)
    yield from check_links(file, ROOT)
    yield from check_named_files(file, ROOT)
    if file.path not in generated:
        yield from check_lengths(file, ratchet)
    if file.is_c:
        yield from check_layers(file, uses, core)
        yield from check_calls(file, core)
        yield from check_asserts(file)
        yield from check_braces(file)
        yield from check_globals(file, core)
        yield from check_header(file)


def check_tree():
    uses, core = rooms_from_build((ROOT / "meson.build").read_text())
    ratchet = json.loads(RATCHET.read_text())
    generated = {path for path, _ in generated_files()}
    paths = tree_paths()
    for path in paths:
        file = read_file(path)
        if file and not path.startswith("tests/fuzz/corpus/"):
            for line, rule, advice in check_file(file, uses, core, ratchet, generated):
                yield path, line, rule, advice
    yield from check_twins(set(paths))
    yield from check_room_readmes(set(paths))
    yield from check_generated()


def write_ratchet():
    over = {}
    for path in tree_paths():
        file = read_file(path)
        if file:
            over.update(lengths_over_limit(file))
    old = json.loads(RATCHET.read_text())
    kept = {name: min(length, old.get(name, length)) for name, length in sorted(over.items())}
    RATCHET.write_text(json.dumps(kept, indent=4) + "\n")


def main(arguments):
    if arguments == ["--ratchet"]:
        return write_ratchet()
    if arguments == ["--generate"]:
        return write_generated()
    findings = list(check_tree())
    for path, line, rule, advice in findings:
        print(f"{path}:{line}: {rule}: {advice}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
