"""A release is all or nothing: clients refresh and install while releases are made.

METASET_RELEASES=20 METASET_RELEASE_PACKAGES=100 METASET_RELEASE_CLIENTS=8 is the whole of it; by
default it is smaller, to take seconds.
"""
from __future__ import annotations

import hashlib
import os
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client import Client, Origin, Transport
from depot import Depot, StartDepot, metaset
from publisher import Tool
from test_publish import Endpoint, endpoint, make_token, repository  # noqa: F401

RELEASES = int(os.environ.get("METASET_RELEASES", "6"))
PACKAGES = int(os.environ.get("METASET_RELEASE_PACKAGES", "30"))
CLIENTS = int(os.environ.get("METASET_RELEASE_CLIENTS", "8"))
PUBLISHERS = 4
FRESH_EVERY = 5  # one refresh in so many begins without a catalog


class PartialRelease(Exception):
    """The catalog has packages of a release, and not all of them."""


def latest_release(client: Client) -> int:
    """The number of the newest release in the catalog; 0: none. Every release must be whole."""
    assert client.catalog is not None
    packages = client.catalog.packages("demo")
    versions = {tuple(entry["version"].partition(",")[0] for entry in packages[name])
                for name in packages}
    if len(versions) > 1 or len(packages) not in (0, PACKAGES):
        raise PartialRelease(f"{len(packages)} of {PACKAGES} packages, with {versions}")
    return len(versions.pop()) if versions else 0


class Customer:
    """A client that refreshes and installs until it is told to stop, or something is wrong."""

    def __init__(self, depot: Depot, number: int, stop: threading.Event) -> None:
        self.number, self.stop = number, stop
        self.transport = Transport(lambda _: Origin(depot.address, depot.base))
        self.client = Client(self.transport, "demo")
        self.seen = [0]  # releases, in the order they were seen
        self.rounds = 0
        self.recoveries: list[str] = []
        self.problem = ""
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self.stop.is_set():
                self._round()
            self._round()  # what is there at the end is seen by everybody
        except Exception:  # pylint: disable=broad-except
            self.problem = f"client {self.number}: {traceback.format_exc()}"
        finally:
            self.transport.close()

    def _round(self) -> None:
        self.rounds += 1
        if self.rounds % FRESH_EVERY == self.number % FRESH_EVERY:
            self.client = Client(self.transport, "demo")
        self.client.refresh()
        self.recoveries += self.client.recoveries
        self.client.recoveries.clear()
        release = latest_release(self.client)
        assert release >= self.seen[-1], f"went back from {self.seen[-1]} to {release}"
        if release != self.seen[-1]:
            self.seen.append(release)
        if release:
            self._install(release)

    def _install(self, release: int) -> None:
        """A few packages; manifests and payloads must be those of the release."""
        for turn in range(3):
            name = f"part{(self.number + self.rounds + turn) % PACKAGES}"
            lines = self.client.install(name)
            assert f"set name=pkg.summary value={name}-{release}" in lines


def publish_release(tool: Tool, release: int) -> None:
    """All packages of one release into the staging area, several at once."""

    def one(number: int) -> None:
        name = f"part{number}"
        content = f"{name} {release}\n".encode()
        payload = hashlib.sha1(content).hexdigest()
        before = f"depend fmri=part{number - 1}@{release} type=require\n" if number else ""
        manifest = (f"set name=pkg.summary value={name}-{release}\n{before}file {payload} "
                    f"path=opt/{name} owner=root group=bin mode=0644 pkg.size={len(content)}\n")
        closed = tool.close(tool.begin(f"pkg://demo/{name}@{release},5.11-1:20240601T080000Z",
                                       manifest, (content,)))
        assert closed.status == 200, closed.message()

    with ThreadPoolExecutor(PUBLISHERS) as pool:
        list(pool.map(one, range(PACKAGES)))


def test_a_release_is_all_or_nothing(repository: Path, endpoint: Endpoint,  # noqa: F811
                                     start: StartDepot) -> None:
    token = make_token(repository, "build", "publish")
    tool = Tool(endpoint(close="staged"), Authorization=f"Bearer {token}")
    depot = start(repository, "--workers", "2", "--threads", "4")
    stop = threading.Event()
    customers = [Customer(depot, number, stop) for number in range(CLIENTS)]
    for customer in customers:
        customer.thread.start()
    try:
        for release in range(1, RELEASES + 1):
            publish_release(tool, release)
            metaset("commit", "-d", repository, "-m", f"release {release}")
    finally:
        stop.set()
        for customer in customers:
            customer.thread.join()
    for customer in customers:
        assert not customer.problem, f"{customer.problem}\n{depot.log()}"
        assert customer.seen[-1] == RELEASES
        assert not customer.transport.retries
    seen = {release for customer in customers for release in customer.seen}
    assert len(seen) > RELEASES / 2, f"too few states were seen to prove anything: {seen}"
    rounds = sum(customer.rounds for customer in customers)
    assert rounds > CLIENTS * RELEASES
    recoveries = [reason for customer in customers for reason in customer.recoveries]
    print(f"{rounds} refreshes, {len(recoveries)} of them met a commit and began again: "
          f"{recoveries}")


def test_a_part_of_a_release_would_be_noticed(repository: Path, endpoint: Endpoint,  # noqa: F811
                                              start: StartDepot) -> None:
    """The same without staging: the first client that looks sees it."""
    token = make_token(repository, "build", "publish,commit,activate")
    tool = Tool(endpoint(close="immediate"), Authorization=f"Bearer {token}")
    depot = start(repository)
    tool.close(tool.begin("pkg://demo/part0@1,5.11-1:20240601T080000Z"))
    customer = Customer(depot, 0, threading.Event())
    with pytest.raises(PartialRelease, match=f"1 of {PACKAGES} packages"):
        customer.client.refresh()
        latest_release(customer.client)
