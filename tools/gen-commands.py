#!/usr/bin/env python3
"""Make the command table and the reference page from src/resp/commands/*.json.

  gen-commands.py table COMMANDS_DIR OUT.c     the table that src/resp/spec.h declares
  gen-commands.py docs COMMANDS_DIR            docs/commands.md, printed
"""
import json
import pathlib
import sys
import textwrap

REQUIRED = {"name", "summary", "since", "group", "complexity", "arity", "flags", "acl_categories"}
OPTIONAL = {"tips", "key_specs", "pipeline", "arguments", "reply_schema", "errors", "differs", "doc_flags",
            "deprecated_since", "replaced_by"}


def load(directory):
    """Specifications by full name, 'client|id'; stops on a field that nobody reads."""
    specs = {}
    for path in sorted(pathlib.Path(directory).glob("*.json")):
        spec = json.loads(path.read_text())
        missing, unknown = REQUIRED - spec.keys(), spec.keys() - REQUIRED - OPTIONAL
        if missing or unknown:
            sys.exit(f"{path}: missing {sorted(missing)}, unknown {sorted(unknown)}")
        full = spec["name"].lower().replace(" ", "|")
        if path.stem != full.replace("|", "-"):
            sys.exit(f"{path}: does not hold {spec['name']}")
        specs[full] = spec
    return specs


def children(specs, full):
    return sorted(name for name in specs if name.startswith(full + "|"))


def tops(specs):
    return sorted(name for name in specs if "|" not in name)


def text(value):
    return "NULL" if value is None else json.dumps(value)


def symbol(full):
    return full.replace("|", "_").replace("-", "_")


def bits(prefix, names):
    return " | ".join(f"{prefix}{name.upper()}" for name in names) or "0"


def names_list(names):
    if not names:
        return "NULL"
    return "(const char *const[]){" + ", ".join(text(n) for n in names) + ", NULL}"


class Table:
    """The C source; nested tables are written before what points to them."""

    def __init__(self, specs):
        self.specs = specs
        self.lines = []
        self.serial = 0

    def arguments(self, items):
        if not items:
            return "NULL"
        rows = []
        for item in items:
            nested = item.get("arguments", [])
            rows.append(
                "    {.name = %s, .type = %s, .token = %s, .since = %s, .key_spec = %d,\n"
                "     .flags = %s, .arguments = %s, .arguments_count = %d}," % (
                    text(item["name"]), text(item["type"]), text(item.get("token")), text(item.get("since")),
                    item.get("key_spec_index", -1), names_list(item.get("flags")), self.arguments(nested), len(nested)))
        self.serial += 1
        name = f"arguments_{self.serial}"
        self.lines += [f"static const struct command_argument {name}[] = {{", *rows, "};", ""]
        return name

    def keys(self, spec):
        key_specs = spec.get("key_specs", [])
        if not key_specs:
            return "{0}"
        key = key_specs[0]
        last = key["last_key"] if key["last_key"] < 0 else key["begin_index"] + key["last_key"]
        return "{%d, %d, %d, %d, %s, %s}" % (key["begin_index"], last, key["key_step"], key["last_key"],
                                            names_list(key["flags"]), text(key.get("notes")))

    def row(self, full):
        spec = self.specs[full]
        subcommands = children(self.specs, full)
        nested = self.commands(symbol(full) + "_subcommands", subcommands) if subcommands else "NULL"
        arguments = spec.get("arguments", [])
        runs = not subcommands or full == "command"
        return (
            "    {.name = %s, .run = %s, .arity = %d,\n"
            "     .flags = %s,\n     .categories = %s,\n     .orders = %s, .replies = %s,\n     .keys = %s,\n"
            "     .summary = %s, .since = %s, .group = %s,\n     .complexity = %s,\n"
            "     .deprecated_since = %s, .replaced_by = %s,\n     .tips = %s,\n"
            "     .arguments = %s, .arguments_count = %d,\n     .subcommands = %s, .subcommands_count = %d}," % (
                text(full), f"resp_{symbol(full)}" if runs else "NULL", spec["arity"],
                bits("COMMAND_", spec["flags"]), bits("COMMAND_IN_", spec["acl_categories"]),
                bits("COMMAND_ORDER_", spec.get("pipeline", [])),
                bits("COMMAND_REPLY_", spec.get("reply_schema", {}).get("types", [])), self.keys(spec),
                text(spec["summary"]), text(spec["since"]), text(spec["group"]), text(spec["complexity"]),
                text(spec.get("deprecated_since")), text(spec.get("replaced_by")), names_list(spec.get("tips")),
                self.arguments(arguments), len(arguments), nested, len(subcommands)))

    def commands(self, name, full_names, storage="static "):
        rows = [self.row(full) for full in full_names]
        self.lines += [f"{storage}const struct command_spec {name}[] = {{", *rows, "};", ""]
        return name

    def source(self):
        self.commands("command_table", tops(self.specs), "")
        self.lines.append(f"const uint16_t command_table_count = {len(tops(self.specs))};")
        head = ["/* Made by tools/gen-commands.py from src/resp/commands: edit these. */",
                '#include "resp/handlers.h"', '#include "resp/spec.h"', ""]
        return "\n".join(head + self.lines) + "\n"


def usage(argument):
    """One argument as Redis's documentation writes it."""
    nested = [usage(item) for item in argument.get("arguments", [])]
    inner = {"oneof": " | ".join(nested), "block": " ".join(nested),
             "pure-token": ""}.get(argument["type"], argument["name"])
    token = argument.get("token", "")
    flags = argument.get("flags", [])
    if argument["type"] == "oneof" and "optional" not in flags and not token:
        inner = f"<{inner}>"
    shown = f"{token} {inner}".strip()
    if "multiple" in flags:
        again = shown if "multiple_token" in flags or not token else inner
        shown = f"{shown} [{again} ...]"
    return f"[{shown}]" if "optional" in flags else shown


def wrapped(line, indent=""):
    return textwrap.fill(line, 118, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def document(full, spec):
    line = " ".join([spec["name"]] + [usage(a) for a in spec.get("arguments", [])])
    shown = textwrap.fill(line, 114, initial_indent="    ", subsequent_indent=" " * 8, break_on_hyphens=False)
    parts = [f"### {spec['name']}", "", shown, "", spec["summary"] + ".", ""]
    facts = [f"since Redis {spec['since']}" if not full.startswith("gramme") else "gramme only", spec["complexity"]]
    if "deprecated_since" in spec:
        facts.append(f"deprecated: use {spec['replaced_by']}")
    parts.append("- " + "; ".join(facts))
    if "reply_schema" in spec:
        reply = spec["reply_schema"]
        parts.append(wrapped(f"- reply: {reply['text']} ({', '.join(reply['types'])})", "  "))
    if spec.get("errors"):
        parts.append("- errors: " + ", ".join(spec["errors"]))
    if "differs" in spec:
        differs = spec["differs"] if full.startswith("gramme") else "Differs from Redis: " + spec["differs"]
        parts += ["", wrapped(differs)]
    return "\n".join(parts) + "\n"


INTRO = """# Commands

Made by tools/gen-commands.py from src/resp/commands/*.json. Names, arguments, types and error texts are those of
Redis 7.0; what differs is said at each command. In general:

- Any node takes any key. There is no MOVED, ASK, CROSSSLOT or TRYAGAIN; `{hash tags}` are honoured, not needed.
- A reply to a write means that W copies hold it. An error names what was wanted and what was got; only BUSY, CONFLICT
  and argument errors promise that nothing was written.
- The commands of one connection that touch the same key take effect in their order. Others of a pipeline run side by
  side; replies always come in the order of the commands.
- Requests and replies are bounded: 16 MiB an argument, 64 MiB a command, 1048576 arguments, 64 MiB of replies not yet
  read.
- Commands that are not on this page are unknown here.

| error | meaning |
|---|---|
| `-NOQUORUM` | too few copies answered; a write may have reached some |
| `-TIMEOUT` | no answer within the deadline; the operation may have happened |
| `-BUSY` | too many requests in flight; nothing happened, try again |
| `-CONFLICT` | the key has concurrent values; write it to resolve |
| `-CLUSTERDOWN` | this node has not joined a cluster yet |
| `-IOERR` | the storage engine failed |
| `-DISKFULL` | the disk of the key's first owner is full: nothing was done; reads and plain puts go on |
| `-ERR` | the arguments are wrong, or a value would be too large |

"""


def page(specs):
    parts = [INTRO]
    for group in sorted({spec["group"] for spec in specs.values()}):
        parts.append(f"## {group.capitalize()}\n")
        for full in sorted(specs):
            if specs[full]["group"] == group and not children(specs, full):
                parts.append(document(full, specs[full]))
        if group == "server":
            parts.append(document("command", specs["command"]))
    return "\n".join(parts)


def main():
    if sys.argv[1:2] == ["docs"] and len(sys.argv) == 3:
        sys.stdout.write(page(load(sys.argv[2])))
    elif sys.argv[1:2] == ["table"] and len(sys.argv) == 4:
        pathlib.Path(sys.argv[3]).write_text(Table(load(sys.argv[2])).source())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
