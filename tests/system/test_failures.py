"""What clients see while something is missing: 502 or 504, after which they try again, never 500
or 503, which they take as final (http.md 2.2)."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from depot import METASET, Depot, StartDepot
from load import Load
from repositories import Package, commit, create, publish
from waiting import eventually

FMRI = "first@1.0,5.11-1:20240501T100000Z"
PATHS = ["/demo/catalog/1/catalog.attrs", "/demo/catalog/1/catalog.base.C",
         f"/demo/manifest/0/{FMRI}", "/publisher/0", "/demo/file/1/{payload}", "/versions/0"]
PAYLOAD = Package("x", {"f": b"first\n"}).payloads()[0]
RETRIED = {404, 408, 502, 504}
FRESH = {"Cache-Control": "no-cache"}


def paths() -> list[str]:
    return [path.format(payload=PAYLOAD) for path in PATHS]


def test_repository_moved_away_and_back(start: StartDepot, small: Path) -> None:
    depot = start(small)
    away = small.with_name("away")
    with Load(depot, paths(), fields=FRESH) as load:
        load.more(50)
        small.rename(away)
        load.more(200)
        depot.renew()  # new workers have nothing open
        load.more(200)
        missing = [depot.ask("GET", path, FRESH).status for path in paths()]
        away.rename(small)
        eventually(lambda: all(depot.ask("GET", path, FRESH).status == 200 for path in paths()),
                   "everything is there again")
        load.more(50)
    assert load.broken == []
    assert set(load.statuses) <= {200} | RETRIED
    assert 504 in missing
    assert set(missing) <= {200, 502, 504}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another repository, with a package more."""
    repository = create(tmp_path / "other", "demo")
    packages = [Package(f"pkg://demo/{FMRI}", {"etc/first": b"first\n"}),
                Package("pkg://demo/second@1.0,5.11-1:20240501T100000Z")]
    publish(repository, tmp_path / "other-scratch", packages)
    commit(repository)
    return repository


def test_repository_replaced(start: StartDepot, small: Path, other: Path) -> None:
    depot = start(small)
    with Load(depot, paths(), fields=FRESH) as load:
        load.more(50)
        small.rename(small.with_name("old"))
        other.rename(small)
        eventually(lambda: b"second" in depot.get("/demo/catalog/1/catalog.base.C").body,
                   "the new repository is served")
        load.more(50)
    assert load.broken == []
    assert set(load.statuses) <= {200} | RETRIED


def test_large_file_that_is_gone(start: StartDepot, large: Path, tmp_path: Path) -> None:
    """Between metaset-serve, which names it, and nginx, which sends it."""
    repository = tmp_path / "copy"
    shutil.copytree(large, repository, symlinks=True)
    depot = start(repository)
    path = "/demo/catalog/1/catalog.summary.C"
    assert depot.get(path).status == 200
    (repository / "catalog").rename(repository / "elsewhere")
    answers = {depot.get(path).status for _ in range(3)}
    assert answers <= {200, 504}
    (repository / "elsewhere").rename(repository / "catalog")
    assert depot.get(path).status == 200


def test_no_workers_at_all(start: StartDepot, small: Path) -> None:
    """Requests wait in the socket while the workers are stopped, and are answered then."""
    depot = start(small)
    depot.freeze()
    with depot.connect() as connection:
        connection.send("GET", "/versions/0")
        depot.thaw()
        assert connection.receive().status == 200


def test_damaged_repository_is_no_reason_to_end(start: StartDepot, small: Path) -> None:
    depot = start(small)
    workers = depot.workers()
    data = small / "committed" / "data.mdb"
    content = data.read_bytes()
    replaced = small / "committed" / "new.mdb"
    replaced.write_bytes(b"not a database" * 1000)
    (small / "committed" / "lock.mdb").rename(small / "committed" / "old.lock")
    replaced.rename(data)
    for path in paths():
        assert depot.ask("GET", path, FRESH).status in {200} | RETRIED, path
    replaced.write_bytes(content)
    replaced.rename(data)
    eventually(lambda: depot.get("/demo/catalog/1/catalog.attrs").status == 200, "it is repaired")
    assert depot.workers() == workers
    assert METASET.exists()
