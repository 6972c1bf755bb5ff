"""Many connections that say nothing, or say it slowly, hold up nobody else."""
from __future__ import annotations

import re
import resource
import threading
import time
from pathlib import Path

import pytest

import processes
from depot import IS_APACHE, Depot, StartDepot
from fastcgi import Client
from load import Load
from rawhttp import Address, Connection

IDLE = 10_000
TRICKLERS = 500
HEADER_LIMIT = 10  # seconds, of RequestReadTimeout in depot.conf
PATHS = ["/versions/0", "/fruit/catalog/1/catalog.attrs"]

# metaset-apache(7), DIFFERENCES: there a connection without a request holds a thread.
APACHE_ONLY = pytest.mark.skipif(not IS_APACHE, reason="connections hold no threads of nginx")


def as_many_as_allowed() -> int:
    """Connections that this process may have at the same time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(IDLE + 1000, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(IDLE, wanted - 400)


def directive(depot: Depot, name: str) -> int:
    """The value that Apache was given."""
    text = (depot.run_directory() / "apache.conf").read_text()
    found = re.search(rf"^{name} (\d+)$", text, re.MULTILINE)
    assert found, name
    return int(found[1])


def others_are_answered(depot: Depot) -> None:
    with Load(depot, PATHS, threads=4) as load:
        load.more(400)
    assert load.broken == []
    assert set(load.statuses) == {200}


@pytest.mark.xdist_group("connections")
def test_ten_thousand_idle_connections(imported: dict[str, Path], start: StartDepot) -> None:
    """Apache has to have answered each of them once."""
    count = as_many_as_allowed()
    assert count >= 400
    depot = start(imported["utf8"], "--workers", "2")
    if IS_APACHE:
        each = 1 + directive(depot, "AsyncRequestWorkerFactor")
        count = min(count, directive(depot, "MaxRequestWorkers") * each * 3 // 4)
    idle = [depot.connect() for _ in range(count)] if not IS_APACHE else []
    # One in ten has asked something before: kept connections.
    for connection in idle[::10]:
        assert connection.ask("GET", "/versions/0").status == 200
    while len(idle) < count:
        idle.append(depot.connect())
        assert idle[-1].ask("GET", "/versions/0").status == 200
    others_are_answered(depot)
    for worker in depot.workers():
        assert processes.status_kilobytes(worker, "VmRSS") < 64 << 10
    for connection in idle[::10]:
        assert connection.ask("GET", "/versions/0").status == 200
    for connection in idle:
        connection.close()
    assert depot.get("/versions/0").status == 200


@APACHE_ONLY
@pytest.mark.xdist_group("connections")
def test_connections_that_never_said_anything(imported: dict[str, Path],
                                              start: StartDepot) -> None:
    """More than Apache has threads, if the kernel may keep so many back (for half a minute)."""
    may = [int(Path("/proc/sys/net", name).read_text())
           for name in ("core/somaxconn", "ipv4/tcp_max_syn_backlog")]
    depot = start(imported["utf8"], "--workers", "1")
    idle = [depot.connect() for _ in range(min(as_many_as_allowed(), *may) * 3 // 4)]
    others_are_answered(depot)
    for connection in idle:
        connection.close()


@pytest.mark.xdist_group("connections")
def test_connections_to_the_workers_that_say_nothing(imported: dict[str, Path],
                                                     workers: Path) -> None:
    """As a web server under attack could open them, or something else that reaches the socket."""
    count = min(as_many_as_allowed(), 2000)
    idle = [Client(workers) for _ in range(count)]
    with Client(workers) as client:
        assert client.ask(imported["utf8"], "/versions/0").status == 200
    for one in idle:
        one.close()


class Tricklers:
    """Requests that come a byte at a time and never end."""

    def __init__(self, depot: Depot, count: int) -> None:
        self.connections = [depot.connect() for _ in range(count)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._send(b"GET /versions/0 HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        self._thread.start()

    def _send(self, data: bytes) -> None:
        for connection in self.connections:
            try:
                connection.socket.sendall(data)
            except OSError:
                pass  # the web server's patience ended

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._send(b"s")

    def __enter__(self) -> Tricklers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for connection in self.connections:
            connection.close()


def test_slow_requests_hold_nobody_up(imported: dict[str, Path], start: StartDepot) -> None:
    """As long as Apache has other threads."""
    depot = start(imported["utf8"], "--workers", "1", "--threads", "1")
    count = TRICKLERS if not IS_APACHE else directive(depot, "MaxRequestWorkers") // 2
    assert count <= as_many_as_allowed()
    with Tricklers(depot, count):
        others_are_answered(depot)


@APACHE_ONLY
@pytest.mark.long
def test_more_slow_requests_than_threads(imported: dict[str, Path], start: StartDepot) -> None:
    """They are given up, although they go on sending, and then everybody is answered again."""
    depot = start(imported["utf8"], "--workers", "1", "--threads", "1")
    count = directive(depot, "MaxRequestWorkers") + 64
    assert count <= as_many_as_allowed()
    with Tricklers(depot, count):
        started = time.monotonic()
        assert depot.get("/versions/0").status == 200
        assert time.monotonic() - started < 4 * HEADER_LIMIT
        others_are_answered(depot)


@APACHE_ONLY
@pytest.mark.long
def test_a_kept_connection_may_be_silent_for_longer(imported: dict[str, Path],
                                                    start: StartDepot) -> None:
    depot = start(imported["utf8"], "--workers", "1", "--threads", "1")
    with depot.connect() as kept, depot.connect() as half:
        assert kept.ask("GET", "/versions/0").status == 200
        half.socket.sendall(b"GET /versions/0 HTTP/1.1\r\n")
        assert half.receive().status == 408  # which takes HEADER_LIMIT
        time.sleep(1)
        assert kept.ask("GET", "/versions/0").status == 200


def slow_bodies(address: Address, path: str, count: int) -> list[Connection]:
    """Requests whose bodies have only begun."""
    slow = [Connection(address) for _ in range(count)]
    for one in slow:
        one.send("POST", path, {"Content-Length": "100000", "Host": "%s:%d" % address})
        one.socket.sendall(b"a" * 50_000)
    return slow


def test_slow_bodies_hold_no_thread_of_the_programs(imported: dict[str, Path],
                                                    start: StartDepot) -> None:
    depot = start(imported["utf8"], "--workers", "1", "--threads", "1", "--publish-port", "0")
    asked = slow_bodies(depot.address, "/search/1/", 16)
    published = slow_bodies(depot.publishing().address, "/file/1/none", 16)
    others_are_answered(depot)
    assert depot.publishing().ask("GET", "versions/0").status == 200
    for one in [*asked, *published]:
        one.socket.sendall(b"b" * 50_000)
    assert {one.receive().status for one in asked} == {400}  # there is no query in it
    assert {one.receive().status for one in published} == {401}
    for one in [*asked, *published]:
        one.close()
