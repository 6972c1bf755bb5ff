"""Who owns what: root serves a repository of somebody else, and metaset-serve is another user."""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

import processes
from depot import METASET, METASET_SERVE, STOP_LIMIT, Depot, metaset
from fastcgi import Client
from publisher import Tool
from repositories import Package
from waiting import eventually, listens

OWNER = 65534  # nobody
SERVER = 65533
BASE = "/demo/catalog/1/catalog.base.C"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def public(small: Path) -> Iterator[Path]:
    """A directory that everybody can enter, with a repository that nobody owns."""
    top = Path(tempfile.mkdtemp(prefix="metaset-test-"))
    top.chmod(0o755)
    repository = top / "repository"
    shutil.copytree(small, repository, symlinks=True)
    shutil.rmtree(repository / "catalog")
    (repository / "catalog").mkdir()
    for path in [repository, *repository.rglob("*")]:
        os.lchown(path, OWNER, OWNER)
    yield top
    shutil.rmtree(top)


def test_the_owner_of_the_repository_serves_it(public: Path) -> None:
    repository = public / "repository"
    with Depot(repository, public / "depot") as depot:
        assert depot.get("/demo/catalog/1/catalog.base.C").status == 200
        payload = next(repository.glob("file/??/*")).name
        assert depot.get(f"/demo/file/1/{payload}").status == 200
        for pid in processes.descendants(depot.pid):
            assert Path(f"/proc/{pid}").stat().st_uid == OWNER, processes.name_of(pid)
    made = list((repository / "catalog").rglob("*"))
    assert made, "catalog files were written"
    assert {path.lstat().st_uid for path in made} == {OWNER}
    assert metaset("log", "-d", repository).returncode == 0


def test_the_owner_of_the_repository_publishes(public: Path) -> None:
    """What root would write there, the owner could not read or remove later."""
    repository = public / "repository"
    metaset("grant", "add", "anonymous", "publish,commit,activate", "-d", repository)
    with Depot(repository, public / "depot", "--publish-port", "0",
               "--publish-anonymous") as depot:
        tool = Tool(depot.publishing())
        content = b"second\n" * 100_000  # more than nginx keeps in memory
        transaction = tool.begin("pkg://demo/second@1.0,5.11:20240601T080000Z")
        sent = tool.ask("POST", f"add/0/{transaction}/file", content,
                        X_IPkg_SetAttr0="path=etc/second", X_IPkg_SetAttr1="owner=root",
                        X_IPkg_SetAttr2="group=bin", X_IPkg_SetAttr3="mode=0644")
        assert sent.status == 200, sent.message()
        assert tool.close(transaction).status == 200
        assert b'"second"' in depot.get("/demo/catalog/1/catalog.base.C").body
        for pid in processes.descendants(depot.pid):
            assert Path(f"/proc/{pid}").stat().st_uid == OWNER, processes.name_of(pid)
    everything = [repository, *repository.rglob("*")]
    assert {path.lstat().st_uid for path in everything} == {OWNER}


def share(repository: Path) -> None:
    """What metaset-serve(8) says about a metaset-serve with a user of its own."""
    lock, catalog = repository / "committed/lock.mdb", repository / "catalog"
    for path in (lock, catalog):
        os.chown(path, OWNER, SERVER)
    lock.chmod(0o664)
    catalog.chmod(0o2775)


def commit_as_owner(repository: Path, scratch: Path, version: int) -> None:
    package = Package(f"pkg://demo/first@{version}.0,5.11-1:20240501T100000Z", {"etc/x": b"x"})
    manifest = package.write(scratch)
    for command in (["publish", "-d", str(scratch / "root"), "--keep-timestamp", str(manifest)],
                    ["commit"]):
        subprocess.run([str(METASET), *command], check=True, user=OWNER, group=OWNER,
                       extra_groups=[], env={**os.environ, "METASET_ROOT": str(repository)})


@pytest.fixture
def other_user(public: Path) -> Iterator[Path]:
    """metaset-serve as somebody who owns nothing; the socket."""
    directory = public / "run"
    directory.mkdir()
    os.chown(directory, SERVER, SERVER)
    with subprocess.Popen([str(METASET_SERVE), "-s", str(directory / "socket"), "-w", "1"],
                          user=SERVER, group=SERVER, extra_groups=[]) as server:
        eventually(lambda: listens(directory / "socket"), "metaset-serve listens")
        yield directory / "socket"
        server.terminate()
        server.wait(STOP_LIMIT)


def outside(repository: Path) -> dict[Path, tuple[int, int, int]]:
    """Everything that metaset-serve has no business with."""
    return {path: (path.lstat().st_mtime_ns, path.lstat().st_size, path.lstat().st_mode)
            for path in repository.rglob("*")
            if path.relative_to(repository).parts[0] != "catalog" and path.name != "lock.mdb"}


def test_a_user_who_may_write_the_lock_and_the_catalogs(public: Path, other_user: Path) -> None:
    repository = public / "repository"
    share(repository)
    before = outside(repository)
    with Client(other_user) as client:
        assert client.ask(repository, BASE).status == 200
        made = list((repository / "catalog").rglob("*"))
        assert made and {path.lstat().st_uid for path in made} == {SERVER}
        assert outside(repository) == before
        # Both write there, in turns, into what the other one has made.
        for version in range(2, 6):
            commit_as_owner(repository, public / "scratch", version)
            reply = client.ask(repository, BASE)
            assert reply.status == 200 and b'"%d.0,' % version in reply.body
            for path in (repository / "catalog").glob("??/*"):
                path.unlink()
            assert client.ask(repository, BASE).body == reply.body
    owners = {path.lstat().st_uid for path in (repository / "catalog").rglob("*")}
    assert owners == {OWNER, SERVER}


def test_a_user_who_may_write_the_lock_only(public: Path, other_user: Path) -> None:
    repository = public / "repository"
    share(repository)
    os.chown(repository / "catalog", OWNER, OWNER)
    commit_as_owner(repository, public / "scratch", 2)
    before = outside(repository)
    with Client(other_user) as client:
        expected = client.ask(repository, BASE).body
        assert b'"2.0,' in expected
        for path in (repository / "catalog").glob("??/*"):
            path.unlink()
        assert client.ask(repository, BASE).body == expected
    # What others made stands in the way of nobody.
    (repository / "catalog").chmod(0o777)
    for path in (repository / "catalog").iterdir():
        path.chmod(0o755 if path.is_dir() else 0o600)
    with Client(other_user) as client:
        assert client.ask(repository, BASE).body == expected
    assert outside(repository) == before
    assert not list((repository / "catalog").glob("??/*"))
