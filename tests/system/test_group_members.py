"""Members of a group that stop, fall behind, come late or come back, and etcd without a quorum."""
from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

import judge
from balancer import CAREFUL
from builds import PUBLISHER
from etcd import EtcdCluster
from fleet import Fleet
from group import NAME, Group
from waiting import eventually

TTL = 3
ATTRS = f"/{PUBLISHER}/catalog/1/catalog.attrs"


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[EtcdCluster]:
    with EtcdCluster(tmp_path / "etcd") as cluster:
        yield cluster


@pytest.fixture
def group(tmp_path: Path, etcd: EtcdCluster) -> Iterator[Group]:
    with Group(tmp_path / "group", etcd, members=3, way=CAREFUL, ttl=TTL) as running:
        yield running


@contextmanager
def clients(tmp_path: Path, group: Group) -> Iterator[Fleet]:
    """Eight of them, who must not see anything but dead members, and those only now and then."""
    with Fleet(tmp_path / "fleet", group.balancer.address, clients=8) as fleet:
        fleet.more()
        yield fleet
        fleet.more(2)
    records = fleet.records()
    breaches = judge.judge(records, group.history(), judge.DEAD_MEMBERS)
    assert not breaches, judge.summary(records, breaches)


def failures(fleet: Fleet) -> list[str]:
    return [record.failed for record in fleet.records() if record.failed]


def test_a_member_that_never_confirms(tmp_path: Path, group: Group) -> None:
    """Everything stays where it was, and the rollout says why."""
    with clients(tmp_path, group) as fleet:
        number = group.publish_build()
        silent = group.members[1]
        silent.agent.pause()
        switched, text = group.rollout(number)
        assert not switched and silent.name in text, text
        group.wait_serving_by(group.first, [0, 2])
        silent.agent.resume()
        group.wait_whole()
        group.wait_serving(group.first)
        # Nothing of it is left in the way of the next attempt.
        group.switch(number)
        group.wait_serving(number)
    assert not failures(fleet)


def test_a_member_without_its_agent(tmp_path: Path, group: Group) -> None:
    """It answers nothing that can change, but manifests and payloads; the others go on without."""
    with clients(tmp_path, group) as fleet:
        lost = group.members[2]
        lost.agent.kill()
        eventually(lambda: lost.health() == 503, "it has left the group")
        reply = lost.get(ATTRS)
        assert reply.status == 504 and reply.get("Cache-Control") == "no-store"
        number = group.publish_build()
        eventually(lambda: group.rollout(number)[0], "the others are switched", 60)
        group.wait_serving_by(number, [0, 1])
        assert lost.get(ATTRS).status == 504
        assert lost.get("/versions/0/").status == 200
        # It comes back only with what the others have.
        lost.agent.start()
        group.wait_whole()
        group.wait_serving(number)
    assert not failures(fleet)


def test_a_member_that_comes_late(tmp_path: Path, group: Group) -> None:
    """With what was current long ago."""
    late = group.add_member()
    numbers = [group.publish_build() for _ in range(2)]
    for number in numbers:
        group.switch(number)
    with clients(tmp_path, group):
        late.start_depot()
        assert late.health() == 503 and late.get(ATTRS).status == 504
        late.agent.start()
        group.wait_whole()
        group.wait_serving(numbers[-1])
        number = group.publish_build()
        group.switch(number)
        group.wait_serving(number)


def test_a_member_that_leaves(tmp_path: Path, group: Group) -> None:
    """In order: its agent is stopped, and nobody waits for it."""
    with clients(tmp_path, group) as fleet:
        gone = group.members[0]
        assert gone.agent.stop() == 0
        assert gone.health() == 503
        number = group.publish_build()
        begin = time.monotonic()
        group.switch(number)
        assert time.monotonic() - begin < 15
        group.wait_serving_by(number, [1, 2])
        gone.agent.start()
        group.wait_serving(number)
    assert not failures(fleet)


def test_everything_restarts(tmp_path: Path, group: Group) -> None:
    """All agents at once, then all depots: nobody needs to be told what is current."""
    number = group.publish_build()
    group.switch(number)
    for member in group.members:
        member.agent.kill()
    for member in group.members:
        member.stop_depot()
        member.start_depot()
        member.agent.start()
    group.wait_whole()
    group.wait_serving(number)
    with clients(tmp_path, group):
        number = group.publish_build()
        group.switch(number)


def test_etcd_without_a_quorum(tmp_path: Path, group: Group, etcd: EtcdCluster) -> None:
    """The group goes on with what is current, for longer than any lease, and cannot be switched."""
    with clients(tmp_path, group) as fleet:
        number = group.publish_build()
        etcd.kill(0)
        etcd.kill(1)
        deadline = time.monotonic() + 4 * TTL
        while time.monotonic() < deadline:
            assert [member.health() for member in group.members] == [200] * 3
            time.sleep(0.1)
        switched, text = group.rollout(number)
        assert not switched, text
        group.wait_serving(group.first)
        etcd.restart(0)
        etcd.restart(1)
        etcd.wait_healthy()
        eventually(lambda: group.rollout(number)[0], f"{NAME} can be switched again", 60)
        group.wait_serving(number)
    assert not failures(fleet)


def test_no_quorum_and_a_dead_member(group: Group, etcd: EtcdCluster) -> None:
    """Nobody can tell whether it is dead or serves, so nobody goes on alone; afterwards all do."""
    etcd.kill(0)
    etcd.kill(1)
    group.members[0].agent.kill()
    eventually(lambda: group.members[0].health() == 503, "it has left the group")
    etcd.restart(0)
    etcd.restart(1)
    etcd.wait_healthy()
    eventually(lambda: [m.health() for m in group.members[1:]] == [200] * 2, "the others serve", 60)
    group.members[0].agent.start()
    group.wait_whole()
    number = group.publish_build()
    group.switch(number)
    group.wait_serving(number)
