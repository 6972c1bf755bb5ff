"""A depot that does everything at once, for as long as wanted, and what it needs meanwhile."""
from __future__ import annotations

import hashlib
import json
import os
import statistics
import threading
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Callable

import processes
from depot import Depot, metaset
from publisher import Tool

PAYLOAD_BYTES = 20_000
ROUND = 25  # publications until everything is taken back
KEEP = 3  # metasets


@dataclass
class Needs:
    """Of all processes of a depot, at one moment."""

    kilobytes: int
    descriptors: int
    database: int  # bytes
    readers: int


def anonymous_kilobytes(pid: int) -> int:
    """What a process has allocated; the database is mapped and does not count."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("Anonymous:")[2].split()[0])


def needs_of(depot: Depot) -> Needs:
    """Processes that end meanwhile need nothing any more."""
    kilobytes = descriptors = 0
    for pid in [depot.pid, *processes.descendants(depot.pid)]:
        try:
            kilobytes += anonymous_kilobytes(pid)
            descriptors += len(os.listdir(f"/proc/{pid}/fd"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    status = json.loads(metaset("status", "--json", "-d", depot.repository).stdout)
    return Needs(kilobytes, descriptors, status["database-bytes"], status["readers"])


class Worker:
    """Does something again and again until it is stopped; keeps what went wrong."""

    def __init__(self, turn: Callable[[int], None], pause: float = 0.0) -> None:
        self.failure: Exception | None = None
        self.turns = 0
        self._turn = turn
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn(self.turns)
            except Exception as error:  # noqa: BLE001 - told by the test
                self.failure = error
                return
            self.turns += 1
            self._stop.wait(self._pause)


class Soak:
    """Everything that goes on."""

    def __init__(self, depot: Depot, tool: Tool) -> None:
        self.depot = depot
        self.tool = tool
        metaset("tag", "2", "start", "-d", depot.repository)

    def workers(self) -> dict[str, Worker]:
        """They start at once."""
        return {"publish": Worker(self.publish), "stage": Worker(self.stage, 0.5),
                "read": Worker(self.read), "look": Worker(self.look, 0.1),
                "vanish": Worker(self.vanish, 0.2), "renew": Worker(self.renew, 3.0)}

    def publish(self, turn: int) -> None:
        """A package; now and then all of them are taken back, and forgotten."""
        fmri = f"pkg://demo/soak-{turn % 7}@1.{turn},5.11:20240601T{turn // 3600 % 24:02}" \
               f"{turn // 60 % 60:02}{turn % 60:02}Z"
        content = os.urandom(PAYLOAD_BYTES)
        transaction = self.tool.begin(
            fmri, f"file {hashlib.sha1(content).hexdigest()} path=etc/soak owner=root group=sys "
                  f"mode=0644 pkg.size={PAYLOAD_BYTES}\n", (content,))
        closed = self.tool.close(transaction)
        assert closed.status == 200, closed.message()
        if turn % ROUND == ROUND - 1:
            metaset("rollback", "start", "-d", self.depot.repository)
            metaset("gc", "--keep-last", KEEP, "--no-compact", "-d", self.depot.repository)

    def stage(self, turn: int) -> None:
        """What never becomes visible: a transaction that is given up, an area that is dropped."""
        tool = self.tool_of_area()
        for close in (True, False):
            fmri = f"pkg://demo/staged-{close}@1.{turn},5.11:20240601T120000Z"
            transaction = tool.begin(fmri, "set name=pkg.summary value=never\n")
            answer = (tool.close(transaction) if close
                      else tool.ask("GET", f"abandon/0/{transaction}"))
            assert answer.status == 200, answer.message()
        dropped = tool.ask("POST", "api/1/abandon", b"{}")
        assert dropped.status == 200, dropped.body

    def tool_of_area(self) -> Tool:
        tool = Tool(self.depot.publishing())
        tool.headers = self.tool.headers
        tool.prefix = "staging/side/"
        return tool

    def read(self, turn: int) -> None:
        paths = ["/versions/0", "/publisher/0", "/demo/catalog/1/catalog.attrs",
                 "/demo/catalog/1/catalog.base.C", "/metaset/start/demo/catalog/1/catalog.attrs"]
        answer = self.depot.get(paths[turn % len(paths)])
        assert answer.status == 200, (paths[turn % len(paths)], answer.status, answer.body)

    def look(self, turn: int) -> None:
        """Pages and searches."""
        paths = ["/", "/demo/packages", "/metasets", "/find?q=soak*", "/demo/search/1/False_2_None_"
                 "None_first", "/api/1/metaset"]
        answer = self.depot.get(paths[turn % len(paths)])
        # 204: nothing found.
        assert answer.status in (200, 204), (paths[turn % len(paths)], answer.status, answer.body)

    def vanish(self, _turn: int) -> None:
        """Clients that leave in the middle."""
        connections = [self.depot.connect() for _ in range(20)]
        for number, connection in enumerate(connections):
            connection.socket.sendall(b"GET /demo/catalog/1/catalog.base.C HTTP/1.1\r\nHost: x\r\n"
                                      + (b"\r\n" if number % 2 else b""))
        for connection in connections:
            connection.close()

    def renew(self, turn: int) -> None:
        """New worker processes."""
        if turn % 2:
            self.depot.renew()


def run(depot: Depot, tool: Tool, seconds: float) -> tuple[list[Needs], dict[str, int]]:
    """What the depot needed, a second after the other, and how often each thing was done."""
    workers = Soak(depot, tool).workers()
    samples = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not any(worker.failure for worker in workers.values()):
        samples.append(needs_of(depot))
        time.sleep(min(1.0, seconds / 30))
    for worker in workers.values():
        worker.stop()
    for name, worker in workers.items():
        assert worker.failure is None, (name, worker.turns, worker.failure)
    return samples, {name: worker.turns for name, worker in workers.items()}


def thirds(samples: list[Needs]) -> tuple[Needs, Needs]:
    """The medians of the second third and of the last."""
    third = len(samples) // 3

    def median(part: list[Needs]) -> Needs:
        return Needs(*(int(statistics.median(values)) for values in zip(*map(astuple, part))))

    return median(samples[third:2 * third]), median(samples[2 * third:])
