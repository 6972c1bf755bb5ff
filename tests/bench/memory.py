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
    """Private pages of the largest worker, in bytes."""

    own: int
    database: int  # mapped from its file: cached once, whoever maps it, and dropped when need be


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
    """What /proc/PID/smaps says of each."""
    return max((of_process(pid) for pid in depot.workers()), key=lambda m: m.own + m.database)


def of_process(pid: int) -> Memory:
    memory = Memory(0, 0)
    is_database = False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, *values = line.split()
        if "-" in name:  # the first line of a mapping: addresses, ..., path
            is_database = line.endswith("/data.mdb")
        elif name in ("Private_Clean:", "Private_Dirty:"):
            if is_database:
                memory.database += int(values[0]) * 1024
            else:
                memory.own += int(values[0]) * 1024
    return memory
