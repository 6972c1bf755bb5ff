"""A refresh is of one metaset, also if a commit comes between catalog.attrs and the parts."""
from __future__ import annotations

import json
import os
import threading
import time
import traceback
from pathlib import Path

import pytest

from client import Client, Origin, Transport
from depot import HAS_SERVICES, Depot, StartDepot, metaset
from publisher import Tool
from rawhttp import Reply
from repositories import Package, commit, publish
from test_publish import Endpoint, endpoint, make_token, repository  # noqa: F401

CATALOG = "/catalog/1/"
CLIENTS = 8
SECONDS = float(os.environ.get("METASET_MEMORY_SECONDS", "4"))


def add(small: Path, scratch: Path, number: int) -> None:
    """Another metaset."""
    publish(small, scratch, [Package(f"pkg://demo/more-{number}@1.0,5.11-1:20240601T100000Z")])
    commit(small)


class Asker:
    """One client by its UUID."""

    def __init__(self, depot: Depot, uuid: str = "") -> None:
        self.depot = depot
        self.fields = {"X-IPkg-UUID": uuid} if uuid else {}

    def ask(self, name: str, **more: str) -> Reply:
        fields = {**self.fields, **{key.replace("_", "-"): value for key, value in more.items()}}
        reply = self.depot.ask("GET", CATALOG + name, fields)
        assert reply.status == 200, reply.message()
        return reply

    def attrs(self, **more: str) -> bytes:
        return self.ask("catalog.attrs", **more).body

    def all_files(self, attrs: bytes, **more: str) -> dict[str, bytes]:
        """What attrs lists: parts and logs."""
        listed = json.loads(attrs)
        return {name: self.ask(name, **more).body
                for name in [*listed["parts"], *listed["updates"]]}


def whole(attrs: bytes, files: dict[str, bytes]) -> bool:
    """Whether the files are those that attrs was made with."""
    listed = json.loads(attrs)
    return all(json.loads(files[name])["_SIGNATURE"]["sha-1"] == entry["signature-sha-1"]
               for kind in ("parts", "updates") for name, entry in listed[kind].items())


def test_parts_and_logs_come_from_the_metaset_of_the_attrs(small: Path, tmp_path: Path,
                                                           start: StartDepot) -> None:
    add(small, tmp_path / "one", 1)
    depot = start(small, "--workers", "2", "--threads", "2")
    one, other = Asker(depot, "one"), Asker(depot, "other")
    old = one.attrs()
    before = one.all_files(old)
    assert whole(old, before)
    add(small, tmp_path / "two", 2)
    # Several times: both workers, which know it from each other.
    for _ in range(6):
        assert one.all_files(old) == before
        assert one.all_files(old, Cache_Control="no-cache", Pragma="no-cache") == before
    new = other.attrs(Cache_Control="max-age=0")
    assert new != old
    assert whole(new, other.all_files(new))
    assert not whole(new, before)
    for _ in range(3):
        assert one.all_files(old) == before
    # A question about attrs is no refresh.
    assert depot.ask("HEAD", CATALOG + "catalog.attrs", one.fields).status == 200
    assert one.all_files(old) == before
    # The newest is always to be had, and is what counts from then on.
    assert one.attrs() == new
    assert whole(new, one.all_files(new))
    assert (small / "catalog/clients").stat().st_size == 4096 + (1 << 20)
    assert depot.log() == ""


def test_who_says_no_uuid_is_known_by_the_address(small: Path, tmp_path: Path,
                                                  start: StartDepot) -> None:
    depot = start(small, "--trusted-proxy", "127.0.0.1")
    here, there = Asker(depot), Asker(depot)
    there.fields = {"X-Forwarded-For": "192.0.2.7"}
    old = here.attrs()
    before = here.all_files(old)
    assert there.attrs() == old
    add(small, tmp_path / "two", 2)
    new = here.attrs()
    assert whole(new, here.all_files(new))
    assert there.all_files(old) == before
    # Whom nobody trusts to say so is who sends it.
    plain = start(small)
    two = Asker(plain)
    two.fields = {"X-Forwarded-For": "192.0.2.8"}
    assert Asker(plain).attrs() == new
    add(small, tmp_path / "three", 3)
    assert whole(new, two.all_files(new))


def test_publishers_have_memories_of_their_own(tmp_path: Path, start: StartDepot) -> None:
    top = tmp_path / "both"
    metaset("init", "-d", top, "one.org", "two.org")
    publish(top, tmp_path / "a", [Package("pkg://one.org/a@1.0,5.11-1:20240601T100000Z"),
                                  Package("pkg://two.org/a@1.0,5.11-1:20240601T100000Z")])
    commit(top)
    depot = start(top)

    def part(publisher: str, name: str = "catalog.base.C") -> bytes:
        reply = depot.ask("GET", f"/{publisher}{CATALOG}{name}")
        assert reply.status == 200
        return reply.body

    old = part("one.org", "catalog.attrs")
    publish(top, tmp_path / "b", [Package("pkg://one.org/b@1.0,5.11-1:20240601T100000Z"),
                                  Package("pkg://two.org/b@1.0,5.11-1:20240601T100000Z")])
    commit(top)
    assert part("two.org", "catalog.attrs")
    assert b'"b"' not in part("one.org") and b'"b"' in part("two.org")
    assert part("one.org", "catalog.attrs") != old
    assert b'"b"' in part("one.org")


@pytest.mark.parametrize("damage", ["off", "foreign", "directory"])
def test_without_a_memory_all_goes_on(small: Path, tmp_path: Path, start: StartDepot,
                                      damage: str) -> None:
    options = ["--no-memory"] if damage == "off" else []
    if damage == "foreign":
        (small / "catalog/clients").write_bytes(b"a letter to mother")
    if damage == "directory":
        (small / "catalog/clients").mkdir()
    depot = start(small, "--workers", "1", *options)
    one = Asker(depot, "one")
    old = one.attrs()
    before = one.all_files(old)
    add(small, tmp_path / "two", 2)
    assert one.all_files(old) != before
    assert one.attrs() != old
    lines = depot.log().splitlines()
    if damage == "off":
        assert lines == [] and not (small / "catalog/clients").exists()
    else:
        # Each process says it once.
        assert lines and all("is not remembered" in line for line in lines), lines
        assert len(lines) == 1 or not HAS_SERVICES
    if damage == "foreign":
        assert (small / "catalog/clients").read_bytes() == b"a letter to mother"


def test_a_collected_metaset_is_not_answered_from(small: Path, tmp_path: Path,
                                                  start: StartDepot) -> None:
    depot = start(small)
    one = Asker(depot, "one")
    old = one.attrs()
    before = one.all_files(old)
    add(small, tmp_path / "two", 2)
    assert one.all_files(old) == before
    metaset("gc", "-d", small, "--keep-last", "1")
    assert depot.get("/metaset/2/catalog/1/catalog.attrs").status == 404
    assert one.all_files(old) != before
    assert depot.log() == ""


def test_a_rollback_is_a_commit_like_others(small: Path, tmp_path: Path,
                                            start: StartDepot) -> None:
    add(small, tmp_path / "two", 2)
    depot = start(small)
    one = Asker(depot, "one")
    old = one.attrs()
    before = one.all_files(old)
    metaset("rollback", "-d", small, "2")
    assert one.all_files(old) == before
    new = one.attrs()
    assert new != old and whole(new, one.all_files(new))


def test_a_publisher_sees_what_it_published(repository: Path,  # noqa: F811
                                            endpoint: Endpoint) -> None:  # noqa: F811
    token = make_token(repository, "build", "publish,commit,activate")
    served = endpoint(close="immediate")
    tool = Tool(served, Authorization=f"Bearer {token}")
    for number in range(4):
        tool.close(tool.begin(f"pkg://demo/part{number}@1,5.11-1:20240601T080000Z"))
        attrs = served.ask("GET", "catalog/1/catalog.attrs")
        assert json.loads(attrs.body)["package-count"] == number + 1
        base = served.ask("GET", "catalog/1/catalog.base.C")
        assert f"part{number}" in json.loads(base.body)["demo"]


class Customer:
    """Refreshes until it is told to stop."""

    def __init__(self, depot: Depot, number: int, stop: threading.Event) -> None:
        self.stop = stop
        self.number = number
        transport = Transport(lambda _: Origin(depot.address, depot.base),
                              {"X-IPkg-UUID": f"client-{number}"})
        self.client = Client(transport, "demo")
        self.rounds = 0
        self.recoveries: list[str] = []
        self.problem = ""
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self.stop.is_set():
                self.rounds += 1
                if self.rounds % 5 == self.number % 5:
                    self.client = Client(self.client.transport, "demo")
                self.client.refresh()
                self.recoveries += self.client.recoveries
                self.client.recoveries.clear()
        except Exception:  # pylint: disable=broad-except
            self.problem = f"client {self.number}: {traceback.format_exc()}"
        finally:
            self.client.transport.close()


def commits_beside_clients(depot: Depot, tool: Tool) -> tuple[list[Customer], int]:
    """Packages are published one after the other, each a metaset, without pause."""
    stop = threading.Event()
    customers = [Customer(depot, number, stop) for number in range(CLIENTS)]
    for customer in customers:
        customer.thread.start()
    count = 0
    try:
        end = time.monotonic() + SECONDS
        # A machine that has other work may need longer for a few commits.
        while time.monotonic() < end or (count <= 10 and time.monotonic() < end + 60):
            count += 1
            closed = tool.close(tool.begin(f"pkg://demo/p{count}@1,5.11-1:20240601T080000Z"))
            assert closed.status == 200, closed.message()
    finally:
        stop.set()
        for customer in customers:
            customer.thread.join()
    return customers, count


@pytest.mark.parametrize("memory", [True, False])
def test_commits_without_pause(repository: Path, endpoint: Endpoint,  # noqa: F811
                               start: StartDepot, memory: bool) -> None:
    """With the memory nobody meets two metasets in one refresh; without it many do."""
    token = make_token(repository, "build", "publish,commit,activate")
    tool = Tool(endpoint(close="immediate"), Authorization=f"Bearer {token}")
    tool.close(tool.begin("pkg://demo/first@1,5.11-1:20240601T080000Z"))
    depot = start(repository, "--workers", "2", "--threads", "4",
                  *([] if memory else ["--no-memory"]))
    customers, count = commits_beside_clients(depot, tool)
    recoveries = [reason for customer in customers for reason in customer.recoveries]
    rounds = sum(customer.rounds for customer in customers)
    print(f"{count} commits, {rounds} refreshes, {len(recoveries)} met two metasets")
    assert count > 10
    if memory:
        assert rounds > CLIENTS * 5
        assert not recoveries, recoveries
        for customer in customers:
            assert not customer.problem, f"{customer.problem}\n{depot.log()}"
            assert not customer.client.transport.retries
    else:
        assert recoveries or any(customer.problem for customer in customers)
