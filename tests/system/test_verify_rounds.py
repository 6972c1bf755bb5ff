"""metaset verify a part at a time: --resume, --for, --rate."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import damage
from depot import METASET, metaset
from repositories import Package, commit, create, publish
from waiting import eventually

COUNT = 40
SIZE = 20_000  # bytes that do not compress


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = create(tmp_path / "repository", "demo")
    files = {f"data/{number}": os.urandom(SIZE) for number in range(COUNT)}
    publish(top, tmp_path / "scratch",
            [Package("pkg://demo/data@1.0,5.11-1:20240501T100000Z", files)])
    commit(top)
    return top


def verify(repository: Path, *options: str, status: int = 0) -> dict[str, object]:
    done = metaset("verify", "-d", repository, "--json", *options, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def state(repository: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((repository / "verify/state").read_text())
    return found


def test_a_run_that_was_killed_is_gone_on_with(repository: Path) -> None:
    # Slow enough to be killed in the middle, after the state was kept at least once.
    process = subprocess.Popen([str(METASET), "verify", "-d", str(repository), "--resume",
                                "--rate", "60K", "--threads", "2"], stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: (repository / "verify/state").exists() and "next" in state(repository),
                   "it has come somewhere")
        busy = metaset("verify", "-d", repository, "--resume", check=False)
        assert busy.returncode == 1 and "already" in busy.stderr
        assert metaset("verify", "-d", repository).returncode == 0
        nice = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[16]
        assert nice == "19"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    rest = verify(repository, "--resume")
    round_ = rest["round"]
    assert round_["complete"] and round_["checked"] == COUNT  # type: ignore[index]
    assert 0 < rest["payloads"] < COUNT  # type: ignore[operator]
    assert "next" not in state(repository)


def test_a_limited_rate_and_time(repository: Path) -> None:
    begin = time.monotonic()
    part = verify(repository, "--for", "1s", "--rate", "200K")
    seconds = time.monotonic() - begin
    assert 1 <= seconds < 20
    # A second's worth, and what was begun by then.
    assert 1 <= part["payloads"] < COUNT * 3 // 4  # type: ignore[operator]
    assert not part["round"]["complete"]  # type: ignore[index]
    text = metaset("verify", "-d", repository, "--for", "0s").stdout
    assert "of 40 are checked" in text and "no complete round yet" in text
    rest = verify(repository, "--resume")
    assert rest["round"]["complete"]  # type: ignore[index]
    again = verify(repository, "--for", "0s")
    assert again["round"]["last-complete-ended"]  # type: ignore[index]
    assert again["payloads"] == 1


def test_damage_is_not_forgotten(repository: Path) -> None:
    names = sorted(path.name for path in repository.glob("file/??/*"))
    damage.flip(damage.payload(repository, names[0]))
    first = verify(repository, "--for", "0s", "--threads", "1", status=3)
    assert [one["what"] for one in first["damage"]] == [names[0]]  # type: ignore[attr-defined]
    second = verify(repository, "--for", "0s", "--threads", "1", status=3)
    assert second["damage"] == []
    assert second["round"]["known-damaged"] == 1  # type: ignore[index]
    last = verify(repository, "--resume", status=3)
    assert [one["what"] for one in last["damage"]] == [names[0]]  # type: ignore[attr-defined]
    damage.flip(damage.payload(repository, names[0]))  # and back
    assert verify(repository, "--resume")["damage"] == []


@pytest.mark.parametrize("options", [["--rate", "0"], ["--rate", "x"], ["--for", "5"],
                                     ["--for", "-1s"], ["--rate", "1M", "--no-payload-content"],
                                     ["--resume", "--no-payload-content"]])
def test_bad_options(repository: Path, options: list[str]) -> None:
    refused = metaset("verify", "-d", repository, *options, check=False)
    assert refused.returncode == 2 and options[0] in refused.stderr
    assert not (repository / "verify").exists()
