"""Workers that are renewed, crash or are killed while clients ask: no request is lost."""
from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import processes
from depot import Depot, StartDepot
from load import Load
from waiting import eventually

# No cached answers and no payloads: each of these is answered by a worker.
PATHS = ["/fruit/catalog/1/catalog.attrs", "/fruit/info/0/apple@1.9,5.11-1:20240501T104007Z",
         "/fruit/catalog/1/catalog.base.C", "/publisher/0",
         "/fruit/manifest/0/basket@3.1,5.11-1:20240501T130514Z"]
FRESH = {"Cache-Control": "no-cache"}


@pytest.fixture
def depot(imported: dict[str, Path], start: StartDepot) -> Depot:
    return start(imported["utf8"], "--workers", "2", "--threads", "2")


@pytest.mark.parametrize("whom", ["metaset", "metaset-serve"])
def test_reload_under_load(depot: Depot, whom: str) -> None:
    with Load(depot, PATHS, fields=FRESH) as load:
        for _ in range(5):
            load.more(50)
            depot.renew(depot.pid if whom == "metaset" else depot.master())
        load.more(50)
    assert load.broken == []
    assert set(load.statuses) == {200}, depot.log()


def test_killed_workers_under_load(depot: Depot) -> None:
    with Load(depot, PATHS, fields=FRESH) as load:
        for turn in range(5):
            load.more(50)
            victim = depot.workers()[turn % 2]
            os.kill(victim, signal.SIGKILL)
            eventually(lambda: len(depot.workers()) == 2 and victim not in depot.workers(),
                       "the worker was replaced")
        load.more(50)
    assert load.broken == []
    # A request that was being answered may be lost; then clients try again after 502.
    assert set(load.statuses) <= {200, 502}
    assert load.statuses[502] <= 2


def test_killed_master_under_load(depot: Depot) -> None:
    """The supervisor starts it again; the socket and what waits in it stay."""
    with Load(depot, PATHS, fields=FRESH) as load:
        load.more(50)
        old = depot.master()
        workers = depot.workers()
        os.kill(old, signal.SIGKILL)
        eventually(lambda: not any(map(processes.is_running, [old, *workers])), "they are gone")
        eventually(lambda: len(processes.children(depot.pid)) == 2 and len(depot.workers()) == 2,
                   "new ones are there")
        load.more(50)
    assert load.broken == []
    assert set(load.statuses) <= {200, 502}
    assert load.statuses[502] <= 2
    assert "starting it again" in depot.log()


def test_a_crash_of_all_workers_at_once(depot: Depot) -> None:
    old = depot.workers()
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    assert depot.get("/versions/0").status in (200, 502)
    eventually(lambda: len(depot.workers()) == 2 and not set(old) & set(depot.workers()),
               "all were replaced")
    assert depot.get("/versions/0").status == 200
    assert f"worker {old[0]} ended (signal 9)" in depot.log()


def test_logs_are_opened_again(start: StartDepot, small: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    depot = start(small, "--access-log", str(log))
    workers = depot.workers()
    log.rename(tmp_path / "old.log")
    depot.process.send_signal(signal.SIGUSR1)
    eventually(log.exists, "there is a new log")
    assert depot.get("/versions/0").status == 200
    assert depot.workers() == workers
