"""Searches over HTTP: how long one client waits, and how many are answered."""
from __future__ import annotations

import statistics
import time
import urllib.parse
import urllib.request

import report
import wrk
from servers import Depot

CONNECTIONS = 8
SAMPLES = 200
FEW = 100  # results
# What is asked for, and how. The words are in the corpus, and in what takes its place.
KINDS = {
    "prefix": "False_2_100_None_lib*",
    "suffix": "False_2_100_None_*.so.1",
    "phrase": "False_2_None_None_'the library'",
    "AND": "False_2_None_None_::pkg.summary:library AND ::pkg.summary:http",
    "packages": "False_1_None_None_*zlib",
}


def path(query: str) -> str:
    """Of one query."""
    return "/search/1/" + urllib.parse.quote(query, safe="")


def ask(depot: Depot, query: str) -> tuple[float, int]:
    """Milliseconds, and the number of results."""
    start = time.monotonic()
    with urllib.request.urlopen(depot.url + path(query), timeout=60) as answer:
        body = answer.read()
    return 1000 * (time.monotonic() - start), max(body.count(b"\n") - 1, 0)


def tokens(depot: Depot) -> list[str]:
    """Names of files that are found in some packages, spread over all that there are."""
    with urllib.request.urlopen(depot.url + path("False_2_20000_None_:file:basename:*"),
                                timeout=60) as answer:
        lines = answer.read().decode().splitlines()[1:]
    paths = (field[5:] for line in lines for field in line.split() if field.startswith("path="))
    names = sorted({name.rpartition("/")[2] for name in paths})
    plain = [name for name in names if not set(name) & set("*?[]:()'\"<>\\%")]
    return plain[:: max(len(plain) // SAMPLES, 1)][:SAMPLES]


def exact(depot: Depot) -> str:
    """The median over many words; gives one of them."""
    times = []
    word = ""
    for name in tokens(depot):
        taken, results = ask(depot, f"False_2_None_None_{name}")
        if 0 < results <= FEW:
            times.append(taken)
            word = name
    report.at_most(f"one client, exact token, up to {FEW} results (median of {len(times)})",
                   statistics.median(times), "ms", 5)
    return word


def measure(depot: Depot, seconds: int) -> None:
    """All kinds of queries."""
    word = exact(depot)
    queries = {"exact token": f"False_2_None_None_{word}", **KINDS}
    for kind, query in queries.items():
        times = [ask(depot, query) for _ in range(9)]
        line = f"{kind}: {times[0][1]:,} results, one client (median)"
        report.fact(line, statistics.median(taken for taken, _ in times), "ms")
        if not times[0][1]:
            continue  # 204, which is no failure
        run = wrk.run(depot.url + path(query), CONNECTIONS, seconds, {})
        line = f"{kind}: {CONNECTIONS} connections"
        if kind == "exact token":
            report.at_least(line, run.rate, "requests/s", 1000)
        else:
            report.fact(line, run.rate, "requests/s")
