"""What a long history costs: the log, activation, past views."""
from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

import report
from http_cases import GZIP, PUBLISHER
from servers import Depot

LIMIT_MS = 1000.0


class History:
    """A repository with many metasets; the newest has this number, one half the way back is active.
    """

    def __init__(self, metaset: Path, repository: Path, last: int) -> None:
        self.metaset = metaset
        self.repository = repository
        self.last = last

    def milliseconds(self, *arguments: str | int) -> float:
        """How long a command takes."""
        start = time.monotonic()
        subprocess.run([str(self.metaset), *map(str, arguments), "-d", str(self.repository)],
                       stdout=subprocess.DEVNULL, check=True)
        return 1000 * (time.monotonic() - start)

    def commands(self) -> None:
        """Those that might take longer with each metaset that there is."""
        times = {
            "metaset log": [self.milliseconds("log") for _ in range(3)],
            "metaset log --json": [self.milliseconds("log", "--json")],
            "metaset log --sizes -n 100": [self.milliseconds("log", "--sizes", "-n", 100)],
            "metaset activate, the newest one": [self.milliseconds("activate", self.last)],
            "metaset gc --keep-last 100 --dry-run":
                [self.milliseconds("gc", "--keep-last", 100, "--dry-run") for _ in range(3)],
        }
        for name, values in times.items():
            report.at_most(name, statistics.median(values), "ms", LIMIT_MS)

    def past_views(self, nginx: Path, directory: Path, metasets: int) -> None:
        """What nobody has asked for before: a worker makes it."""
        with Depot(self.metaset, nginx, self.repository, directory) as depot:
            for name, back, file in (("catalog.attrs", 2, "catalog.attrs"),
                                     ("a catalog part", 3, "catalog.base.C"),
                                     ("the largest part", 4, "catalog.summary.C")):
                number = self.last - metasets // back
                path = f"/metaset/{number}/{PUBLISHER}/catalog/1/{file}"
                start = time.monotonic()
                depot.get(path, GZIP)
                report.at_most(f"first request for {name} of a past metaset",
                               1000 * (time.monotonic() - start), "ms", LIMIT_MS)
