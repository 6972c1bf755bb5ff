"""Private memory of the workers after they have answered everything there is to ask."""
from __future__ import annotations

import gzip
import http.client
import json
from dataclasses import dataclass
from pathlib import Path

from http_cases import GZIP, PUBLISHER, quoted
from servers import Depot
from wrk import Broken


@dataclass
class Memory:
    """Of the largest worker, in bytes."""

    private: int  # pages that no other process has mapped
    anonymous: int  # without those of the database, which the kernel may drop at any time


def ask_for_everything(depot: Depot, manifests: int) -> None:
    """All catalog files, and so many manifests spread over the whole catalog."""
    prefix = f"/{PUBLISHER}"
    attrs = json.loads(depot.get(f"{prefix}/catalog/1/catalog.attrs"))
    for name in [*attrs["parts"], *attrs["updates"]]:
        depot.get(f"{prefix}/catalog/1/{name}", GZIP)
    base = json.loads(depot.get(f"{prefix}/catalog/1/catalog.base.C"))[PUBLISHER]
    names = [f"{name}@{entry['version']}" for name, entries in base.items() for entry in entries]
    depot.get(f"{prefix}/catalog/0/")
    connection = http.client.HTTPConnection(depot.url.rpartition("/")[2], timeout=60)
    for index in range(manifests):
        name = quoted(f"pkg://{PUBLISHER}/{names[index * len(names) // manifests]}")
        operation = "info" if index % 10 == 0 else "manifest"
        connection.request("GET", f"{prefix}/{operation}/0/{name}", headers=GZIP)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Broken(f"{operation}/0/{name}: {answer.status}")
        if answer.getheader("Content-Encoding") == "gzip":
            gzip.decompress(body)
    connection.close()


def of_workers(depot: Depot) -> Memory:
    """What /proc/PID/smaps_rollup says of each."""
    largest = Memory(0, 0)
    for pid in depot.workers():
        fields: dict[str, int] = {}
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split(":")
            fields[name] = int(value.split()[0]) * 1024
        private = fields["Private_Clean"] + fields["Private_Dirty"]
        largest = Memory(max(largest.private, private),
                         max(largest.anonymous, fields["Private_Dirty"]))
    return largest
