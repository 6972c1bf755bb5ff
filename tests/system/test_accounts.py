"""root serves a repository of somebody else: as that user, so that files keep their owner."""
from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

import processes
from depot import Depot, metaset
from publisher import Tool

OWNER = 65534  # nobody

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
