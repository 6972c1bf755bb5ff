"""A disk that is really full: a small file system in memory."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from crash import PAIR, check, check_visible, fmri, listed
from publication import Script
from publisher import Publisher
from repositories import Package, create, publish
from test_publish import make_token, tool

SIZE = 4 << 20
BLOCK = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of SIZE bytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(place)],
                             check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a file system is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def free_bytes(disk: Path) -> int:
    """What is left."""
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def fill(disk: Path, left: int) -> Path:
    """A file that leaves only so many bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free_bytes(disk) - left, 1))
    return filler


def test_full_disk(disk: Path, tmp_path: Path) -> None:
    """Whatever the last block is needed for, the publisher is told, and then everything works."""
    repository = create(disk / "repository", "demo")
    publish(repository, tmp_path / "scratch",
            [Package(fmri(name), {f"etc/{name}": b"x"}) for name in PAIR])
    token = make_token(repository, "build", "publish,commit,activate")
    publisher = Publisher(repository, tmp_path / "endpoint", options=("-w", "0", "-t", "2"))
    refused: set[str] = set()
    published: set[str] = set()
    try:
        for blocks in range(0, 60, 3):
            script = Script(tool(publisher, token), f"-{blocks}")
            filler = fill(disk, blocks * BLOCK)
            for step in script.steps():
                reply = step.act()
                if reply.status == 200:
                    continue
                assert reply.status == 400, (step.name, reply.status, reply.message())
                assert "No space left on device" in str(reply.message())
                refused.add(step.name.split()[0])
                filler.unlink(missing_ok=True)
                again = step.act()
                assert again.status == 200, (step.name, again.status, again.message())
            filler.unlink(missing_ok=True)
            published |= script.packages
            check_visible(listed(script.tool), published | PAIR)
        assert publisher.worker.poll() is None
        check(repository)
    finally:
        publisher.stop()
    assert len(refused) > 1, f"only {refused} met the full disk"
