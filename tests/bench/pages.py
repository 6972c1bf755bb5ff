"""Web pages: the time that a worker computes for each kind of them, the first time and later."""
from __future__ import annotations

import statistics
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import report
from http_cases import PUBLISHER
from servers import Depot

BAR = 10.0  # milliseconds
FRESH = 3  # workers that are asked for a page first of all
REPEATED = 15
LARGEST = 3  # packages


@dataclass
class Page:
    """An address and what it is called in the table."""

    name: str
    path: str


def find(query: str, more: str = "") -> Page:
    """A page of results."""
    return Page(f"find {query}{more.replace('&', ', ')}",
                f"/find?q={urllib.parse.quote(query, safe='')}{more}")


def api_find(query: str, more: str = "") -> Page:
    """The same as JSON."""
    return Page(f"api/1/search {query}{more.replace('&', ', ')}",
                f"/api/1/search?q={urllib.parse.quote(query, safe='')}{more}")


def of_package(name: str) -> list[Page]:
    """Its parts."""
    path = f"/{PUBLISHER}/package/{name}"
    return [Page(name, path), Page(f"{name}: files", f"{path}?show=files"),
            Page(f"{name}: usr/", f"{path}?show=files&under=usr/"),
            Page(f"{name}: licences", f"{path}?show=licences"),
            Page(f"{name}: manifest", f"{path}?show=manifest"),
            Page(f"{name}: api/1", f"/api/1/package/{name}")]


def largest(corpus: Path) -> list[str]:
    """The names of the packages with the largest manifests."""
    files = sorted(corpus.glob("*.p5m"), key=lambda path: -path.stat().st_size)
    return [urllib.parse.unquote(path.name).partition("@")[0] for path in files[:LARGEST]]


QUERIES = ("lib*", "*", "a*", "?*", "?*?*", "*o*", "*lib*", "*zlib", "library", "'the library'",
           "library AND http", "lib* AND *http*", "lib* OR perl*", "*.so.1", ":file:basename:*.h",
           "/usr/lib/*", "[ab]*", "<lib*>", "openssl")


def kinds(corpus: Path) -> list[Page]:
    """All that there are."""
    below = f"/{PUBLISHER}"
    pages = [Page("home", "/"), Page("home of a publisher", f"{below}/"),
             Page("packages", "/packages"), Page("packages, page 15", "/packages?page=15"),
             Page("packages below library/", "/packages?under=library/"),
             Page("packages, every version", "/packages?versions=all"),
             Page("packages like lib", "/packages?q=lib"),
             Page("packages of a class", "/packages?class=System/Libraries"),
             Page("classes", "/classes"), Page("metasets", "/metasets"),
             Page("metaset 2", "/metasets/2"), Page("metaset 2, page 15", "/metasets/2?page=15"),
             Page("metaset 3 since 1", "/metasets/3?from=1"),
             Page("feed", "/feed"), Page("feed of a publisher", f"{below}/feed"),
             Page("publishers, api/1", "/api/1/publisher"),
             Page("packages, api/1", "/api/1/package"), Page("classes, api/1", "/api/1/class"),
             Page("changes, api/1", "/api/1/change"), Page("metasets, api/1", "/api/1/metaset"),
             Page("metaset, api/1", "/api/1/metaset/2")]
    for name in [*largest(corpus), "library/zlib"]:
        pages += of_package(name)
    for query in QUERIES:
        pages += [find(query), find(query, "&for=actions")]
    pages += [api_find("lib*"), api_find("lib*", "&for=actions"),
              find("lib*", "&page=5"), find("lib*", "&for=actions&page=10")]
    return pages


def computed(depot: Depot) -> float:
    """Milliseconds of its only worker so far."""
    worker = depot.workers()[0]
    return sum(int(task.read_text().split()[0])
               for task in Path(f"/proc/{worker}/task").glob("*/schedstat")) / 1e6


def take(depot: Depot, page: Page) -> float:
    """The milliseconds of one request."""
    before = computed(depot)
    depot.get(page.path)
    return computed(depot) - before


def measure(depot: Depot, corpus: Path) -> None:
    """The table."""
    print(f"  {'':<54}{'first':>8}{'later':>8}")
    for page in kinds(corpus):
        fresh = []
        for _ in range(FRESH):
            depot.renew_workers()
            fresh.append(take(depot, page))
        later = statistics.median(take(depot, page) for _ in range(REPEATED))
        report.first_and_later(page.name, statistics.median(fresh), later, BAR)
