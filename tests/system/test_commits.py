"""A commit becomes visible in one step."""
from __future__ import annotations

import hashlib
import json
import threading
import uuid
from pathlib import Path

import pytest

import rawhttp
from catalog_state import signature
from depot import Depot, StartDepot, metaset
from repositories import Package, commit, publish

COMMITS = 100


class Reader:
    """Fetches attrs, parts and attrs again; equal attrs mean that the parts must be theirs."""

    def __init__(self, depot: Depot) -> None:
        self.depot = depot
        # Clients that share an address and do not say who they are are one client to the depot.
        self.fields = {"X-IPkg-UUID": str(uuid.uuid4())}
        self.versions: list[int] = []  # package versions, each time attrs were read
        self.rounds = 0  # in which attrs did not change meanwhile
        self.problems: list[str] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with self.depot.connect() as connection:
                while not self.stop.is_set() and not self.problems:
                    self._round(connection)
        except Exception as error:  # pylint: disable=broad-except
            self.problems.append(repr(error))

    def _get(self, connection: rawhttp.Connection, name: str) -> bytes:
        reply = connection.ask("GET", f"/demo/catalog/1/{name}", self.fields)
        if reply.status != 200:
            self.problems.append(f"{name}: {reply.status}")
        return reply.body

    def _round(self, connection: rawhttp.Connection) -> None:
        before = self._get(connection, "catalog.attrs")
        attrs = json.loads(before)
        parts = {name: json.loads(self._get(connection, name)) for name in attrs["parts"]}
        after = self._get(connection, "catalog.attrs")
        self.versions.append(attrs["package-version-count"])
        for name, part in {"catalog.attrs": attrs, **parts}.items():
            if part["_SIGNATURE"]["sha-1"] != signature(part):
                self.problems.append(f"{name} does not verify")
        self._check_pairs(parts["catalog.base.C"]["demo"])
        if before != after:
            return
        self.rounds += 1
        for name, part in parts.items():
            if signature(part) != attrs["parts"][name]["signature-sha-1"]:
                self.problems.append(f"{name} is not the one that catalog.attrs lists")
        base = parts["catalog.base.C"]
        if sum(map(len, base["demo"].values())) != attrs["package-version-count"]:
            self.problems.append("catalog.base.C has another number of packages than attrs say")

    def _check_pairs(self, base: dict[str, list]) -> None:
        """Every commit brings two packages that belong together."""
        left, right = (set(map(lambda entry: entry["version"], base.get(name, [])))
                       for name in ("left", "right"))
        if left != right:
            self.problems.append(f"half a commit: {left ^ right}")


def pair(number: int) -> list[Package]:
    stamp = f"20240501T{number // 60:02d}{number % 60:02d}00Z"
    return [Package(f"pkg://demo/{name}@{number}.0,5.11-1:{stamp}",
                    lines=[f"set name=pkg.summary value=number-{number}"])
            for name in ("left", "right")]


@pytest.mark.long
def test_no_mixture_while_committing(start: StartDepot, small: Path, tmp_path: Path) -> None:
    depot = start(small, "--workers", "2", "--threads", "2")
    readers = [Reader(depot) for _ in range(2)]
    for reader in readers:
        reader.thread.start()
    try:
        for number in range(1, COMMITS + 1):
            publish(small, tmp_path / "pairs", pair(number))
            commit(small, f"pair {number}")
    finally:
        for reader in readers:
            reader.stop.set()
        for reader in readers:
            reader.thread.join()
    seen: set[int] = set()
    for reader in readers:
        assert reader.problems == []
        assert reader.versions == sorted(reader.versions), "the depot went back in time"
        seen.update(reader.versions)
    assert all(count % 2 == 1 for count in seen), "one package, and then pairs"
    assert len(seen) > COMMITS / 4, "too few states were seen to prove anything"
    assert sum(reader.rounds for reader in readers) > COMMITS / 4


def test_a_commit_is_seen_by_every_worker_at_once(start: StartDepot, small: Path,
                                                  tmp_path: Path) -> None:
    """No worker goes on with what it knew: each request begins with the newest state."""
    depot = start(small, "--workers", "2", "--threads", "4")
    connections = [depot.connect() for _ in range(16)]
    for number in range(1, 6):
        publish(small, tmp_path / "pairs", pair(number))
        commit(small)
        bodies = set()
        for connection in connections:
            bodies.add(connection.ask("GET", "/demo/catalog/1/catalog.attrs").body)
        assert len(bodies) == 1
        assert json.loads(bodies.pop())["package-version-count"] == 1 + 2 * number
    for connection in connections:
        connection.close()


def test_staging_is_not_visible(start: StartDepot, small: Path, tmp_path: Path) -> None:
    depot = start(small)
    before = depot.get("/demo/catalog/1/catalog.attrs").body
    publish(small, tmp_path / "staged", pair(1))
    assert metaset("stage", "list", "-d", small).stdout
    assert depot.get("/demo/catalog/1/catalog.attrs").body == before
    assert depot.get("/demo/manifest/0/left@1.0,5.11-1:20240501T000100Z").status == 404
    commit(small)
    reply = depot.get("/demo/manifest/0/left@1.0,5.11-1:20240501T000100Z")
    assert reply.status == 200
    attrs = json.loads(depot.get("/demo/catalog/1/catalog.attrs").body)
    base = json.loads(depot.get("/demo/catalog/1/catalog.base.C").body)
    entry = base["demo"]["left"][0]
    assert entry["signature-sha-1"] == hashlib.sha1(reply.body).hexdigest()
    assert attrs["package-count"] == 3
