"""What the walks through crashes and failures have in common: a repository to start from, and what
must be true of a repository whatever happened to those who wrote into it."""
from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Iterator
from urllib.parse import quote

import pytest

import rawhttp
from depot import metaset
from publisher import Tool
from repositories import Package, commit, create, publish
from test_commits import signature
from test_publish import make_token

STAMP, SECONDS = "20240601T080000Z", 1717228800
PAIR = {"left", "right"}  # staged together
LONG_AGO = 2 * 86400.0


def fmri(name: str, version: str = "1.0") -> str:
    """A package of the tests."""
    return f"pkg://demo/{name}@{version},5.11-1:{STAMP}"


class Template:
    """A small repository: a committed package, one that came and went, a held metaset, a staged
    pair, an area to drop."""

    def __init__(self, top: Path) -> None:
        top.mkdir()
        self.path = create(top / "repository", "demo")
        self.token = make_token(self.path, "build", "publish,commit,activate,admin")
        self._stage(top / "first", "first")
        commit(self.path)
        self.first = 2
        self._stage(top / "gone", "gone")
        commit(self.path)
        metaset("remove", "-d", self.path, "gone")
        commit(self.path)
        self._stage(top / "held", "held")
        metaset("commit", "-d", self.path, "--hold")
        self.held = json.loads(metaset("log", "-d", self.path, "--json").stdout)[0]["number"]
        self._stage(top / "pair", *sorted(PAIR))
        self._stage(top / "old", "old", area="old")
        self.manifest = Package(fmri("new"), {"etc/new": b"new" * 40}).write(top / "new")
        self.proto = top / "new" / "root"

    def _stage(self, scratch: Path, *names: str, area: str = "default") -> None:
        publish(self.path, scratch, [Package(fmri(name), {f"etc/{name}": name.encode() * 40})
                                     for name in names], "--area", area)

    def copy_to(self, target: Path) -> None:
        """Puts a fresh copy there."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.path, target, symlinks=True)


def names(repository: Path) -> set[str]:
    """The names of the packages that a reader sees."""
    text = metaset("list", "-d", repository, "--json").stdout
    return {package["fmri"].split("/")[3].split("@")[0] for package in json.loads(text)}


def check(repository: Path) -> None:
    """What must be true at any time: nothing is damaged, and every payload is there."""
    for command in (["verify"], ["audit", "--verify"]):
        done = metaset(*command, "-d", repository, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def check_visible(visible: set[str], acknowledged: set[str]) -> None:
    """What was acknowledged is there, and all of a commit or nothing."""
    assert acknowledged <= visible
    assert not visible & PAIR or PAIR <= visible, f"half a commit: {visible}"


def read_catalog(tool: Tool) -> rawhttp.Reply:
    """Fetches all files of the catalog. They verify, and are those that catalog.attrs lists. The
    reply that is not 200, else that of the attrs."""
    attrs = tool.ask("GET", "demo/catalog/1/catalog.attrs")
    if attrs.status != 200:
        return attrs
    document = json.loads(attrs.body)
    assert document["_SIGNATURE"]["sha-1"] == signature(document)
    for name, entry in {**document["parts"], **document["updates"]}.items():
        reply = tool.ask("GET", f"demo/catalog/1/{name}")
        if reply.status != 200:
            return reply
        part = json.loads(reply.body)
        assert signature(part) == part["_SIGNATURE"]["sha-1"] == entry["signature-sha-1"], name
    return attrs


def listed(tool: Tool) -> set[str]:
    """The names of the packages in the catalog."""
    return set(json.loads(tool.ask("GET", "demo/catalog/1/catalog.base.C").body)["demo"])


def manifests(tool: Tool, packages: set[str]) -> dict[str, bytes]:
    """The manifests of packages of version 1.0, by name."""
    result = {}
    for name in packages:
        version = quote(fmri(name).partition("@")[2], safe="")
        reply = tool.ask("GET", f"demo/manifest/0/{name}@{version}")
        assert reply.status == 200, (name, reply.message())
        result[name] = reply.decoded()
    return result


def leftovers(repository: Path) -> list[Path]:
    """What only a crash leaves: temporary files, transactions that never came into being or have
    lost their record."""
    found = [path for path in repository.rglob("*") if ".tmp-" in path.name]
    opened = repository / "staging" / "open"
    if opened.exists():
        found += [path for path in opened.iterdir() if not (path / "record").exists()
                  or path.name.startswith("new-")]
    return found


def grow_old(paths: list[Path]) -> None:
    """As if nobody had touched them for days."""
    then = time.time() - LONG_AGO
    for path in paths:
        os.utime(path, (then, then), follow_symlinks=False)


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A directory where waiting for the disk takes no time, if the machine has one."""
    shared = Path("/dev/shm")
    parent = shared if os.access(shared, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=parent, prefix="metaset-test-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def template(memory: Path) -> Template:  # pylint: disable=redefined-outer-name
    """What every test and every round starts from."""
    return Template(memory / "template")
