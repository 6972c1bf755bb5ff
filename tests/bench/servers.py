"""Processes that are measured: the depot as `metaset serve` runs it."""
from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Self

from wrk import Broken

START_LIMIT = 30.0
STOP_LIMIT = 30.0


class Server:
    """A process with children, at a URL; stopped when left."""

    url = ""

    def __init__(self, command: list[str], log: Path,
                 environment: dict[str, str] | None = None) -> None:
        with log.open("wb") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors,
                                            text=True, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_seconds(self) -> float:
        """What its processes have used so far."""
        ticks = 0
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def get(self, path: str, fields: dict[str, str] | None = None) -> bytes:
        """The body as it came, coded or not."""
        request = urllib.request.Request(self.url + path, headers=fields or {})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()


class Depot(Server):
    """`metaset serve` on a free port."""

    def __init__(self, metaset: Path, web: Path, repository: Path, directory: Path,
                 kind: str = "nginx", workers: int = 2) -> None:
        """`web`: the program of the web server, which is of that kind: nginx or apache."""
        directory.mkdir(parents=True, exist_ok=True)
        self.metaset = metaset
        self.repository = repository.resolve()
        environment = {**os.environ, "TMPDIR": str(directory.resolve())}
        environment.pop("XDG_RUNTIME_DIR", None)
        super().__init__([str(metaset), "serve", "-d", str(repository), "-p", "0", "--workers",
                          str(workers), "--threads", "4", "--web", kind, f"--{kind}", str(web)],
                         directory / "log", environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r" on (http://\S+)/$", line.strip())
        if not found:
            self.__exit__()
            raise Broken(f"metaset serve did not start: {(directory / 'log').read_text()}")
        self.url = found[1]
        # That of its web server; others have to have as many processes.
        self.config = next(directory.glob(f"metaset-*/{kind}.conf")).read_text()
        workers = re.search(r"^worker_processes (\d+);", self.config, re.MULTILINE)
        self.nginx_workers = int(workers[1]) if workers else 1

    def workers(self) -> list[int]:
        """The processes that answer requests."""
        return children(self.master())

    def master(self) -> int:
        """The process that starts them."""
        return next(p for p in children(self.process.pid) if name_of(p) == "metaset-serve")

    def renew_workers(self) -> None:
        """Until only new ones answer."""
        old = set(self.workers())
        os.kill(self.master(), signal.SIGHUP)
        deadline = time.monotonic() + START_LIMIT
        while not self.workers() or old & set(self.workers()):
            if time.monotonic() > deadline:
                raise Broken("metaset-serve does not renew its workers")
            time.sleep(0.005)


def wait_for(address: tuple[str, int] | str) -> None:
    """Until somebody listens there; a path is that of a Unix socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            with socket.socket(family) as connection:
                connection.connect(address)
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise Broken(f"nobody listens on {address}: {error}") from error
            time.sleep(0.02)


def name_of(pid: int) -> str:
    """The program that a process runs."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


def children(pid: int) -> list[int]:
    """The processes that the threads of a process have started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(p) for p in (task / "children").read_text().split()]
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """The processes below a process."""
    below = children(pid)
    return below + [more for child in below for more in descendants(child)]
