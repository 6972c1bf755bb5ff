"""What is measured over HTTP: the same requests to the depot and to the static peer."""
from __future__ import annotations

import gzip
import json
import statistics
from dataclasses import dataclass, field

import wrk
from servers import Depot, Server, StaticPeer
from wrk import Broken

CONNECTIONS = (8, 64)
PUBLISHER = "openindiana.org"
GZIP = {"Accept-Encoding": "gzip"}
NO_CACHE = {"Cache-Control": "no-cache"}
PART_BYTES = 10 << 20
MORE_IF_MISSED = 4  # repetitions


@dataclass
class Case:
    """One kind of request. `bar`: at least this ratio, if the project promises one."""

    name: str
    path: str
    bar: float | None = None
    fields: dict[str, str] = field(default_factory=dict)
    bytes: int = 0


@dataclass
class Result:
    """Medians over the repetitions; ratios are those of runs which followed each other."""

    case: Case
    connections: int
    depot: float
    static: float
    ratio: float
    by_cpu: float  # of CPU time, wrk's included: what the ratio is when nothing else runs
    p99_ms: float


def quoted(fmri: str) -> str:
    """An FMRI in a URL, as the clients write it."""
    stem = fmri.partition(f"pkg://{PUBLISHER}/")[2]
    return stem.replace("/", "%2F").replace(":", "%3A").replace(",", "%2C")


def manifest_path(fmri: str) -> str:
    return f"/{PUBLISHER}/manifest/0/{quoted(fmri)}"


def large_part(depot: Depot) -> str:
    """The catalog part whose size is nearest to 10 MB."""
    attrs = json.loads(depot.get(f"/{PUBLISHER}/catalog/1/catalog.attrs"))
    sizes = {name: len(depot.get(f"/{PUBLISHER}/catalog/1/{name}")) for name in attrs["parts"]}
    return min(sizes, key=lambda name: abs(sizes[name] - PART_BYTES))


def make_cases(depot: Depot, loaded: dict[str, str]) -> list[Case]:
    """All of them, the small and the large things alternating."""
    prefix = f"/{PUBLISHER}"
    small = manifest_path(loaded["small_manifest"])
    large = manifest_path(loaded["large_manifest"])
    part = f"{prefix}/catalog/1/{large_part(depot)}"
    return [
        Case("payload 400 B", f"{prefix}/file/1/{loaded['small_payload']}", 0.85),
        Case("payload 1 MB", f"{prefix}/file/1/{loaded['large_payload']}", 0.85),
        Case("manifest 2 KB, cached", small, 0.65),
        Case("manifest 2 KB, cached, gzip", small, 0.65, GZIP),
        Case("manifest 100 KB, cached", large, 0.65),
        Case("manifest 100 KB, cached, gzip", large, 0.65, GZIP),
        Case("manifest 2 KB, no-cache", small, 0.55, NO_CACHE),
        Case("manifest 2 KB, no-cache, gzip", small, 0.55, NO_CACHE | GZIP),
        Case("manifest 100 KB, no-cache", large, None, NO_CACHE),
        Case("manifest 100 KB, no-cache, gzip", large, None, NO_CACHE | GZIP),
        Case("catalog.attrs", f"{prefix}/catalog/1/catalog.attrs"),
        Case("catalog.attrs, gzip", f"{prefix}/catalog/1/catalog.attrs", None, GZIP),
        Case("catalog part 10 MB", part, 0.85),
        Case("catalog part 10 MB, gzip", part, 0.85, GZIP),
    ]


def same_bytes(case: Case, depot: Depot, static: StaticPeer) -> None:
    """Gives the static peer what the depot answers, and checks that both send the same."""
    plain = {k: v for k, v in case.fields.items() if k not in GZIP}
    coded = depot.get(case.path, plain | GZIP)
    body = depot.get(case.path, plain)
    if coded == body:
        static.put(case.path, body)
    elif gzip.decompress(coded) == body:
        static.put(case.path, body, coded)
    else:
        raise Broken(f"{case.path}: another content with gzip than without")
    case.bytes = len(coded if case.fields.get("Accept-Encoding") else body)
    if static.get(case.path, case.fields) != depot.get(case.path, case.fields):
        raise Broken(f"{case.path}: not the bytes of the static peer")


@dataclass
class Pair:
    """A run against the depot and one against the static peer, one after the other."""

    depot: wrk.Run
    static: wrk.Run
    by_cpu: float

    @property
    def ratio(self) -> float:
        return self.depot.rate / self.static.rate


def measure_pair(case: Case, connections: int, servers: list[Server], seconds: int) -> Pair:
    """In the order of the servers."""
    runs: dict[bool, wrk.Run] = {}
    cpu: dict[bool, float] = {}
    for server in servers:
        is_depot = isinstance(server, Depot)
        before = server.cpu_seconds()
        run = wrk.run(server.url + case.path, connections, seconds, case.fields, case.bytes)
        cpu[is_depot] = (server.cpu_seconds() - before + run.cpu) / run.requests
        runs[is_depot] = run
    return Pair(runs[True], runs[False], cpu[False] / cpu[True])


def measure(case: Case, connections: int, depot: Depot, static: StaticPeer, repetitions: int,
            seconds: int) -> Result:
    """Depot and static peer in turn; which of them goes first changes every time.

    What seems to miss its bar is measured more often: other processes disturb single runs.
    """
    median = statistics.median
    pairs: list[Pair] = []
    for turn in range(repetitions + MORE_IF_MISSED):
        servers: list[Server] = [depot, static] if turn % 2 else [static, depot]
        if turn >= repetitions and median(p.ratio for p in pairs) >= (case.bar or 0.0):
            break
        pairs.append(measure_pair(case, connections, servers, seconds))
    return Result(case, connections, median(p.depot.rate for p in pairs),
                  median(p.static.rate for p in pairs),
                  median(p.ratio for p in pairs),
                  median(p.by_cpu for p in pairs), median(p.depot.p99_ms for p in pairs))
