"""What a member of a group answers while its agent says so, and while it does not."""
from __future__ import annotations

import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from depot import WEB, Depot, StartDepot
from gate import Gate, hold_metaset, packages
from rawhttp import Reply
from waiting import eventually

MUTABLE = ("/catalog/1/catalog.attrs", "/catalog/1/catalog.base.C", "/catalog/0/", "/status/0/",
           "/publisher/0/", "/info/0/first@1.0", "/p5i/0/first", "/metaset", "/", "/demo/status/0/")
FIRST = "first@1.0%2C5.11-1%3A20240501T100000Z"
PAYLOAD = hashlib.sha1(b"first\n").hexdigest()
MISSING = ("/manifest/0/" + FIRST.replace("100000Z", "100001Z"), "/file/1/" + "0" * 40,
           "/demo/file/2/" + "0" * 40)


@pytest.fixture
def member(small: Path, tmp_path: Path, start: StartDepot, gate: Gate) -> Depot:
    """Metaset 2 is active; 3 is there too."""
    hold_metaset(small, tmp_path)
    return start(small, "--group", str(gate.path), "--workers", "2", "--threads", "2")


def attrs(depot: Depot, uuid: str = "a") -> Reply:
    return depot.ask("GET", "/catalog/1/catalog.attrs", {"X-IPkg-UUID": uuid})


def base(depot: Depot, uuid: str = "a") -> int:
    reply = depot.ask("GET", "/catalog/1/catalog.base.C", {"X-IPkg-UUID": uuid})
    assert reply.status == 200, reply.body
    return len(json.loads(reply.body)["demo"])


def refuses(depot: Depot, reason: str) -> None:
    """Mutable names are 504, what has one name for ever goes on, and the balancer is told."""
    for path in MUTABLE:
        reply = depot.ask("GET", path)
        assert reply.status == 504, (path, reply.body)
        assert reply.message() == "This depot does not take part in its group right now."
        assert reply.get("Cache-Control") == "no-store"
    assert depot.ask("GET", "/manifest/0/" + FIRST).status == 200
    assert depot.ask("GET", "/demo/manifest/0/" + FIRST).status == 200
    assert depot.ask("GET", "/file/1/" + PAYLOAD).status == 200
    assert depot.ask("HEAD", "/file/2/" + PAYLOAD).status == 200
    # What is not here may be elsewhere.
    for path in MISSING:
        assert depot.ask("GET", path).status == 504, path
    assert depot.ask("GET", "/versions/0/").status == 200
    assert depot.ask("GET", "/metaset/2/catalog/1/catalog.attrs").status == 200
    health = depot.ask("GET", "/healthz")
    assert health.status == 503 and reason in health.body.decode(), health.body
    assert depot.ask("HEAD", "/healthz").status == 503


def test_closed_and_open(member: Depot, gate: Gate) -> None:
    refuses(member, "its agent has closed it")
    gate.open(2)
    assert packages(attrs(member)) == 1
    for path in MUTABLE:
        assert member.ask("GET", path).status not in (500, 502, 503, 504), path
    for path in MISSING:
        assert member.ask("GET", path).status == 404, path
    health = member.ask("GET", "/healthz")
    assert (health.status, health.body) == (200, b"ok\n")
    assert "no-cache" in (health.get("Cache-Control") or "")
    # From the gate, whatever is active here.
    gate.open(3)
    assert packages(attrs(member)) == 2
    gate.open(99)
    assert attrs(member).status == 504
    assert b"does not have metaset 99" in member.ask("GET", "/healthz").body
    gate.close()
    refuses(member, "its agent has closed it")
    assert member.log() == ""


def test_a_lease_that_is_not_renewed(member: Depot, gate: Gate) -> None:
    gate.open(2, 300)
    assert packages(attrs(member)) == 1
    gate.kill()
    assert packages(attrs(member)) == 1
    time.sleep(0.4)
    refuses(member, "is not heard of any more")
    again = Gate(gate.path)
    again.open(2)
    assert packages(attrs(member)) == 1
    again.stop()
    refuses(member, "its agent has closed it")


def test_files_that_are_no_gate(member: Depot, gate: Gate) -> None:
    gate.open(2)
    good = gate.path.read_bytes()
    gate.stop()
    for content, reason in ((b"", "no gate"), (b"x" * 8192, "no gate"), (good[:100], "no gate"),
                            (good[:900] + b"x" + good[901:], "damaged")):
        other = gate.path.with_suffix(".new")
        other.write_bytes(content)
        other.rename(gate.path)
        time.sleep(0.15)
        health = member.ask("GET", "/healthz")
        if reason == "damaged" and health.status == 200:
            continue  # the byte was in the slot that is not in use
        assert health.status == 503 and reason in health.body.decode(), health.body
    gate.path.unlink()
    time.sleep(0.15)
    refuses(member, "no agent has run")


def test_held_requests_are_answered_when_the_gate_opens(member: Depot, gate: Gate) -> None:
    gate.open(2)
    assert packages(attrs(member, "early")) == 1
    gate.hold(2, 5000)
    assert member.ask("GET", "/healthz").status == 200
    assert member.ask("GET", "/manifest/0/" + FIRST).status == 200
    done = []

    def ask(number: int) -> int:
        found = packages(attrs(member, f"client-{number}"))
        done.append(time.monotonic())
        return found

    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(ask, number) for number in range(4)]
        time.sleep(0.5)
        assert not done
        opened = time.monotonic()
        gate.open(3)
        assert [one.result() for one in held] == [2] * 4
    assert max(done) - opened < 3, "not at the end of the hold"
    # Whoever began before goes on as it began.
    assert base(member, "early") == 1
    assert base(member, "client-1") == 2


@pytest.mark.skipif(WEB == "apache-fcgid", reason="a program, of at most 32, holds one request")
def test_many_are_held_and_let_go_at_once(small: Path, start: StartDepot, gate: Gate) -> None:
    depot = start(small, "--group", str(gate.path), "--workers", "2", "--threads", "40")
    gate.hold(2, 20_000)
    connections = [depot.connect() for _ in range(64)]
    try:
        for number, connection in enumerate(connections):
            connection.send("GET", "/catalog/1/catalog.attrs", {"X-IPkg-UUID": f"c{number}"})
        time.sleep(0.5)
        opened = time.monotonic()
        gate.open(2)
        assert [packages(connection.receive()) for connection in connections] == [1] * 64
        assert time.monotonic() - opened < 10, "not at the end of the hold"
    finally:
        for connection in connections:
            connection.close()


def test_a_hold_ends(member: Depot, gate: Gate) -> None:
    gate.hold(2, 400)
    begin = time.monotonic()
    assert attrs(member).status == 504
    assert 0.3 < time.monotonic() - begin < 8, "not at the end of the hold"
    assert member.ask("GET", "/healthz").status == 503
    # The lease counts too.
    gate.hold(2, 10_000, 400)
    begin = time.monotonic()
    assert attrs(member).status == 504
    assert 0.3 < time.monotonic() - begin < 8, "not at the end of the hold"
    # A rollout that is given up.
    gate.hold(2, 5000)
    waiting = threading.Timer(0.3, gate.open, (2,))
    waiting.start()
    assert packages(attrs(member)) == 1
    waiting.join()


def test_what_a_client_gets_next_is_told_to_all(member: Depot, gate: Gate) -> None:
    gate.tell("peers", gate.tell("hear"))
    gate.open(2)
    assert packages(attrs(member)) == 1
    gate.open(3)
    assert base(member) == 1
    # Somebody does not answer: the client stays where it is, and so do its parts.
    gate.tell("deaf")
    for _ in range(3):
        assert packages(attrs(member)) == 1
        assert base(member) == 1
    assert packages(attrs(member, "nobody knows")) == 2
    gate.tell("hear")

    def goes_on() -> bool:
        time.sleep(1.1)  # until somebody is asked again who did not answer
        return packages(attrs(member)) == 2

    eventually(goes_on, "the client is given what is new")
    assert base(member) == 2
    assert member.log() == ""
