"""The simulated client itself: it sees mixtures, and does with them what the stock client does."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Iterator

import pytest

from catalog_state import Mismatch, signature, version_key
from client import Client, Origin, Transport, TransportError
from depot import Depot, StartDepot, metaset
from repositories import Package, create, publish

STAMP = "20240501T100000Z"


def packages(release: int, names: tuple[str, ...] = ("left", "right")) -> list[Package]:
    return [Package(f"pkg://demo/{name}@{release}.0,5.11-1:{STAMP}",
                    {f"etc/{name}": f"{name} {release}\n".encode()},
                    ["depend type=require fmri=base@1", f"set name=pkg.summary value={release}"])
            for name in names]


def release(repository: Path, scratch: Path, number: int) -> None:
    publish(repository, scratch, packages(number))
    metaset("commit", "-d", repository, "--warn", "dependencies", "-m", f"release {number}")


class Group:
    """Two depots of one history: `old` is one release behind `new`."""

    def __init__(self, old: Depot, new: Depot) -> None:
        self.old, self.new = old, new
        self.asked: list[str] = []
        self.choose: Callable[[str], Depot] = lambda path: old

    def client(self) -> Client:
        return Client(Transport(self._route), "demo")

    def _route(self, path: str) -> Origin:
        self.asked.append(path)
        return Origin(self.choose(path).address)

    def mix(self, attrs: Depot, rest: Depot, times: int = 1000) -> None:
        """That many catalog.attrs come from one depot and the rest from another; then all from
        the new one."""
        count = 0

        def choose(path: str) -> Depot:
            nonlocal count
            count += path.endswith("catalog.attrs")
            if count > times:
                return self.new
            return attrs if path.endswith("catalog.attrs") else rest

        self.choose = choose


@pytest.fixture
def group(start: StartDepot, tmp_path: Path) -> Iterator[Group]:
    old = create(tmp_path / "old", "demo")
    release(old, tmp_path / "scratch", 1)
    new = tmp_path / "new"
    shutil.copytree(old, new)
    release(new, tmp_path / "scratch", 2)
    yield Group(start(old), start(new))


def newest(client: Client) -> set[str]:
    return {client.entry(name)["version"].partition(",")[0] for name in ("left", "right")}


def test_full_and_incremental(group: Group) -> None:
    client = group.client()
    assert client.refresh() and newest(client) == {"1.0"}
    assert not client.refresh()
    group.choose = lambda path: group.new
    group.asked.clear()
    assert client.refresh() and newest(client) == {"2.0"}
    assert [path.rpartition("/")[2][:7] for path in group.asked] == ["", "catalog", "update."]
    assert "left 2" not in client.install("left") and client.recoveries == []
    fresh = group.client()
    fresh.refresh()
    assert fresh.catalog is not None and client.catalog is not None
    assert not fresh.catalog.differing(client.catalog.parts)
    assert ({name: signature(part) for name, part in fresh.catalog.parts.items()}
            == {name: signature(part) for name, part in client.catalog.parts.items()})


@pytest.mark.parametrize("newer_attrs", [True, False])
def test_a_mixture_is_an_error_for_a_new_client(group: Group, newer_attrs: bool) -> None:
    sides = (group.new, group.old) if newer_attrs else (group.old, group.new)
    client = group.client()
    group.mix(*sides)
    with pytest.raises(Mismatch):
        client.refresh()
    assert client.catalog is None and len(client.recoveries) == 1
    # A second try that meets one state only is enough.
    client = group.client()
    group.mix(*sides, times=1)
    assert client.refresh() and newest(client) == {"2.0"} and len(client.recoveries) == 1
    # A full refresh that was asked for has no second try.
    group.mix(*sides, times=1)
    with pytest.raises(Mismatch):
        client.refresh(full=True)
    assert client.catalog is None


def test_a_mixture_is_a_full_download_for_a_client_that_has_a_catalog(group: Group) -> None:
    client = group.client()
    client.refresh()
    group.mix(group.new, group.old, times=1)
    # The old depot has no log of the hour, or one that lacks the last entries.
    try:
        assert client.refresh() and len(client.recoveries) == 1
    except TransportError:
        assert newest(client) == {"1.0"}
        assert client.refresh()
    assert newest(client) == {"2.0"}
    client = group.client()
    group.choose = lambda path: group.old
    client.refresh()
    group.mix(group.new, group.old)
    with pytest.raises((Mismatch, TransportError)):
        client.refresh()


def test_going_back_is_noticed(group: Group) -> None:
    """A stock client follows a depot that is behind; the catalog tells that it did."""
    client = group.client()
    group.choose = lambda path: group.new
    client.refresh()
    group.choose = lambda path: group.old
    assert client.refresh() and newest(client) == {"1.0"}
    assert len(client.recoveries) == 1 and "older" in client.recoveries[0]


def test_a_missing_manifest_ends_the_operation(group: Group) -> None:
    client = group.client()
    group.choose = lambda path: group.new
    client.refresh()
    group.choose = lambda path: group.old
    with pytest.raises(TransportError, match="4 times"):
        client.install("left")
    assert client.transport.retries["404"] == 4


def test_another_manifest_is_refused(group: Group) -> None:
    client = group.client()
    client.refresh()
    entry = {**client.entry("left"), "signature-sha-1": "0" * 40}
    with pytest.raises(TransportError, match="bad content"):
        client.manifest("left", entry)


def test_versions_are_ordered() -> None:
    ordered = ["1.9", "1.10-1", "1.10-1.1:20240501T100000Z", "1.10-1.1:20240501T100001Z",
               "2.0-2025.0.0.0", "2.0.0-2024.0.0.0", "4", "4,5.11-0.9", "4-1.0", "4-9", "4-10",
               "4.0"]
    assert sorted(reversed(ordered), key=version_key) == ordered
