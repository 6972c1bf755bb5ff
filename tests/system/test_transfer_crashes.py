"""`metaset unbundle`, `metaset replicate` and `metaset export` are killed, or fail, at each system
call that changes something: what was there before is whole, nothing is half there, and doing it
again does it."""
from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from crash import check, memory  # noqa: F401
from depot import METASET, metaset
from faults import CHANGES, Faults
from test_bundle import grow, log
from test_crashes import MOST, STRIDE


class Site:
    """What metasets are added to: all of them to nothing, or 3 to 6 to 1 and 2. They come in a
    bundle, or from the repository that is their source."""

    def __init__(self, full: bool, way: str, source: Path, top: Path) -> None:
        self.way, self.source, self.bundle, self.path = (
            way, source, top / "bundle", top / "site" / "repository")
        self.start = top / "start"
        metaset("bundle", "-d", source, "--full", "2", top / "base")
        if not full:
            metaset("unbundle", "-d", self.start, top / "base")
        metaset("bundle", "-d", source, "0" if full else "2", "6", self.bundle)

    def renew(self) -> None:
        """As it was before."""
        shutil.rmtree(self.path.parent, ignore_errors=True)
        self.path.parent.mkdir()
        if self.start.exists():
            shutil.copytree(self.start, self.path, symlinks=True)

    def run(self, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Adds them."""
        # One thread: the calls have one order.
        how = [str(self.bundle)] if self.way == "unbundle" else [
            "--from", str(self.source), "--activate", "--threads", "1"]
        return subprocess.run([str(METASET), self.way, "-d", str(self.path), *how],
                              capture_output=True, check=False, text=True, env=environment,
                              timeout=120)

    def check_after(self, status: int) -> None:
        """Whatever happened: what there is is whole, and comes from there."""
        if self.path.exists():
            check(self.path)
            wanted = log(self.source)
            assert isinstance(wanted, list)
            mine = log(self.path)
            assert isinstance(mine, list) and status != 0 or mine == wanted
            digests = {entry["number"]: entry["digest"] for entry in wanted}
            assert all(digests[entry["number"]] == entry["digest"] for entry in mine)
        else:
            assert status != 0
        again = self.run(dict(os.environ))
        assert again.returncode in (0, 4), again.stderr
        assert log(self.path) == log(self.source)
        check(self.path)


Arm = Callable[[Faults, int], None]
HOW: dict[str, Arm] = {
    "killed": lambda faults, number: faults.kill_at(number, torn=True),
    "full": lambda faults, number: faults.fail_at(number, errno.ENOSPC, CHANGES, True),
}


@pytest.mark.long
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("full", [True, False], ids=["new", "more"])
@pytest.mark.parametrize("way", ["unbundle", "replicate"])
def test_metasets(how: str, full: bool, way: str, small: Path, memory: Path,  # noqa: F811
                  tmp_path: Path) -> None:
    top = memory / f"{way}-{how}-{full}"
    top.mkdir()
    grow(small, tmp_path)
    site = Site(full, way, small, top)
    faults = Faults(tmp_path / "faults", site.path.parent)
    for number in range(1, MOST, 2 * STRIDE - 1):
        site.renew()
        HOW[how](faults, number)
        done = site.run(faults.environment())
        hit, last = faults.hit, faults.last
        faults.stop()
        try:
            assert done.returncode in (0, 1, 3, -signal.SIGKILL), done.stderr
            site.check_after(done.returncode)
        except AssertionError as error:
            raise AssertionError(f"{how} at call {number}, {last}") from error
        if not hit:
            return
    raise AssertionError("it does not end")


@pytest.mark.parametrize("how", HOW)
def test_export(how: str, small: Path, memory: Path, tmp_path: Path) -> None:  # noqa: F811
    top, target = memory / f"export-{how}", memory / f"export-{how}" / "target"
    top.mkdir()
    metaset("export", "-d", small, "2", tmp_path / "wanted")
    faults = Faults(tmp_path / "faults", top)
    for number in range(1, MOST, max(1, STRIDE // 3)):
        HOW[how](faults, number)
        done = subprocess.run([str(METASET), "export", "-d", str(small), "2", str(target)],
                              capture_output=True, check=False, text=True,
                              env=faults.environment(), timeout=120)
        hit = faults.hit
        faults.stop()
        assert target.exists() == (done.returncode == 0) or done.returncode == -signal.SIGKILL
        if target.exists():
            assert {path.relative_to(target): path.read_bytes()
                    for path in target.rglob("*") if path.is_file()} == {
                path.relative_to(tmp_path / "wanted"): path.read_bytes()
                for path in (tmp_path / "wanted").rglob("*") if path.is_file()}
        shutil.rmtree(target, ignore_errors=True)
        if not hit:
            assert done.returncode == 0, done.stderr
            return
    raise AssertionError("it does not end")
