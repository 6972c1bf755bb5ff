"""Metasets of the past as origins: /metaset/NUMBER/ and /metaset/TIME/."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from depot import Depot, StartDepot, metaset
from repositories import create


def publish(repository: Path, directory: Path, name: str, version: str) -> None:
    """Commits one package."""
    manifest = directory / "m.p5m"
    manifest.write_text(f"set name=pkg.fmri value={name}@{version},5.11:20240601T080000Z\n"
                        f"set name=pkg.summary value=\"{name} {version}\"\n"
                        "depend type=require fmri=base@1\n")
    metaset("publish", "-d", repository, manifest)
    metaset("commit", "-d", repository, "--warn", "dependencies", "-m", version)


def everything(depot: Depot, origin: str) -> dict[str, bytes]:
    """All catalog files and what else depends on the view."""
    attrs = depot.get(f"{origin}demo/catalog/1/catalog.attrs").decoded()
    names = json.loads(attrs)
    paths = [f"demo/catalog/1/{name}" for name in (*names["parts"], *names["updates"])]
    paths += ["publisher/0/", "demo/catalog/0/", "p5i/0/*"]
    found = {"attrs": attrs}
    for path in paths:
        reply = depot.get(origin + path)
        found[path] = b"%d " % reply.status + reply.decoded()
    return found


@pytest.fixture
def history(tmp_path: Path, start: StartDepot) -> tuple[Depot, dict[int, dict[str, bytes]]]:
    """A depot after six commits, and what it served while each was the active one."""
    repository = create(tmp_path / "repository", "demo")
    depot = start(repository)
    seen = {}
    for number in range(1, 7):
        publish(repository, tmp_path, f"part{number % 3}", f"1.{number}")
        record = json.loads(metaset("status", "-d", repository, "--json").stdout)
        seen[record["active"]["number"]] = everything(depot, "/")
    return depot, seen


def test_every_metaset_is_served_as_it_was(
        history: tuple[Depot, dict[int, dict[str, bytes]]]) -> None:
    depot, seen = history
    assert len(seen) == 6
    for file in (depot.repository / "catalog").glob("??/*"):
        file.unlink()  # they are rebuilt, the same
    for number, expected in seen.items():
        assert everything(depot, f"/metaset/{number}/") == expected
        records = json.loads(metaset("show", str(number), "-d", depot.repository,
                                     "--json").stdout)
        assert everything(depot, f"/metaset/{records['time']}/") == expected
    attrs = depot.get("/metaset/3/demo/catalog/1/catalog.attrs")
    assert "max-age=31536000" in str(attrs.get("Cache-Control"))
    assert depot.get("/demo/catalog/1/catalog.attrs").get("Cache-Control") == "no-cache"


def test_names_of_metasets(history: tuple[Depot, dict[int, dict[str, bytes]]]) -> None:
    depot, seen = history
    newest = everything(depot, "/")
    assert everything(depot, "/metaset/2999-01-01T00:00:00Z/") == newest
    assert everything(depot, "/metaset/29990101T000000Z/") == newest
    far = depot.get("/metaset/2999-01-01T00:00:00Z/demo/catalog/1/catalog.attrs")
    assert far.get("Cache-Control") == "no-cache"
    for name, status in {"0": 404, "99": 404, "20010101T000000Z": 404, "yesterday": 400,
                         "-1": 400, "1e3": 400, "99999999999999999999999": 400}.items():
        assert depot.get(f"/metaset/{name}/publisher/0/").status == status, name
    base = json.loads(seen[2]["demo/catalog/1/catalog.base.C"].removeprefix(b"200 "))
    version = base["demo"]["part1"][0]["version"]
    assert depot.get(f"/metaset/2/demo/manifest/0/part1@{version}").status == 200
    assert depot.get("/metaset/2/open/0/x@1").status in (400, 404)
