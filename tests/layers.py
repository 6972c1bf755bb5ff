"""Checks the layers of the source tree and the plain rules of its text.

    layers.py [--self-test] [DIRECTORY]

A module (a directory of src/ and its headers in include/metaset/) may include itself, the modules
of lower layers, and those siblings that SIBLINGS names. Each breach is printed as FILE:LINE: RULE;
the exit status is 1 if there is one.
"""

import argparse
import pathlib
import re
import sys
import tempfile

# Lowest first. Modules of one line are siblings.
LAYERS = [
    ["base"],
    ["metrics"],
    ["ips"],
    ["lmdb"],
    ["store"],
    ["net"],
    ["depot", "pkg5"],
    ["group"],
    ["web"],
    ["http", "fcgi"],
    ["app"],
]
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}

# (includer, header): fcgi hands requests to http and knows nothing else of it.
SIBLINGS = {
    ("fcgi", "metaset/http/gateway.h"),
}

# Libraries that one module hides from all others.
OWNERS = {
    "lmdb.h": "lmdb",
    "fcgiapp.h": "fcgi",
    "fcgios.h": "fcgi",
    "fcgi_stdio.h": "fcgi",
    "CLI/CLI.hpp": "app",
    "curl/curl.h": "net",
    "kainjow/mustache.hpp": "web",
}

MAX_LINES = 400
# Files that may be longer, and why.
LONG_FILES = {}
MAX_COLUMNS = 100

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
UNFORMATTED = re.compile(r"//\s*clang-format (off|on)")


def module_of(path):
    """The module that a file of src/ or include/metaset/ belongs to, or None."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "metaset") and len(parts) > 3:
        return parts[2]
    return None


def check_module(includer, header, target):
    """The rule that an include of a header of another module breaks, or None."""
    if target not in RANK:
        return f"module {target} is in no layer: add it to tests/layers.py"
    if RANK[target] > RANK[includer]:
        return f"{includer} includes {header} of a higher layer"
    if RANK[target] == RANK[includer] and (includer, header) not in SIBLINGS:
        return f"{includer} includes {header} of a sibling"
    return None


def check_quoted(root, path, includer, header):
    parts = header.split("/")
    if parts[0] == "metaset":
        if not (root / "include" / header).is_file():
            return f"there is no header {header}"
        return None if parts[1] == includer else check_module(includer, header, parts[1])
    if header == "config.h":  # made by configure
        return None
    if path.parts[0] == "include":
        return f'a public header includes "{header}", which is private'
    if (root / path.parent / header).is_file():
        return None
    if not (root / "src" / header).is_file():
        return f"there is no header {header}"
    return None if parts[0] == includer else f"{header} is private to {parts[0]}"


def check_include(root, path, bracket, header):
    """The rule that one #include breaks, or None."""
    includer = module_of(path)
    if includer is None:
        return None
    if includer not in RANK:
        return f"module {includer} is in no layer: add it to tests/layers.py"
    if bracket == '"':
        return check_quoted(root, path, includer, header)
    if header.startswith("metaset/"):
        return f'write "{header}" in quotes'
    owner = OWNERS.get(header, includer)
    return None if owner == includer else f"only {owner} may include <{header}>"


def check_text(line, formatted):
    """Rules of the text of one line."""
    if "\t" in line:
        yield "a tab"
    if line != line.rstrip():
        yield "white space at the end of the line"
    if formatted and len(line) > MAX_COLUMNS:
        yield f"{len(line)} columns, more than {MAX_COLUMNS}"


def check_file(root, path):
    """Yields (line number, rule)."""
    try:
        text = (root / path).read_bytes().decode()
    except UnicodeDecodeError:
        yield 1, "not UTF-8"
        return
    lines = text.split("\n")
    if lines[-1] != "":
        yield len(lines), "no newline at the end of the file"
    else:
        lines.pop()
    if path.parts[0] == "include" and not (lines and lines[0].startswith("//")):
        yield 1, "a public header begins with a comment that says what it is for"
    if len(lines) > MAX_LINES and str(path) not in LONG_FILES:
        yield MAX_LINES + 1, f"{len(lines)} lines, more than {MAX_LINES}: split the file"
    formatted = True
    for number, line in enumerate(lines, 1):
        if switch := UNFORMATTED.search(line):
            formatted = switch[1] == "on"
        for rule in check_text(line, formatted):
            yield number, rule
        if found := INCLUDE.match(line):
            if rule := check_include(root, path, found[1], found[2]):
                yield number, rule


def source_files(root):
    for top in ("include", "src", "tests"):
        for suffix in ("*.h", "*.cpp", "*.py"):
            for path in (root / top).rglob(suffix):
                yield path.relative_to(root)


def check_tree(root):
    """Every breach as a line of text."""
    breaches = []
    for path in sorted(source_files(root)):
        for number, rule in check_file(root, path):
            breaches.append(f"{path}:{number}: {rule}")
    for name in LONG_FILES:
        if not (root / name).is_file():
            breaches.append(f"{name}:1: listed as a long file in tests/layers.py, but not there")
    return breaches


def self_test():
    """Breaks every rule once in a tree of its own."""
    comment = "// About.\n"
    files = {
        "include/metaset/base/error.h": comment,
        "include/metaset/http/gateway.h": comment,
        "include/metaset/http/target.h": comment,
        "include/metaset/depot/info.h": comment + '#include "metaset/base/error.h"\n',
        "src/store/codec.h": comment,
        "src/store/good.cpp": '#include "codec.h"\n#include "metaset/base/error.h"\n',
        "src/fcgi/good.cpp": '#include "metaset/http/gateway.h"\n#include <fcgiapp.h>\n',
        "src/http/table.cpp": "// clang-format off\n" + "x" * 101 + "\n// clang-format on\n",
    }
    bad = {
        "src/base/up.cpp:1: base includes metaset/depot/info.h of a higher layer":
            '#include "metaset/depot/info.h"\n',
        "src/pkg5/side.cpp:2: pkg5 includes metaset/depot/info.h of a sibling":
            '\n#include "metaset/depot/info.h"\n',
        "src/fcgi/side.cpp:1: fcgi includes metaset/http/target.h of a sibling":
            '#include "metaset/http/target.h"\n',
        "src/depot/private.cpp:1: store/codec.h is private to store":
            '#include "store/codec.h"\n',
        "src/depot/none.cpp:1: there is no header metaset/base/none.h":
            '#include "metaset/base/none.h"\n',
        "src/new/x.cpp:1: module new is in no layer: add it to tests/layers.py":
            "#include <string>\n",
        "src/store/library.cpp:1: only lmdb may include <lmdb.h>": "#include <lmdb.h>\n",
        "src/store/angle.cpp:1: write \"metaset/base/error.h\" in quotes":
            "#include <metaset/base/error.h>\n",
        'include/metaset/store/x.h:2: a public header includes "codec.h", which is private':
            comment + '#include "codec.h"\n',
        "include/metaset/ips/x.h:1: a public header begins with a comment that says what it is for":
            "#pragma once\n",
        "src/ips/long.cpp:401: 401 lines, more than 400: split the file": "x\n" * 401,
        "src/ips/tab.cpp:1: a tab": "\tx\n",
        "src/ips/space.cpp:2: white space at the end of the line": "x\ny \n",
        "src/ips/wide.cpp:1: 101 columns, more than 100": "x" * 101 + "\n",
        "src/ips/end.cpp:1: no newline at the end of the file": "x",
    }
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for breach, text in bad.items():
            files[breach.split(":")[0]] = text
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found, expected = check_tree(root), sorted(bad)
    if sorted(found) == expected:
        return []
    return ([f"layers.py: not found: {x}" for x in expected if x not in found] +
            [f"layers.py: found, but not wrong: {x}" for x in found if x not in bad])


def main():
    parser = argparse.ArgumentParser(description="Checks layers and text of the source tree.")
    parser.add_argument("--self-test", action="store_true", help="first show that it can fail")
    parser.add_argument("directory", nargs="?", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    breaches = self_test() if arguments.self_test else []
    breaches += check_tree(arguments.directory)
    for breach in breaches:
        print(breach)
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
