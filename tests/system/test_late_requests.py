"""A member that stood still notes nothing of requests that others have answered meanwhile."""
from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from depot import IS_APACHE, NEEDS_SERVICES, Depot, StartDepot
from fastcgi import Client
from gate import Gate, hold_metaset, packages
from rawhttp import Reply
from repositories import Package, commit, publish
from waiting import eventually

ATTRS = "/catalog/1/catalog.attrs"
BASE = "/catalog/1/catalog.base.C"
BOUND = 3.0  # seconds that a request may be old
NAME = {"X-IPkg-UUID": "a"}


@pytest.fixture
def member(small: Path, tmp_path: Path, start: StartDepot, gate: Gate) -> Depot:
    """Metaset 2 is active, and 3 is there too; the client was given 2."""
    hold_metaset(small, tmp_path)
    depot = start(small, "--group", str(gate.path), "--workers", "2", "--threads", "2")
    gate.open(2)
    assert packages(depot.ask("GET", ATTRS, NAME)) == 1
    return depot


def base(depot: Depot) -> int:
    """Of which metaset the client's parts are, by the packages."""
    reply = depot.ask("GET", BASE, NAME)
    assert reply.status == 200, reply.body
    return len(json.loads(reply.body)["demo"])


def ask_and_leave(depot: Depot) -> None:
    """Nobody has read the request yet: the depot stands still."""
    with depot.connect() as connection:
        connection.send("GET", ATTRS, NAME)
        time.sleep(0.2)
    time.sleep(0.2)


def refused(reply: Reply) -> bool:
    return (reply.status == 504 and "did not answer in time" in (reply.message() or "")
            and reply.get("Cache-Control") == "no-store")


@pytest.mark.parametrize("held", [False, True])
def test_workers_that_stand_still(member: Depot, gate: Gate, held: bool) -> None:
    """The group switches while they do; in the second case the request has begun to wait."""
    connection = member.connect()
    try:
        if held:
            # Not over before the workers stand still, however long that takes.
            gate.hold(2, 2000)
            connection.send("GET", ATTRS, NAME)
            time.sleep(0.3)
        member.freeze()
        if not held:
            connection.send("GET", ATTRS, NAME)
        time.sleep(BOUND + 0.3)
        gate.open(3)
        member.thaw()
        assert refused(connection.receive())
    finally:
        member.thaw()
        connection.close()
    assert base(member) == 1
    # Who asks again gets the new one.
    assert packages(member.ask("GET", ATTRS, NAME)) == 2
    assert base(member) == 2
    assert member.log() == ""


def test_a_short_stop_is_nothing(member: Depot, gate: Gate) -> None:
    for _ in range(10):
        with member.connect() as connection:
            member.freeze()
            began = time.monotonic()
            connection.send("GET", ATTRS, NAME)
            time.sleep(0.5)
            gate.open(3)
            member.thaw()
            reply = connection.receive()
        if time.monotonic() - began < BOUND:  # a busy machine may take longer
            break
    assert packages(reply) == 2
    assert base(member) == 2


# metaset-apache(7), DIFFERENCES: Apache does not notice before it has an answer.
NOTICED = pytest.mark.skipif(IS_APACHE, reason="Apache keeps what a client has left")


@NOTICED
def test_who_has_gone_was_given_nothing(member: Depot, gate: Gate) -> None:
    """However short it was: the balancer has less patience than it should have."""
    member.freeze()
    ask_and_leave(member)
    gate.open(3)
    member.thaw()
    time.sleep(0.5)
    assert base(member) == 1


@NOTICED
def test_nobody_else_is_asked_for_a_depot_of_its_own(small: Path, tmp_path: Path,
                                                      start: StartDepot) -> None:
    """What waits for long there is answered all the same, unless its client has gone."""
    depot = start(small, "--workers", "2", "--threads", "2")
    assert packages(depot.ask("GET", ATTRS, NAME)) == 1
    publish(small, tmp_path / "two", [Package("pkg://demo/two@1.0,5.11-1:20240601T100000Z")])
    commit(small)
    depot.freeze()
    ask_and_leave(depot)
    depot.thaw()
    time.sleep(0.5)
    assert base(depot) == 1
    with depot.connect() as connection:
        depot.freeze()
        connection.send("GET", ATTRS, NAME)
        time.sleep(BOUND + 0.3)
        depot.thaw()
        assert packages(connection.receive()) == 2
    assert base(depot) == 2


@NEEDS_SERVICES
def test_what_the_web_server_says(member: Depot, gate: Gate, small: Path) -> None:
    """Without nginx between: the time of the request, or none."""
    gate.open(3)
    socket = member.run_directory() / "s"
    with Client(socket) as client:
        def ask(uri: str, when: str) -> Reply:
            return client.ask(small, uri, METASET_GROUP=str(gate.path), REMOTE_ADDR="127.0.0.1",
                              HTTP_X_IPKG_UUID="a", METASET_REQUEST_TIME=when)

        late = f"{time.time() - BOUND - 0.1:.3f}"
        assert refused(ask(ATTRS, late))
        # Of what is not noted it makes no difference.
        assert len(json.loads(ask(BASE, late).body)["demo"]) == 1
        assert ask("/status/0/", late).status == 200
        wrong = ask(ATTRS, "noon")
        assert wrong.status == 500
        assert "METASET_REQUEST_TIME is 'noon'" in (wrong.message() or "")
        for when in (f"{time.time() - BOUND / 2:.3f}", "", f"{time.time() + 1000:.3f}"):
            assert packages(ask(ATTRS, when)) == 2, when
    assert base(member) == 2
    eventually(lambda: "METASET_REQUEST_TIME" in member.log(), "the log names the parameter")
