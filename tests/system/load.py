"""Clients that keep asking while a test does something to the depot."""
from __future__ import annotations

import threading
import time
from collections import Counter

import rawhttp
from background import Background
from depot import Depot


class Asking(Background):
    """Threads that ask, and what they were answered."""

    def __init__(self, threads: int = 8) -> None:
        super().__init__(threads)
        self.statuses: Counter[int] = Counter()
        self.broken: list[str] = []
        self._lock = threading.Lock()

    def count(self) -> int:
        """Answers so far."""
        with self._lock:
            return sum(self.statuses.values())

    def more(self, number: int) -> None:
        """Waits for that many further answers; fails if they do not come."""
        goal, deadline = self.count() + number, time.monotonic() + 30
        while self.count() < goal and not self.broken:
            assert time.monotonic() < deadline, f"no {number} answers within 30 s"
            time.sleep(0.005)


class Load(Asking):
    """Threads that send GET after GET, each on a connection that it keeps."""

    def __init__(self, depot: Depot, paths: list[str], threads: int = 8,
                 fields: dict[str, str] | None = None) -> None:
        super().__init__(threads)
        self.depot = depot
        self.paths = paths
        self.fields = fields or {}
        self.slowest = 0.0

    def _run(self, number: int) -> None:
        turn = number
        connection: rawhttp.Connection | None = None
        while not self._stop.is_set():
            path = self.paths[turn % len(self.paths)]
            turn += 1
            started = time.monotonic()
            try:
                connection = connection or self.depot.connect()
                status = connection.ask("GET", self.depot.base + path, self.fields).status
            except (rawhttp.BrokenAnswer, OSError) as error:
                with self._lock:
                    self.broken.append(f"{path}: {error!r}")
                connection = None
                continue
            with self._lock:
                self.statuses[status] += 1
                self.slowest = max(self.slowest, time.monotonic() - started)
        if connection:
            connection.close()
