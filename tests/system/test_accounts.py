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
