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
    for name, status in {"0": 404, "99": 404, "20010101T000000Z": 404, "yesterday": 404,
                         "-1": 400, "1e3": 400, "99999999999999999999999": 400}.items():
        assert depot.get(f"/metaset/{name}/publisher/0/").status == status, name
    base = json.loads(seen[2]["demo/catalog/1/catalog.base.C"].removeprefix(b"200 "))
    version = base["demo"]["part1"][0]["version"]
    assert depot.get(f"/metaset/2/demo/manifest/0/part1@{version}").status == 200
    assert depot.get("/metaset/2/open/0/x@1").status in (400, 404)


def test_tags_name_metasets(history: tuple[Depot, dict[int, dict[str, bytes]]]) -> None:
    depot, seen = history
    repository = depot.repository
    metaset("tag", "-d", repository, "3", "r1.2")
    assert everything(depot, "/metaset/r1.2/") == seen[3]
    # It can be moved, so it is not kept for a year.
    attrs = depot.get("/metaset/r1.2/demo/catalog/1/catalog.attrs")
    assert attrs.get("Cache-Control") == "no-cache"
    refused = metaset("tag", "-d", repository, "4", "r1.2", check=False)
    assert refused.returncode == 1 and "metaset 3 has the tag r1.2" in refused.stderr
    metaset("tag", "-d", repository, "--move", "4", "r1.2")
    assert everything(depot, "/metaset/r1.2/") == seen[4]
    assert metaset("tag", "-d", repository, "4", "r1.2", check=False).returncode == 4
    assert "[r1.2]" in metaset("log", "-d", repository).stdout
    assert json.loads(metaset("show", "-d", repository, "r1.2", "--json").stdout)["tags"] == [
        "r1.2"]
    tags = json.loads(metaset("tag", "-d", repository, "--json").stdout)
    assert [(tag["name"], tag["metaset"]) for tag in tags] == [("r1.2", 4)]
    assert depot.get("/api/1/tag").json() == tags
    assert "part1" in metaset("list", "-d", repository, "--metaset", "r1.2").stdout
    metaset("untag", "-d", repository, "r1.2")
    assert depot.get("/metaset/r1.2/publisher/0/").status == 404
    gone = metaset("untag", "-d", repository, "r1.2", check=False)
    assert gone.returncode == 1 and "no metaset has the tag r1.2" in gone.stderr
    for bad in ("1.2", "-x", "a/b", "a b", "", "x" * 65):
        assert metaset("tag", "-d", repository, "--", "4", bad, check=False).returncode != 0, bad
    audit = metaset("audit", "-d", repository).stdout
    assert " tag " in audit and "r1.2 metaset 4" in audit and " untag " in audit


def numbers(depot: Depot, path: str) -> list[int]:
    """The metasets of a list, page by page."""
    found: list[int] = []
    while path:
        page = depot.get(path).json()
        assert page["active"] == page["latest"] == 7
        found += [item["number"] for item in page["metasets"]]
        path = page["next"]
    return found


def test_the_list_of_metasets(history: tuple[Depot, dict[int, dict[str, bytes]]]) -> None:
    depot, _ = history
    everyone = list(range(7, 0, -1))
    for path in ("/metaset/", "/metaset", "/metaset/?limit=2", "/metaset/?limit=7",
                 "/api/1/metaset?limit=3", "/metaset/?limit=1000"):
        assert numbers(depot, path) == everyone, path
    assert numbers(depot, "/metaset/?before=4") == [3, 2, 1]
    assert depot.get("/metaset/?limit=2").json()["next"] == "/metaset/?before=6&limit=2"
    for bad in ("limit=0", "limit=1001", "limit=x", "before=0", "before=-1", "limit="):
        assert depot.get(f"/metaset/?{bad}").status == 400, bad
    shown = json.loads(metaset("show", "-d", depot.repository, "5", "--json").stdout)
    del shown["operations"]
    assert depot.get("/api/1/metaset/5").json() == shown
    assert depot.get("/api/1/metaset/8").status == 404
    assert depot.get("/api/1/metaset/8").json()["error"]


def test_a_location_of_one_metaset(history: tuple[Depot, dict[int, dict[str, bytes]]],
                                   start: StartDepot) -> None:
    depot, seen = history
    metaset("tag", "-d", depot.repository, "5", "stable")
    for view in ("5", "stable", json.loads(
            metaset("show", "-d", depot.repository, "5", "--json").stdout)["time"]):
        pinned = start(depot.repository, "--view", view)
        assert everything(pinned, "/") == seen[5]
        # It is another one as soon as the configuration says so.
        attrs = pinned.get("/demo/catalog/1/catalog.attrs")
        assert attrs.get("Cache-Control") == "no-cache"
        for path in ("/metaset/3/publisher/0/", "/metaset/", "/api/1/metaset/3", "/api/1/tag"):
            assert pinned.get(path).status == 404, path
    wrong = metaset("serve", "-d", depot.repository, "-p", "0", "--view", "9", check=False)
    assert wrong.returncode == 1 and "no metaset 9" in wrong.stderr


def test_past_views_that_are_limited(history: tuple[Depot, dict[int, dict[str, bytes]]],
                                     start: StartDepot) -> None:
    depot, seen = history
    metaset("tag", "-d", depot.repository, "5", "stable")
    tagged = start(depot.repository, "--past-views", "tagged")
    assert everything(tagged, "/metaset/5/") == everything(tagged, "/metaset/stable/") == seen[5]
    assert tagged.get("/metaset/4/publisher/0/").status == 404
    assert tagged.get("/api/1/metaset/4").status == 404
    assert numbers(tagged, "/metaset/") == numbers(tagged, "/metaset/?limit=1") == [5]
    none = start(depot.repository, "--past-views", "none")
    for path in ("/metaset/5/publisher/0/", "/metaset/stable/publisher/0/", "/metaset/",
                 "/api/1/metaset/5"):
        assert none.get(path).status == 404, path
    assert everything(none, "/") == everything(depot, "/")
