"""Many connections on few threads."""
from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from depot import METASET_SERVE, Depot, StartDepot
from fastcgi import Client
from load import Load
from repositories import Package, commit, create, publish

IDLE = BUSY = 64
STUCK = 10.0  # seconds: whoever waits for an idle connection waits longer, a busy machine does not
PATHS = ["/fruit/catalog/1/catalog.attrs", "/fruit/catalog/1/catalog.base.C", "/publisher/0"]


def test_idle_connections_do_not_occupy_threads(workers: Path, imported: dict[str, Path]) -> None:
    """64 kept and silent connections, 64 busy ones, 8 threads: nobody waits."""
    repository = imported["utf8"]
    idle = [Client(workers) for _ in range(IDLE)]
    for client in idle:
        assert client.ask(repository, "/versions/0").status == 200
    slowest, failures = [0.0] * BUSY, []

    def work(number: int) -> None:
        try:
            with Client(workers) as client:
                for turn in range(20):
                    started = time.monotonic()
                    reply = client.ask(repository, PATHS[turn % len(PATHS)])
                    slowest[number] = max(slowest[number], time.monotonic() - started)
                    if reply.status != 200:
                        failures.append(reply.status)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(BUSY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert max(slowest) < STUCK
    # The idle ones are as good as new.
    for client in idle:
        assert client.ask(repository, "/versions/0").status == 200
        client.close()


def test_the_same_through_nginx(imported: dict[str, Path], start: StartDepot) -> None:
    depot = start(imported["utf8"], "--workers", "2", "--threads", "4")
    idle = [depot.connect() for _ in range(IDLE)]
    for connection in idle:
        assert connection.ask("GET", "/versions/0").status == 200
    with Load(depot, PATHS, threads=BUSY) as load:
        load.more(1500)
    assert load.broken == []
    assert set(load.statuses) == {200}
    assert load.slowest < STUCK
    for connection in idle:
        assert connection.ask("GET", "/versions/0").status == 200
        connection.close()


@pytest.fixture
def long_answers(tmp_path: Path) -> Path:
    """A repository with an answer of 6 MB that comes from metaset-serve: licenses in info/0."""
    repository = create(tmp_path / "long", "demo")
    scratch = tmp_path / "scratch"
    text = b"".join(b"%032x\n" % number for number in range(200_000))
    package = Package("pkg://demo/long@1.0,5.11-1:20240501T100000Z",
                      lines=["license root/LICENSE license=long"])
    (scratch / "root" / "root").mkdir(parents=True)
    (scratch / "root" / "root" / "LICENSE").write_bytes(text)
    publish(repository, scratch, [package])
    commit(repository)
    return repository


def test_a_slow_client_holds_no_thread(start: StartDepot, long_answers: Path) -> None:
    depot = start(long_answers, "--workers", "1", "--threads", "1")
    path = "/demo/info/0/long@1.0,5.11-1:20240501T100000Z"
    assert len(depot.get(path).body) > 6_000_000
    slow = [depot.connect() for _ in range(8)]
    for connection in slow:
        connection.send("GET", path)
    # One thread, and eight clients that do not read: the ninth is answered all the same.
    assert depot.get("/demo/catalog/1/catalog.attrs").status == 200
    for connection in slow:
        assert len(connection.receive().body) > 6_000_000
        connection.close()


def test_half_a_request_holds_no_worker(depot: Depot) -> None:
    """nginx waits for the rest of it, not metaset-serve."""
    slow = [depot.connect() for _ in range(32)]
    for connection in slow:
        connection.socket.sendall(b"GET /versions/0 HTTP/1.1\r\nHost: x\r\n")
    assert depot.get("/fruit/catalog/1/catalog.attrs").status == 200
    for connection in slow:
        connection.socket.sendall(b"\r\n")
        assert connection.receive().status == 200
        connection.close()


def test_pipelined_requests(depot: Depot) -> None:
    with depot.connect() as connection:
        for path in PATHS:
            connection.send("GET", path)
        replies = [connection.receive() for _ in PATHS]
    assert [reply.status for reply in replies] == [200] * len(PATHS)
    assert json.loads(replies[0].body)["package-count"] == 14


def test_a_wrong_parameter_is_named(workers: Path, imported: dict[str, Path]) -> None:
    with Client(workers) as client:
        reply = client.ask(imported["utf8"], "/versions/0", METASET_MODE="fast")
        assert reply.status == 500
        assert "METASET_MODE is &apos;fast&apos;" in reply.body.decode().replace("'", "&apos;")
        reply = client.ask(imported["utf8"], "/versions/0", METASET_BASS="/r")
        assert "METASET_BASS is not known" in reply.body.decode()
        assert client.ask(imported["utf8"], "/versions/0").status == 200


def test_several_repositories_in_one_pool(workers: Path, imported: dict[str, Path]) -> None:
    with Client(workers) as client:
        for _ in range(3):
            fruit = client.ask(imported["utf8"], "/publisher/0").body
            north = client.ask(imported["ascii"], "/publisher/0").body
            assert b"fruit" in fruit and b"north" not in fruit
            assert b"north" in north and b"fruit" not in north


def test_no_socket_and_no_request() -> None:
    """Started by hand without arguments it says what it needs."""
    environment = {k: v for k, v in os.environ.items() if k != "GATEWAY_INTERFACE"}
    done = subprocess.run([str(METASET_SERVE)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 2
    assert "There is no socket to listen on" in done.stderr
