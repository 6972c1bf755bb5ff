"""A group of depots: how long a build takes to be everywhere, and what clients notice of it."""
from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import report

# The group is the one of the system tests.
sys.path.append(str(Path(__file__).resolve().parents[1] / "system"))

# pylint: disable=wrong-import-position
from balancer import PLAIN  # noqa: E402
from builds import Source  # noqa: E402
from depot import Depot, metaset  # noqa: E402
from etcd import EtcdCluster  # noqa: E402
from fleet import Fleet  # noqa: E402
from group import Group  # noqa: E402
from records import Record  # noqa: E402

MEMBERS = 4
PACKAGES = 100
LARGE_PAYLOAD = 1 << 20
MIB = 1 << 20
WAIT_BAR_MS = 250
RATE_BAR = 0.5


def rollouts(directory: Path, repetitions: int) -> None:
    """From `rollout start` to its end, while 16 clients refresh, four times a second each."""
    seconds = []
    waits: list[float] = []
    with EtcdCluster(directory / "etcd") as etcd, Group(directory / "group", etcd, MEMBERS, PLAIN,
                                                        PACKAGES) as group:
        for loaded in (False, True):
            seconds.clear()
            with Fleet(directory / f"fleet{loaded}", group.balancer.address,
                       clients=16 if loaded else 1, pause=0.25) as fleet:
                fleet.more()
                for _ in range(repetitions):
                    number = group.publish_build()
                    begin = time.monotonic()
                    group.switch(number)
                    end = time.monotonic()
                    seconds.append(end - begin)
                    fleet.more()
                    waits += waits_within(fleet.records(), begin, end) if loaded else []
            name = "16 clients" if loaded else "one client"
            report.fact(f"rollout start until switched, {name} (median)",
                        statistics.median(seconds), "s")
    waits.sort()
    report.at_most("longest answer of a refresh meanwhile (99 %)",
                   1000 * waits[int(0.99 * (len(waits) - 1))], "ms", WAIT_BAR_MS)
    report.fact("the longest of all", 1000 * waits[-1], "ms")


def waits_within(records: list[Record], begin: float, end: float) -> list[float]:
    """Of the refreshes that were under way at that time: how long the slowest answer took."""
    return [record.slowest for record in records
            if record.kind != "content" and record.end > begin and record.begin < end]


def replication(directory: Path, repetitions: int) -> None:
    """A build of large payloads, from a depot, against cp of the same files; both until durable."""
    source = Source(directory / "source", PACKAGES)
    source.publish_build(1)
    behind = [source.copy_to(directory / f"behind{n}") for n in range(repetitions)]
    known = payloads(source.repository)
    number = source.publish_build(payload=LARGE_PAYLOAD)
    new = payloads(source.repository) - known
    size = sum(path.stat().st_size for path in new)
    os.sync()
    copied, replicated = [], []
    with Depot(source.repository, directory / "depot", "--publish-port", "0") as depot:
        url = "http://%s:%d/" % depot.address
        for n, repository in enumerate(behind):
            target = directory / f"copy{n}"
            target.mkdir()
            copied.append(elapsed(lambda: copy(new, target)))
            replicated.append(elapsed(lambda: metaset("replicate", "-d", repository, "--from", url,
                                                      "--to", number)))
            shutil.rmtree(target)
    report.fact("cp, until durable", size / MIB / statistics.median(copied), "MiB/s")
    report.fact("metaset replicate", size / MIB / statistics.median(replicated), "MiB/s")
    report.at_least("as against cp", statistics.median(copied) / statistics.median(replicated),
                    "times", RATE_BAR)


def payloads(repository: Path) -> set[Path]:
    """The files of their content; each once, by whatever names it is there."""
    files = {path.stat().st_ino: path for path in sorted(repository.rglob("file/*/*"))
             if path.is_file()}
    return set(files.values())


def copy(files: set[Path], target: Path) -> None:
    """With the usual tool."""
    subprocess.run(["cp", "-t", str(target), *map(str, files)], check=True)
    subprocess.run(["sync", "-f", str(target)], check=True)


def elapsed(act: object) -> float:
    """Seconds that it takes."""
    assert callable(act)
    begin = time.monotonic()
    act()
    return time.monotonic() - begin
