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
from relay import DELAY, PASS
from waiting import eventually

# As in test_group_rollout.py.
pytestmark = pytest.mark.xdist_group("groups")

TTL = 3
PATIENT = 30  # a time to live that nothing here is longer than
READY = "saying ready"  # what an agent prints
ATTRS = f"/{PUBLISHER}/catalog/1/catalog.attrs"


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[EtcdCluster]:
    with EtcdCluster(tmp_path / "etcd") as cluster:
        yield cluster


@pytest.fixture
def group(tmp_path: Path, etcd: EtcdCluster) -> Iterator[Group]:
    with Group(tmp_path / "group", etcd, members=4, way=CAREFUL, ttl=TTL) as running:
        yield running


@contextmanager
def clients(tmp_path: Path, group: Group) -> Iterator[Fleet]:
    """Eight of them, who must not see anything but dead members, and those only now and then. They
    are not in a hurry, since most of the time nothing changes here."""
    with Fleet(tmp_path / "fleet", group.balancer.address, clients=8, pause=0.3) as fleet:
        fleet.more()
        yield fleet
        fleet.more(2)
    records = fleet.records()
    breaches = judge.judge(records, group.history(), judge.DEAD_MEMBERS)
    assert not breaches, judge.summary(records, breaches)


def failures(fleet: Fleet) -> list[str]:
    return [record.failed for record in fleet.records() if record.failed]


def test_a_member_that_is_never_ready(tmp_path: Path, etcd: EtcdCluster) -> None:
    """It lives, as far as the others can tell, but does not say that it has the metaset."""
    with Group(tmp_path / "group", etcd, members=3, way=CAREFUL, ttl=PATIENT) as group:
        with clients(tmp_path, group) as fleet:
            number = group.publish_build()
            silent = group.members[1]
            silent.agent.pause()
            switched, text = group.rollout(number, "--within", "2")
            assert not switched and silent.name in text, text
            silent.agent.resume()
            stayed(group, number)
        assert not failures(fleet)


def test_a_member_that_never_confirms_the_hold(tmp_path: Path, etcd: EtcdCluster) -> None:
    """It is paused between the two: after it was ready, and before another is, whose messages are
    slow."""
    with Group(tmp_path / "group", etcd, members=3, way=CAREFUL, ttl=PATIENT) as group:
        with clients(tmp_path, group) as fleet:
            number = group.publish_build()
            silent, slow = group.members[1:]
            said = silent.agent.text().count(READY)
            slow.relay.become(DELAY, 300)
            with group.command("start", number) as running:
                eventually(lambda: silent.agent.text().count(READY) > said, "it is ready")
                time.sleep(0.3)  # what it says gets through
                silent.agent.pause()
                text = running.communicate(timeout=60)[0]
                assert running.returncode != 0 and silent.name in text, text
            slow.relay.become(PASS)
            silent.agent.resume()
            stayed(group, number)
        assert not failures(fleet)


def stayed(group: Group, number: int) -> None:
    """After a rollout that was aborted: everything is where it was, and nothing is left in the way
    of the next attempt."""
    group.wait_whole()
    group.wait_serving(group.first)
    group.switch(number)
    group.wait_serving(number)


@pytest.mark.long
def test_members_that_were_away(tmp_path: Path, group: Group) -> None:
    """One whose agent is killed, one that leaves in order, one that comes late with what was
    current long ago: they answer nothing that can change, the others go on without them, and they
    are taken in only with what the others have."""
    late = group.add_member()
    with clients(tmp_path, group) as fleet:
        lost, left = group.members[2:4]
        lost.agent.kill()
        assert left.agent.stop() == 0
        late.start_depot()
        away = [lost, left, late]
        eventually(lambda: [member.health() for member in away] == [503] * 3, "they are away")
        assert failures(fleet) == []
        number = group.publish_build()
        group.switch(number)
        group.wait_serving_by(number, [0, 1])
        for member in away:
            reply = member.get(ATTRS)
            assert reply.status == 504 and reply.get("Cache-Control") == "no-store"
            assert member.get("/versions/0/").status == 200
        fleet.more(2)
        for member in away:
            member.agent.start()
        group.wait_whole()
        group.wait_serving(number)
        number = group.publish_build()
        group.switch(number)
        group.wait_serving(number)
    assert not failures(fleet)


@pytest.mark.long
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


@pytest.mark.long
def test_etcd_without_a_quorum(tmp_path: Path, group: Group, etcd: EtcdCluster) -> None:
    """The group goes on with what is current, for longer than any lease, and cannot be switched."""
    with clients(tmp_path, group) as fleet:
        number = group.publish_build()
        etcd.kill(0)
        etcd.kill(1)
        deadline = time.monotonic() + 4 * TTL
        while time.monotonic() < deadline:
            assert [member.health() for member in group.members] == [200] * 4
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
    eventually(lambda: [m.health() for m in group.members[1:]] == [200] * 3, "the others serve", 60)
    group.members[0].agent.start()
    group.wait_whole()
    number = group.publish_build()
    group.switch(number)
    group.wait_serving(number)
