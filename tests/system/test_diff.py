"""`metaset diff`: what people and programs see of the difference of two metasets."""
from __future__ import annotations

import json
from pathlib import Path

from depot import metaset
from repositories import Package, commit, publish

STAMP = ",5.11-1:20240501T100000Z"


def package(name: str, release: str, *lines: str, **files: bytes) -> Package:
    return Package(f"pkg://demo/{name}@{release}{STAMP}",
                   {f"etc/{file}": content for file, content in files.items()}, list(lines))


def releases(small: Path, scratch: Path) -> None:
    """`small` ends with metaset 2. The next ones bring, upgrade, downgrade and remove."""
    publish(small, scratch / "3", [package("tool", "1", "link path=bin/t target=tool", old=b"1\n",
                                           same=b"same\n"), package("lib", "1")])
    commit(small)
    publish(small, scratch / "4", [package("tool", "2", new=b"12345\n", same=b"again\n"),
                                   package("lib", "0.9")])
    metaset("remove", "-d", small, f"first@1.0{STAMP}", f"lib@1{STAMP}")
    commit(small)


def test_for_people(small: Path, tmp_path: Path) -> None:
    releases(small, tmp_path)
    assert metaset("diff", "-d", small, "2").stdout == (
        f"- pkg://demo/first@1.0{STAMP}\n"
        f"+ pkg://demo/lib@0.9{STAMP}\n"
        f"+ pkg://demo/tool@2{STAMP} (2 versions)\n"
        "metaset 2 -> 4: 2 added, 1 removed\n")
    assert metaset("diff", "-d", small, "4", "3").stdout == (
        f"+ pkg://demo/first@1.0{STAMP}\n"
        f"> pkg://demo/lib 0.9{STAMP} -> 1{STAMP}\n"
        f"< pkg://demo/tool 2{STAMP} -> 1{STAMP}\n"
        "metaset 4 -> 3: 1 added, 1 upgraded, 1 downgraded\n")


def test_actions(small: Path, tmp_path: Path) -> None:
    releases(small, tmp_path)
    lines = metaset("diff", "-d", small, "--actions", "3", "4").stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if "demo/tool" in line)
    assert lines[start:] == [
        f"> pkg://demo/tool 1{STAMP} -> 2{STAMP}  +5 B",
        "    ~ set pkg.fmri (value)",
        "    + file etc/new  +6 B",
        "    - file etc/old  -2 B",
        "    ~ file etc/same (chash, hash, pkg.content-hash, pkg.csize, pkg.size)  +1 B",
        "    - link bin/t",
        "metaset 3 -> 4: 1 removed, 1 upgraded, 1 downgraded  -1 B",
    ]


def test_for_programs(small: Path, tmp_path: Path) -> None:
    releases(small, tmp_path)
    diff = json.loads(metaset("diff", "-d", small, "--json", "--actions", "3").stdout)
    assert (diff["from"], diff["to"]) == (3, 4)
    changes = {entry["name"]: entry for entry in diff["packages"]}
    assert {name: entry["change"] for name, entry in changes.items()} == {
        "first": "removed", "lib": "downgraded", "tool": "upgraded"}
    tool = changes["tool"]
    assert (tool["from"], tool["to"], tool["size"]) == ("1" + STAMP, "2" + STAMP, 5)
    link = tool["actions"][-1]
    assert link == {"change": "removed", "action": "link path=bin/t target=tool", "before": None,
                    "size": 0, "version": None}


def test_no_difference_and_mistakes(small: Path) -> None:
    same = metaset("diff", "-d", small, "2", check=False)
    assert (same.returncode, same.stdout) == (4, "metasets 2 and 2 have the same packages\n")
    document = metaset("diff", "-d", small, "--json", "2", "2", check=False)
    assert document.returncode == 4
    assert json.loads(document.stdout) == {"from": 2, "to": 2, "packages": []}
    missing = metaset("diff", "-d", small, "7", check=False)
    assert (missing.returncode, missing.stderr) == (
        1, "metaset: diff: no metaset 7; the latest one is 2\n")
    assert metaset("diff", "-d", small, "x", check=False).returncode == 1
    assert metaset("diff", "-d", small, check=False).returncode == 2
