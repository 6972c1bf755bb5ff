"""`metaset activate --at`: depots that have nothing in common but the time switch at one moment.

The clients ask two depots in turn, each request another one, as behind a balancer without session
persistence. What is left without a group (metaset rollout) is a refresh that is under way at the
moment itself: it may meet both states, and then does what clients do about a mixture. All others
must see one state, and none may go back.
"""
from __future__ import annotations

import json
import shutil
import threading
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest

from catalog_state import Mismatch
from client import Client, Origin, Transport, TransportError
from depot import Depot, StartDepot, metaset
from repositories import create, publish
from test_client import packages, release

FRESH, KEPT = 3, 3  # clients
OLD, NEW = "1.0", "2.0"


class Refresh(NamedTuple):
    """What one refresh came to; no version: it failed."""

    begun: float
    ended: float
    version: str | None
    recovered: bool


class Walker(threading.Thread):
    """A client that refreshes over and over, with a new image each time or always the same."""

    def __init__(self, depots: list[Depot], first: int, fresh: bool) -> None:
        super().__init__()
        self._depots, self._next, self._fresh = depots, first, fresh
        self.done: list[Refresh] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        client = self._client()
        while not self.stopping.is_set():
            if self._fresh:
                client.transport.close()
                client = self._client()
            self.done.append(self._refresh(client))
        client.transport.close()

    def _refresh(self, client: Client) -> Refresh:
        begun, before = time.time(), len(client.recoveries)
        version = None
        try:
            client.refresh()
            version = client.entry("left")["version"].partition(",")[0]
            assert client.entry("right")["version"].startswith(version), "a mixture"
        except (Mismatch, TransportError):
            pass
        return Refresh(begun, time.time(), version, len(client.recoveries) > before)

    def _client(self) -> Client:
        return Client(Transport(self._route), "demo")

    def _route(self, _: str) -> Origin:
        self._next += 1
        return Origin(self._depots[self._next % len(self._depots)].address)


class Pair:
    """Two depots that hold the same release."""

    def __init__(self, repositories: list[Path], depots: list[Depot]) -> None:
        self.repositories, self.depots = repositories, depots
        log = json.loads(metaset("log", "-d", repositories[0], "-n", "1", "--json").stdout)
        self.held: int = log[0]["number"]

    def walk(self, act: Callable[[], None]) -> list[Walker]:
        """What clients meet before, while and after something is done."""
        walkers = [Walker(self.depots, number, number < FRESH) for number in range(FRESH + KEPT)]
        for walker in walkers:
            walker.start()
        try:
            time.sleep(0.5)
            act()
            time.sleep(0.5)
        finally:
            for walker in walkers:
                walker.stopping.set()
            for walker in walkers:
                walker.join()
        return walkers


@pytest.fixture
def pair(start: StartDepot, tmp_path: Path) -> Iterator[Pair]:
    one = create(tmp_path / "one", "demo")
    release(one, tmp_path / "scratch", 1)
    publish(one, tmp_path / "scratch", packages(2))
    metaset("commit", "-d", one, "--warn", "dependencies", "--hold")
    other = tmp_path / "other"
    shutil.copytree(one, other)
    yield Pair([one, other], [start(one), start(other)])


def went_back(walker: Walker) -> bool:
    """Whether an old state came after a new one."""
    versions = [refresh.version for refresh in walker.done if refresh.version]
    return versions != sorted(versions)


def test_all_switch_at_the_moment(pair: Pair) -> None:
    moment = int(time.time()) + 4
    text = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    for repository in pair.repositories:
        done = metaset("activate", "-d", repository, str(pair.held), "--at", text)
        assert done.stdout == (f"metaset {pair.held} becomes active at {text}, until then "
                               f"{pair.held - 1} is\n")
        assert f"scheduled   metaset {pair.held} at {text}\n" in metaset(
            "status", "-d", repository).stdout
        assert f"\n* {pair.held - 1:6}" in metaset("log", "-d", repository).stdout
        assert metaset("log", "-d", repository).stdout.startswith(f"> {pair.held:6}")
    walkers = pair.walk(lambda: time.sleep(moment - time.time()))
    refreshes = [refresh for walker in walkers for refresh in walker.done]
    before = [refresh for refresh in refreshes if refresh.ended < moment]
    after = [refresh for refresh in refreshes if refresh.begun >= moment]
    assert len(before) > FRESH + KEPT and len(after) > FRESH + KEPT
    # Each of these met one state, whichever depot was asked for which file.
    assert {(refresh.version, refresh.recovered) for refresh in before} == {(OLD, False)}
    assert {refresh.version for refresh in after} == {NEW}
    # A client whose refresh failed at the moment itself may have to start over in the next one.
    assert not any(refresh.recovered for walker in walkers
                   for refresh in [one for one in walker.done if one.begun >= moment][1:])
    assert not any(went_back(walker) for walker in walkers)
    for repository in pair.repositories:
        metaset("commit", "-d", repository, check=False)
        status = json.loads(metaset("status", "-d", repository, "--json").stdout)
        assert status["active"]["number"] == pair.held and status["scheduled"] is None


def test_one_after_the_other_clients_notice(pair: Pair) -> None:
    """That the test above can fail."""
    def activate() -> None:
        metaset("activate", "-d", pair.repositories[0], str(pair.held))
        time.sleep(1.0)
        metaset("activate", "-d", pair.repositories[1], str(pair.held))

    walkers = pair.walk(activate)
    failed = sum(refresh.version is None for walker in walkers for refresh in walker.done)
    recovered = sum(refresh.recovered for walker in walkers for refresh in walker.done)
    assert failed + recovered > FRESH
    assert failed or any(went_back(walker) for walker in walkers)


def test_cancelled_in_time(pair: Pair) -> None:
    repository = pair.repositories[0]
    metaset("activate", "-d", repository, str(pair.held), "--at", "+3600")
    done = metaset("activate", "-d", repository, "--cancel")
    assert done.stdout.startswith(f"metaset {pair.held} does not become active at ")
    again = metaset("activate", "-d", repository, "--cancel", check=False)
    assert (again.returncode, again.stdout) == (4, "nothing is scheduled\n")
    metaset("activate", "-d", repository, str(pair.held), "--at", "+2")
    late = metaset("activate", "-d", repository, "--cancel", check=False)
    assert late.returncode == 1 and "too late" in late.stderr
