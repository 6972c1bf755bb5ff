"""A group under fire: whatever dies, pauses or is cut off, no client sees a mixture or goes back.

CHAOS_SECONDS: how long (make chaos: 600). CHAOS_SEED: what happened in a run that printed it.
"""
from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

import chaos
import judge
from background import Background
from balancer import CAREFUL
from etcd import EtcdCluster
from fleet import Fleet
from group import Group
from network import Network, NotPermitted

SECONDS = float(os.environ.get("CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1 << 30))
MEMBERS, ETCDS, ON_DISK = 4, 3, 0
DISK_BYTES = (48 + int(SECONDS)) << 20  # each build stays
TTL = 4
FINISH_LIMIT = 60.0


class Rollouts(Background):
    """Builds that roll over the group, one after the other, as far as they can."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._group = group
        self.done: dict[int, tuple[bool, str]] = {}  # metaset -> switched, what was said

    def _run(self, number: int) -> None:
        while not self._stop.is_set():
            build = self._group.publish_build()
            self.done[build] = self._group.rollout(build)
            print(f"rollout {build}: {self.done[build]}", flush=True)

    def switched(self) -> set[int]:
        """Those of which the command said so."""
        return {number for number, (switched, _) in self.done.items() if switched}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path | None]:
    """A small file system, or none where that is not permitted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none",
                              str(place)], check=False, capture_output=True)
    if mounted.returncode != 0:
        yield None
        return
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def network() -> Iterator[Network | None]:
    """Namespaces for the members, or none where that is not permitted."""
    try:
        made = Network(MEMBERS)
    except NotPermitted as reason:
        print(f"members are on loopback: {reason}")
        yield None
        return
    with made:
        yield made


def test_plans() -> None:
    """The same seed, the same plan; nothing happens twice to the same part at a time."""
    events = chaos.plan(7, 600, MEMBERS, ETCDS, ON_DISK, network=True)
    assert events == chaos.plan(7, 600, MEMBERS, ETCDS, ON_DISK, network=True)
    assert events != chaos.plan(8, 600, MEMBERS, ETCDS, ON_DISK, network=True)
    everything = {kind.name for kind in chaos.KINDS}
    assert {event.kind for event in events} == everything
    assert ({event.kind for event in chaos.plan(7, 600, MEMBERS, ETCDS)}
            == everything - {"full disk", "cut network"})
    assert all(event.at + event.lasts <= 600.001 for event in events)
    for first, second in zip(etcd := [e for e in events if "etcd" in e.kind], etcd[1:]):
        assert first.at + first.lasts <= second.at
    for event in events:
        under_way = {e.target for e in events
                     if "etcd" not in e.kind and e.at <= event.at < e.at + e.lasts}
        assert len(under_way) <= chaos.TROUBLED


def test_chaos(tmp_path: Path, disk: Path | None, network: Network | None) -> None:
    print(f"CHAOS_SEED={SEED} CHAOS_SECONDS={SECONDS:g}", flush=True)
    places = {ON_DISK: disk / "repository"} if disk else {}
    with EtcdCluster(tmp_path / "etcd", ETCDS) as etcd:
        with Group(tmp_path / "group", etcd, MEMBERS, CAREFUL, ttl=TTL, places=places,
                   network=network) as group:
            with Fleet(tmp_path / "fleet", group.balancer.address, seed=SEED) as fleet:
                fleet.more()
                with Rollouts(group) as rollouts:
                    chaos.Chaos(group, disk).run(chaos.plan(
                        SEED, SECONDS, MEMBERS, ETCDS, ON_DISK if disk else None, bool(network)))
                    etcd.wait_healthy()
                group.heal()
                last = group.publish_build()
                group.switch(last)
                group.wait_serving(last)
                fleet.more(2)
            known = group.history()
            check(fleet, rollouts, known, group.first, last)


def check(fleet: Fleet, rollouts: Rollouts, known: judge.History, first: int, last: int) -> None:
    """What must be true of the clients' records."""
    records = fleet.records()
    breaches = judge.judge(records, known, judge.DEAD_MEMBERS)
    seen = judge.seen(records, known)
    print(f"CHAOS_SEED={SEED}: {judge.summary(records, breaches)}; "
          f"{len(judge.forgiven(records, judge.DEAD_MEMBERS))} failures of dead members, rollouts: "
          f"{len(rollouts.switched())} of {len(rollouts.done)}, seen: {sorted(seen)}", flush=True)
    assert not breaches, f"CHAOS_SEED={SEED} {judge.summary(records, breaches)}"
    # Something happened at all.
    assert rollouts.switched() and last in seen
    # Whatever was aborted was never given to anybody.
    aborted = {number for number, (switched, text) in rollouts.done.items()
               if not switched and "abort" in text}
    assert not seen & aborted, f"CHAOS_SEED={SEED}: aborted but served: {seen & aborted}"
    assert seen <= {first, last} | set(rollouts.done)
