"""Each house rule seen to find what it is for, and to leave alone what looks like it."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tidy  # noqa: E402

USES = {"base": [], "ring": ["base"], "node": ["ring", "base"], "server": ["node", "ring", "base"]}
CORE = {"base", "ring", "node"}


def rules(findings):
    return [rule for _, rule, _ in findings]


def c_file(text, path="src/ring/slot.c"):
    return tidy.File(path, text)


def test_table_of_rooms_is_the_one_of_the_build():
    uses, core = tidy.rooms_from_build((tidy.ROOT / "meson.build").read_text())
    assert uses["version"] == ["base"] and "server" in uses
    assert core == {"base", "version", "wire", "ring", "node"}


@pytest.mark.parametrize(
    "path, line, expected",
    [
        ("src/ring/a.c", '#include "base/bytes.h"', []),
        ("src/ring/a.c", '#include "node/node.h"', ["layers"]),
        ("src/ring/a.c", '#include "slot.h"', ["layers"]),
        ("src/server/a.c", '#include "node/node.h"', []),
        ("src/ring/a.c", "#include <string.h>", []),
        ("src/ring/a.c", "#include <time.h>", ["pure"]),
        ("src/node/a.c", "#include <uv.h>", ["pure"]),
        ("src/server/a.c", "#include <uv.h>", []),
        ("tests/unit/ring/test_a.c", '#include "node/node.h"', []),
    ],
)
def test_layers(path, line, expected):
    assert rules(tidy.check_layers(c_file(line + "\n", path), USES, CORE)) == expected


@pytest.mark.parametrize(
    "path, code, expected",
    [
        ("src/server/a.c", "strcpy(a, b);", ["call"]),
        ("src/server/a.c", "x = atoi(text);", ["call"]),
        ("src/server/a.c", "my_strcpy(a, b);", []),
        ("src/server/a.c", "table->time(now);", []),
        ("src/server/a.c", "/* strcpy(a, b) */", []),
        ("src/server/a.c", 'log("strcpy(a, b)");', []),
        ("src/server/a.c", "assert(x);", ["call"]),
        ("src/server/a.c", "static_assert(x);", []),
        ("src/server/a.c", "time(NULL);", []),
        ("src/ring/a.c", "time(NULL);", ["call"]),
        ("src/ring/a.c", "fprintf(stderr, x);", ["call"]),
        ("src/ring/a.c", "snprintf(text, sizeof text, x);", []),
        ("src/base/assert.c", "fprintf(stderr, x);", []),
    ],
)
def test_calls(path, code, expected):
    assert rules(tidy.check_calls(c_file(code, path), CORE)) == expected


@pytest.mark.parametrize(
    "code, expected",
    [
        ("GR_ASSERT(count == 1);", []),
        ("GR_ASSERT(a <= b && c != d && e >= f);", []),
        ("GR_ASSERT_LE(a, b - 1);", []),
        ("GR_ASSERT(count = 1);", ["assert"]),
        ("GR_ASSERT_LT(i++, 3);", ["assert"]),
        ("GR_ASSERT(f(--n));", ["assert"]),
        ("GR_ASSERT(sum += 3);", ["assert"]),
        ("GR_ASSERT(ok); i++;", []),
    ],
)
def test_asserts(code, expected):
    assert rules(tidy.check_asserts(c_file(code))) == expected


@pytest.mark.parametrize(
    "code, expected",
    [
        ("if (x) {\n}", []),
        ("if (f(x))\n    return;", ["braces"]),
        ("do {\n} while (x);", []),
        ("#define F()  \\\n    do {     \\\n    } while (0)\n", []),
        ("x = 1;\nwhile (f())\n    ;", ["braces"]),
        ("for (;;)\n    f();", ["braces"]),
        ("if (x) {\n} else\n    f();", ["braces"]),
        ("if (x) {\n} else if (y) {\n} else {\n}", []),
        ("#if (X)\n#else\n#endif\nint y;", []),
        ("#define F(x)    \\\n    if (x)      \\\n        return;\n", ["braces"]),
    ],
)
def test_braces(code, expected):
    assert rules(tidy.check_braces(c_file(code))) == expected


@pytest.mark.parametrize(
    "code, expected",
    [
        ("static int count;", ["global"]),
        ("    static char text[10];", ["global"]),
        ("static struct node *last = NULL;", ["global"]),
        ("#ifdef GRAMME_CANARY\nstatic int planted;\n#endif\n", []),
        ("static const uint16_t table[256] = {0};", []),
        ("static int f(int a);", []),
        ("static struct node *f(int a)\n{", []),
    ],
)
def test_globals(code, expected):
    assert rules(tidy.check_globals(c_file(code), CORE)) == expected


def test_globals_are_the_shells_business():
    assert rules(tidy.check_globals(c_file("static int count;", "src/server/a.c"), CORE)) == []


def test_include_guard_and_feature_macros():
    good = "#ifndef GR_RING_SLOT_H\n#define GR_RING_SLOT_H\n#endif\n"
    assert rules(tidy.check_header(c_file(good, "src/ring/slot.h"))) == []
    assert rules(tidy.check_header(c_file(good, "src/ring/other.h"))) == ["guard"]
    assert rules(tidy.check_header(c_file("#define _GNU_SOURCE\n", "src/server/a.c"))) == ["feature"]


def function_of(lines):
    return "int f(int a,\n      int b)\n{\n" + "    a++;\n" * lines + "}\n"


def test_long_functions_ratchet():
    long = c_file(function_of(70))
    assert tidy.lengths_over_limit(long) == {"src/ring/slot.c:f": 70}
    assert rules(tidy.check_lengths(long, {})) == ["length"]
    assert rules(tidy.check_lengths(long, {"src/ring/slot.c:f": 70})) == []
    assert rules(tidy.check_lengths(c_file(function_of(71)), {"src/ring/slot.c:f": 70})) == ["length"]
    assert rules(tidy.check_lengths(c_file(function_of(60)), {})) == []


def test_long_files_ratchet():
    assert rules(tidy.check_lengths(c_file("int x;\n" * 601), {})) == ["length"]
    assert rules(tidy.check_lengths(c_file("int x;\n" * 600), {})) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("int x;\n", []),
        ("int x; \n", ["space"]),
        ("\tint x;\n", ["space"]),
        ("int x;", ["space"]),
        ("int " + "x" * 116 + ";\n", ["columns"]),
        ("<" * 7 + " ours\n", ["merge"]),
        ("/* TODO: later */\n", ["todo"]),
        ("/* TODO(ann): later */\n", []),
        ("/* " + tidy.FORBIDDEN_PATHS[0] + "x */\n", ["words"]),
    ],
)
def test_text(text, expected):
    assert rules(tidy.check_text(c_file(text))) == expected


def test_lock_file_names_no_registry():
    assert rules(tidy.check_text(tidy.File("a/package-lock.json", '{"resolved": "x"}\n'))) == ["words"]


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "src" / "ring").mkdir(parents=True)
    (tmp_path / "src" / "ring" / "slot.c").write_text("")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# One Head, two\n")
    return tmp_path


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[a](a.md)", []),
        ("[a](a.md#one-head-two)", []),
        ("[a](a.md#three)", ["link"]),
        ("[a](gone.md)", ["link"]),
        ("[a](https://example.org/x)", []),
        ("```\n[a](gone.md)\n```\n", []),
    ],
)
def test_links(tree, text, expected):
    assert rules(tidy.check_links(tidy.File("docs/b.md", text), tree)) == expected


def test_findings_in_documents_have_their_line(tree):
    text = "```\ntext\n```\n\n[a](gone.md) `ring/gone.c`\n"
    assert [line for line, _, _ in tidy.check_links(tidy.File("docs/b.md", text), tree)] == [5]
    assert [line for line, _, _ in tidy.check_named_files(tidy.File("docs/b.md", text), tree)] == [5]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("`src/ring/slot.c`", []),
        ("`ring/slot.c`", []),
        ("`a.md`", []),
        ("`ring/gone.c`", ["names"]),
        ("`src/gone/`", ["names"]),
        ("`node_step`", []),
        ("`.c`", []),
        ("`tests/unit/<room>/test_x.c`", []),
    ],
)
def test_named_files(tree, text, expected):
    assert rules(tidy.check_named_files(tidy.File("docs/b.md", text), tree)) == expected


def test_twins():
    sources = {"src/ring/slot.c", "src/ring/placement.h"}
    for test in ("test_slot.c", "test_slot_tags.c", "test_placement.c"):
        assert not list(tidy.check_twins(sources | {f"tests/unit/ring/{test}"}))
    assert list(tidy.check_twins(sources | {"tests/unit/ring/test_gone.c"}))


def test_room_readmes():
    assert list(tidy.check_room_readmes({"src/ring/slot.c"}))
    assert not list(tidy.check_room_readmes({"src/ring/slot.c", "src/ring/README.md"}))


def test_stale_generated_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "ROOT", tmp_path)
    monkeypatch.setattr(tidy, "GENERATED", tmp_path / "generated.txt")
    (tmp_path / "generated.txt").write_text("# comment\ndocs/x.md\techo new\n")
    assert [finding[2] for finding in tidy.check_generated()] == ["generated"]
    tidy.write_generated()
    assert (tmp_path / "docs" / "x.md").read_text() == "new\n"
    assert not list(tidy.check_generated())
