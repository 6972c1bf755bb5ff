"""How many packages are published in a second, and how fast their payloads are taken in."""
from __future__ import annotations

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import report
from endpoint import Endpoint

FILES = 3  # of a package
FILE_BYTES = 4096
PAYLOAD_BYTES = 10 << 10
CLIENTS = (1, 8)
CLOSES = ("staged", "immediate")
PACKAGES = {1: 100, 8: 600}  # for each run, by clients
BAR = 300  # packages a second: staged, 8 publishers
FLAT = 1.5
MORE_IF_MISSED = 4  # repetitions


@dataclass
class Run:
    """One run of the load generator."""

    packages: float  # in a second
    files: float  # in a second
    p99_ms: float


@dataclass
class Load:
    """The load generator, for one endpoint."""

    program: Path
    endpoint: Endpoint
    turn: int = 0  # every run publishes other packages

    def run(self, where: str, clients: int, packages: int, files: int = FILES,
            size: int = FILE_BYTES, probe: bool = False) -> Run:
        """Publishes some packages; each close has to succeed."""
        self.turn += 1
        numbers = map(str, (clients, packages, files, size, self.turn))
        done = subprocess.run([str(self.program), str(self.endpoint.port), f"/{where}/",
                               self.endpoint.token, *numbers, *(["probe"] if probe else [])],
                              text=True, stdout=subprocess.PIPE, check=True)
        result = json.loads(done.stdout)
        return Run(result["packages_per_second"], result["files_per_second"], result["p99_ms"])

    def median(self, repetitions: int, where: str, clients: int, bar: float = 0) -> Run:
        """The middle one of several runs: more of them if they seem to miss the bar."""
        runs: list[Run] = []
        while (len(runs) < repetitions or (len(runs) < repetitions + MORE_IF_MISSED
               and statistics.median(run.packages for run in runs) < bar)):
            runs.append(self.run(where, clients, PACKAGES[clients]))
        return sorted(runs, key=lambda run: run.packages)[len(runs) // 2]


def rates(load: Load, repetitions: int, name: str) -> dict[tuple[str, int], float]:
    """A table for one repository: packages a second by what a close does and clients."""
    found = {}
    for close in CLOSES:
        for clients in CLIENTS:
            bar = BAR if (close, clients) == ("staged", 8) else 0
            run = load.median(repetitions, close, clients, bar)
            found[close, clients] = run.packages
            line = f"{name} versions, {close}, {clients} at once (p99 {run.p99_ms:.0f} ms)"
            if bar:
                report.at_least(line, run.packages, "pkg/s", bar)
            else:
                report.fact(line, run.packages, "pkg/s")
    return found


def flatness(smallest: dict[tuple[str, int], float], largest: dict[tuple[str, int], float]) -> None:
    """How much slower it is in a large repository."""
    for (close, clients), rate in smallest.items():
        report.at_most(f"{close}, {clients} at once: 0 as against 35,040 versions",
                       rate / largest[close, clients], "times", FLAT)


def generator(load: Load) -> None:
    """It must not be what is measured."""
    run = load.run("trivial", 8, 4 * PACKAGES[8])
    report.at_least("the load generator, if nothing has to be done", run.packages, "pkg/s", 4 * BAR)


def probed(load: Load) -> None:
    """As pkgsend does for its first files: asking for each before it is sent."""
    run = load.run("staged", 8, PACKAGES[8], probe=True)
    report.fact("staged, 8 at once, a HEAD file/2 before each file", run.packages, "pkg/s")


def upload(load: Load, count: int) -> None:
    """Payloads through the endpoint: one package of many files from each publisher."""
    for clients in CLIENTS:
        run = load.run("staged", clients, clients, count // clients, PAYLOAD_BYTES)
        report.fact(f"10 KB files over HTTP until closed, {clients} at once", run.files, "files/s")
