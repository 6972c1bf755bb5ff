"""What is measured over HTTP: the same requests to the depot and to its peers."""
from __future__ import annotations

import gzip
import json
import statistics
from dataclasses import dataclass, field, replace

import wrk
from floor import Floor
from servers import Depot, Server
from static_peer import StaticFiles
from wrk import Broken

CONNECTIONS = (8, 64)
PUBLISHER = "openindiana.org"
GZIP = {"Accept-Encoding": "gzip"}
NO_CACHE = {"Cache-Control": "no-cache"}
PART_BYTES = 10 << 20
MORE_IF_MISSED = 4  # repetitions


@dataclass
class Case:
    """One kind of request. `bar`: at least this ratio to files, if the project promises one.

    `floor_bar`: the same in ratio to what nginx can ask. For what a worker answers every time.
    """

    name: str
    path: str
    bar: float | None = None
    fields: dict[str, str] = field(default_factory=dict)
    floor_bar: float | None = None
    bytes: int = 0


@dataclass
class Peers:
    """The depot and what it is compared with."""

    depot: Depot
    static: StaticFiles
    floor: Floor | None


@dataclass
class Sample:
    """A run against one of them. cpu: seconds that a request took, wrk's included."""

    rate: float
    cpu: float
    p99_ms: float


# By the names of the peers: runs that followed each other.
Turn = dict[str, Sample]


@dataclass
class Against:
    """Medians over the turns: the rate of a peer, and ratios of the depot to it."""

    rate: float
    ratio: float
    by_cpu: float  # of CPU time: what the ratio is when nothing else runs


@dataclass
class Result:
    """Medians."""

    case: Case
    connections: int
    depot: float
    p99_ms: float
    static: Against
    floor: Against | None
    floor_ratio: float | None  # of the floor to the static peer


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
        Case("manifest 2 KB, no-cache", small, 0.55, NO_CACHE, 0.6),
        Case("manifest 2 KB, no-cache, gzip", small, 0.55, NO_CACHE | GZIP, 0.6),
        Case("manifest 100 KB, no-cache", large, None, NO_CACHE),
        Case("manifest 100 KB, no-cache, gzip", large, None, NO_CACHE | GZIP),
        Case("catalog.attrs", f"{prefix}/catalog/1/catalog.attrs"),
        Case("catalog.attrs, gzip", f"{prefix}/catalog/1/catalog.attrs", None, GZIP),
        Case("catalog part 10 MB", part, 0.85, {}, 0.85),
        Case("catalog part 10 MB, gzip", part, 0.85, GZIP, 0.85),
    ]


def of_apache(cases: list[Case]) -> list[Case]:
    """Which of them there are with Apache, that has no cache, and is promised the payloads only."""
    return [replace(case, name=case.name.replace(", cached", ""), floor_bar=None,
                    bar=case.bar if "payload" in case.name else None)
            for case in cases if "no-cache" not in case.name]


def same_bytes(case: Case, peers: Peers) -> None:
    """Gives the peers what the depot answers, and checks that all send the same."""
    depot = peers.depot
    plain = {k: v for k, v in case.fields.items() if k not in GZIP}
    coded = depot.get(case.path, plain | GZIP)
    body = depot.get(case.path, plain)
    if coded == body:
        peers.static.put(case.path, body)
    elif gzip.decompress(coded) == body:
        peers.static.put(case.path, body, coded)
    else:
        raise Broken(f"{case.path}: another content with gzip than without")
    case.bytes = len(coded if case.fields.get("Accept-Encoding") else body)
    if case.floor_bar is not None and peers.floor:
        peers.floor.answer_as_depot(case.path, case.fields)
    wanted = depot.get(case.path, case.fields)
    for name, peer in in_order(case, peers):
        if peer.get(case.path, case.fields) != wanted:
            raise Broken(f"{case.path}: not the bytes of the {name} peer")


def in_order(case: Case, peers: Peers) -> list[tuple[str, Server]]:
    """The depot between the others, so that each of them is measured next to it."""
    order: list[tuple[str, Server]] = [("static", peers.static), ("depot", peers.depot)]
    return order + ([("floor", peers.floor)] if case.floor_bar is not None and peers.floor else [])


def sample(case: Case, connections: int, server: Server, seconds: int) -> Sample:
    before = server.cpu_seconds()
    run = wrk.run(server.url + case.path, connections, seconds, case.fields, case.bytes)
    return Sample(run.rate, (server.cpu_seconds() - before + run.cpu) / run.requests, run.p99_ms)


def ratio(turns: list[Turn], name: str, peer: str) -> float:
    """Of the rates."""
    return statistics.median(turn[name].rate / turn[peer].rate for turn in turns)


def against(turns: list[Turn], peer: str) -> Against:
    return Against(statistics.median(turn[peer].rate for turn in turns),
                   ratio(turns, "depot", peer),
                   statistics.median(turn[peer].cpu / turn["depot"].cpu for turn in turns))


def meets_bars(case: Case, turns: list[Turn]) -> bool:
    bars = {"static": case.bar, "floor": case.floor_bar}
    return all(bar is None or ratio(turns, "depot", peer) >= bar for peer, bar in bars.items())


def measure(case: Case, connections: int, peers: Peers, repetitions: int, seconds: int) -> Result:
    """The depot and its peers in turn; every other time in the reverse order.

    What seems to miss a bar is measured more often: other processes disturb single runs.
    """
    turns: list[Turn] = []
    order = in_order(case, peers)
    for number in range(repetitions + MORE_IF_MISSED):
        if number >= repetitions and meets_bars(case, turns):
            break
        turns.append({name: sample(case, connections, server, seconds)
                      for name, server in (reversed(order) if number % 2 else order)})
    has_floor = case.floor_bar is not None
    return Result(case, connections, statistics.median(turn["depot"].rate for turn in turns),
                  statistics.median(turn["depot"].p99_ms for turn in turns),
                  against(turns, "static"), against(turns, "floor") if has_floor else None,
                  ratio(turns, "floor", "static") if has_floor else None)
