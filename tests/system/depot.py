"""`metaset serve` as a running process, and the programs under test."""
from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Callable

import pytest

import processes
import rawhttp
from waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("METASET_BUILD", ROOT / "build"))
METASET = BUILD / "metaset"
METASET_SERVE = BUILD / "metaset-serve"
OF_PROGRAMS = ("METASET_ROOT", "METASET_LOG", "METASET_MAP_SIZE", "METASET_NGINX_DIR",
               "METASET_APACHE_DIR")
STOP_LIMIT = 60.0
# The web server of depots that do not say which, as `metaset serve --web` takes it.
WEB = os.environ.get("METASET_WEB", "nginx")
IS_APACHE = WEB.startswith("apache")
WEB_PROGRAM, WEB_NAME = ("apache2", "Apache") if IS_APACHE else ("nginx", "nginx")


def has_services(web: str) -> bool:
    """Whether the programs are services there; other web servers start them."""
    return web in ("nginx", "apache")


HAS_SERVICES = has_services(WEB)
NEEDS_SERVICES = pytest.mark.skipif(not HAS_SERVICES, reason="the web server starts the programs")
# What Apache says of its own start and end, where its log is that of programs as well.
NOTICES = re.compile(r"apache: AH(?:00094|00489|00492|00493|10159): .*\n")


def metaset(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run([str(METASET), *map(str, arguments)], check=check, text=True,
                          capture_output=True, timeout=120)


def clean_environment(**more: str) -> dict[str, str]:
    """Ours and this, without the variables for tests: workers warn of what they do not know."""
    ours = {name: value for name, value in os.environ.items()
            if name in OF_PROGRAMS or not name.startswith("METASET_")}
    return {**ours, **more}


class PublishPort:
    """Where a depot with --publish-port is published to."""

    def __init__(self, address: rawhttp.Address, base: str) -> None:
        self.address = address
        self.base = base

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None,
            body: bytes = b"") -> rawhttp.Reply:
        """A request for a path below the base, which has no slash at its beginning."""
        # As clients do, because who publishes without proof must be from here.
        host = {"Host": "%s:%d" % self.address}
        return rawhttp.ask(self.address, method, f"{self.base}/{path}",
                           {**host, **(headers or {})}, body)


class Depot:
    """`metaset serve` on a free port of its own, with its own directory for temporary files."""

    def __init__(self, repository: Path, directory: Path, *options: str, port: int = 0,
                 prefix: tuple[str, ...] = (), web: str = WEB) -> None:
        """`prefix`: a command that runs the one it is given, by exec."""
        directory.mkdir(parents=True, exist_ok=True)
        self.repository = repository
        self.temporary = directory / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.errors = directory / "stderr"
        environment = clean_environment(TMPDIR=str(self.temporary))
        environment.pop("XDG_RUNTIME_DIR", None)
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*prefix, str(METASET), "serve", "-d", str(repository), "-p", str(port), "--web",
                 web, *options],
                stdout=subprocess.PIPE, stderr=errors, env=environment)
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline().decode()
        found = re.fullmatch(r"metaset: serving (.*) on http://([0-9.]+):(\d+)(/.*)\n",
                             self.ready_line)
        if not found:
            self.stop()
        assert found, f"no ready line but {self.ready_line!r}; {self.log()}"
        self.address: rawhttp.Address = (found[2], int(found[3]))
        self.base = found[4].rstrip("/")
        self.publish_address = self._publish_address() if "--publish-port" in options else None

    def _publish_address(self) -> rawhttp.Address:
        """That of the second line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        found = re.fullmatch(r"metaset: publishing to (.*) on http://([0-9.]+):(\d+)(/.*)\n", line)
        assert found and found[4].rstrip("/") == self.base, line
        return (found[2], int(found[3]))

    def __enter__(self) -> Depot:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        text = self.errors.read_text()
        return text if HAS_SERVICES else NOTICES.sub("", text)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None,
            body: bytes = b"") -> rawhttp.Reply:
        """A request for a path below the depot's address."""
        return rawhttp.ask(self.address, method, self.base + path, headers, body)

    def publishing(self) -> PublishPort:
        """The port to publish to."""
        assert self.publish_address
        return PublishPort(self.publish_address, self.base)

    def get(self, path: str, **headers: str) -> rawhttp.Reply:
        """GET; Accept_Encoding="gzip" sends the field Accept-Encoding."""
        return self.ask("GET", path, {k.replace("_", "-"): v for k, v in headers.items()})

    def head(self, path: str, **headers: str) -> rawhttp.Reply:
        return self.ask("HEAD", path, {k.replace("_", "-"): v for k, v in headers.items()})

    def connect(self) -> rawhttp.Connection:
        return rawhttp.Connection(self.address)

    def masters(self, name: str = "metaset-serve") -> list[int]:
        """The processes that look after workers of that program. Tests that look at them are
        skipped where there are none."""
        if not HAS_SERVICES:
            pytest.skip("the web server starts the programs")
        return [pid for pid in processes.children(self.pid) if processes.name_of(pid) == name]

    def master(self) -> int:
        """The process that looks after the workers of metaset-serve."""
        return self.masters()[0]

    def workers(self) -> list[int]:
        """Empty while there is no master."""
        return [pid for master in self.masters() for pid in processes.children(master)]

    def renew(self, whom: int | None = None) -> None:
        """SIGHUP; returns when new workers have taken the places of all old ones."""
        old = set(self.workers())
        os.kill(whom or self.master(), signal.SIGHUP)
        eventually(lambda: len(self.workers()) == len(old) and not old & set(self.workers()),
                   "the workers were replaced")

    def freeze(self) -> None:
        """Stops all workers, so that nothing but nginx can answer."""
        workers = self.workers()
        assert workers, "no workers"
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        eventually(lambda: all(map(processes.is_stopped, workers)), "all threads are stopped")

    def thaw(self) -> None:
        for pid in self.workers():
            os.kill(pid, signal.SIGCONT)

    def run_directory(self) -> Path:
        """The private directory, where nginx' configuration and the workers' socket are."""
        return next(self.temporary.glob("metaset-*"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stops it and waits; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
        return status


def process_names(*programs: str) -> set[str]:
    """Those below `metaset serve` when these programs are its business."""
    wrapper = {"fcgiwrap"} if WEB == "nginx-cgi" else set()
    return {WEB_PROGRAM, *wrapper, *(() if WEB.endswith("-cgi") else programs)}


# Options -> a depot that the test framework stops.
StartDepot = Callable[..., Depot]


def all_gone(pids: list[int]) -> None:
    """Waits until none of the processes runs."""
    eventually(lambda: not any(map(processes.is_running, pids)), f"{pids} have ended")
