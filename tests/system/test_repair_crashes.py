"""metaset repair is killed at, or fails, system calls that change something: it makes nothing
worse, and the next one mends the rest."""
from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import damage
from crash import Template, check, grow_old, leftovers, memory, template  # noqa: F401
from depot import METASET, STOP_LIMIT, metaset
from faults import CHANGES, Faults

STRIDE = int(os.environ.get("METASET_CRASH_STRIDE", "2"))
MOST = 2000


class Damaged:
    """A repository in which a manifest is missing, a payload is broken and another one is gone."""

    def __init__(self, template: Template, top: Path) -> None:
        self.whole, self.path = top / "whole", top / "damaged"
        for path in (self.whole, self.path):
            template.copy_to(path)
        names = sorted(path.name for path in self.path.glob("file/??/*"))
        linked = [name for name in names if damage.payload(self.path, name, "demo").exists()]
        broken, gone = linked[:2]
        # As they are in a repository: the copy has made files of the links.
        damage.payload(self.path, broken, "demo").unlink()
        os.link(damage.payload(self.path, broken), damage.payload(self.path, broken, "demo"))
        damage.flip(damage.payload(self.path, broken))
        damage.payload(self.path, gone).unlink()
        damage.payload(self.path, gone, "demo").unlink()
        seen: list[str] = []

        def edit(key: str, value: str) -> str | None:
            seen.append(key)
            return None if len(seen) == 1 else value
        damage.edit_manifests(self.path, edit)
        self.names = {broken, gone}
        self.found = self.things(self.path)
        assert len(self.found) == 3, self.found

    @staticmethod
    def things(repository: Path) -> set[str]:
        """What is damaged."""
        report = json.loads(metaset("verify", "-d", repository, "--json", check=False).stdout)
        return {one["what"] for one in report["damage"]}

    def check_not_worse(self, repository: Path) -> None:
        """Nothing else is damaged; but the link of a payload may not be made yet."""
        links = {f"{name} of demo" for name in self.names}
        assert self.things(repository) <= self.found | links


@pytest.fixture
def damaged(template: Template, memory: Path) -> Damaged:  # noqa: F811
    return Damaged(template, memory)


def repair(repository: Path, source: Path,
           environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(METASET), "repair", "-d", str(repository), "--from", str(source)],
                          capture_output=True, check=False, env=environment, timeout=STOP_LIMIT)


def check_cleaned(repository: Path) -> None:
    """The next commit removes what was left."""
    left = leftovers(repository)
    if left:
        grow_old(left)
        metaset("commit", "-d", repository)
        assert not leftovers(repository)


def walk(damaged: Damaged, memory: Path, tmp_path: Path, hit: str) -> None:  # noqa: F811
    """Hits one call after the other, until there are no more."""
    repository = memory / "repository"
    faults = Faults(tmp_path / "faults", repository)
    for number in range(1, MOST, STRIDE):
        shutil.rmtree(repository, ignore_errors=True)
        subprocess.run(["cp", "-a", str(damaged.path), str(repository)], check=True)
        if hit == "kill":
            faults.kill_at(number, torn=True)
        else:
            faults.fail_at(number, errno.ENOSPC, CHANGES, lasting=True)
        done = repair(repository, damaged.whole, faults.environment())
        last, was_hit = faults.last, faults.hit
        faults.stop()
        try:
            damaged.check_not_worse(repository)
            assert was_hit or done.returncode == 0, done
            again = repair(repository, damaged.whole, dict(os.environ))
            assert again.returncode == 0, again
            check(repository)
            check_cleaned(repository)
        except AssertionError as error:
            raise AssertionError(f"{hit} at call {number}, {last}") from error
        if not was_hit:
            return
    raise AssertionError("the command does not end")


@pytest.mark.long
def test_killed(damaged: Damaged, memory: Path, tmp_path: Path) -> None:  # noqa: F811
    walk(damaged, memory, tmp_path, "kill")


def test_a_full_disk(damaged: Damaged, memory: Path, tmp_path: Path) -> None:  # noqa: F811
    walk(damaged, memory, tmp_path, "fail")
