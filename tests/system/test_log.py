"""`metaset log` and `metaset show`, with the sizes that metasets added."""
from __future__ import annotations

import json
import os
import random
from pathlib import Path

from depot import metaset
from repositories import Package, commit, publish

STAMP = ",5.11-1:20240501T100000Z"


def noise(seed: int, size: int) -> bytes:
    """Bytes that compression does not shrink."""
    return random.Random(seed).randbytes(size)


def releases(small: Path, scratch: Path) -> None:
    """`small` ends with metaset 2. Number 4 brings a new payload and one that was there."""
    publish(small, scratch / "3", [
        Package(f"pkg://demo/tool@1{STAMP}", {"a": noise(1, 20000), "b": noise(2, 3000)}),
        Package(f"pkg://demo/lib@1{STAMP}", {"c": noise(3, 500)})])
    commit(small, "first")
    publish(small, scratch / "4", [
        Package(f"pkg://demo/tool@2{STAMP}", {"a": noise(1, 20000), "b": noise(4, 9000)})])
    metaset("remove", "-d", small, f"lib@1{STAMP}")
    commit(small, "second")


def stored_size(small: Path, name: str) -> int:
    return os.stat(small / "file" / name[:2] / name).st_size


def test_sizes_are_those_of_the_files(small: Path, tmp_path: Path) -> None:
    releases(small, tmp_path)
    before = {path: path.stat().st_size for path in (small / "file").glob("??/*")}
    records = json.loads(metaset("log", "-d", small, "--sizes", "--json").stdout)
    assert [record["number"] for record in records] == [4, 3, 2, 1]
    assert [record["changed-packages"] for record in records] == [2, 2, 1, 0]
    new = Package("x", {"b": noise(4, 9000)}).payloads()[0]
    assert records[0]["added"]["payloads"] == 1
    assert records[0]["added"]["payload-bytes"] == stored_size(small, new)
    assert 0 < records[0]["added"]["manifest-bytes"] < 1000
    assert sum(record["added"]["payloads"] for record in records) == len(before)
    assert sum(record["added"]["payload-bytes"] for record in records) == sum(before.values())
    assert "added" not in json.loads(metaset("log", "-d", small, "--json").stdout)[0]


def test_for_people(small: Path, tmp_path: Path) -> None:
    releases(small, tmp_path)
    with_sizes = metaset("log", "-d", small, "--sizes", "-n", "2").stdout.splitlines()
    without = metaset("log", "-d", small, "-n", "2").stdout.splitlines()
    assert len(with_sizes) == 2
    records = json.loads(metaset("log", "-d", small, "--sizes", "--json").stdout)
    total = [(record["added"]["payload-bytes"] + record["added"]["manifest-bytes"]) / 1024
             for record in records]
    assert total[0] > 8.7 and total[1] > 22.9
    for line, size, counts in zip(with_sizes, total, ("+1 -1", "+2 -0")):
        assert f"  {counts:<14}  {f'+{size:.1f} KB':>10}  {'2 packages':<13}  " in line
    for line, short in zip(with_sizes, without):
        assert line.startswith(short[:32]) and line.endswith(short[-30:])
    shown = metaset("show", "-d", small, "--sizes", "4").stdout
    size = records[0]["added"]["payload-bytes"] / 1024
    assert f"\nchanged   2 packages\nadded     {size:.1f} KB in 1 payload, " in shown
    assert "added  " not in metaset("show", "-d", small, "4").stdout


def test_a_rollback_adds_nothing(small: Path, tmp_path: Path) -> None:
    releases(small, tmp_path)
    metaset("rollback", "-d", small, "3")
    record = json.loads(metaset("show", "-d", small, "--sizes", "--json", "5").stdout)
    assert record["added"] == {"payloads": 0, "payload-bytes": 0, "manifest-bytes": 0}
    assert record["changed-packages"] == 2
