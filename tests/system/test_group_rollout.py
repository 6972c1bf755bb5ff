"""Builds that roll over a group of depots while many clients refresh, fetch and verify.

METASET_ROLLOUTS: how many builds; make rollouts has 50. METASET_PKG: a stock pkg command that does
the same beside the simulated clients.
"""
from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

import judge
from background import Background
from balancer import CAREFUL, PLAIN, Balancer
from builds import PUBLISHER, Source, history
from depot import Depot, metaset
from etcd import EtcdCluster
from fleet import Fleet
from group import Group
from waiting import eventually

# Groups one after the other: they have many clients, who are not to wait for long.
pytestmark = pytest.mark.xdist_group("groups")

ROLLOUTS = int(os.environ.get("METASET_ROLLOUTS", "6"))
STOCK_PKG = os.environ.get("METASET_PKG", "")
CONTROL_BUILDS = 5
MEMBERS = 4
GAP = 0.3  # seconds between two members that are switched by hand


@pytest.mark.long
def test_without_agents_clients_fail(tmp_path: Path) -> None:
    """What the group is for. The same clients, in front of depots that are switched one by one:
    were nothing to go wrong here, the tests below would prove nothing."""
    source = Source(tmp_path / "source")
    last = source.publish_build()
    repositories = [source.copy_to(tmp_path / f"member{n}") for n in range(MEMBERS)]
    with ExitStack() as running:
        depots = [running.enter_context(Depot(repository, tmp_path / f"depot{n}", "--no-memory"))
                  for n, repository in enumerate(repositories)]
        balancer = running.enter_context(
            Balancer(tmp_path / "balancer", [depot.address for depot in depots]))
        fleet = running.enter_context(Fleet(tmp_path / "fleet", balancer.address))
        fleet.more()
        for _ in range(CONTROL_BUILDS):
            number = source.publish_build()
            bundle = source.bundle(last, number)
            for repository in repositories:
                metaset("unbundle", "-d", repository, "--no-activate", bundle)
            for repository in repositories:
                metaset("activate", "-d", repository, number)
                time.sleep(GAP)
            fleet.more()
            last = number
    records = fleet.records()
    with Depot(source.repository, tmp_path / "source-depot") as depot:
        known = history(depot, source)
    breaches = judge.judge(records, known)
    found = judge.count(breaches)
    print(judge.summary(records, breaches))
    # Neither the network nor a depot was to blame.
    assert not judge.forgiven(records, judge.DEAD_MEMBERS), judge.summary(records, breaches)
    assert not found[judge.UNKNOWN] and last in judge.seen(records, known)
    for kind in (judge.FAILURE, judge.MIXTURE, judge.BACK, judge.FULL, judge.LATE):
        assert found[kind] > 0, judge.summary(records, breaches)


@pytest.mark.long
@pytest.mark.parametrize("way", [PLAIN, CAREFUL], ids=["plain", "careful"])
def test_rollouts(tmp_path: Path, way: str) -> None:
    """Build after build, and no client notices. With the plain balancer, whatever a member
    answers is what its client gets."""
    with EtcdCluster(tmp_path / "etcd") as etcd, Group(tmp_path / "group", etcd, MEMBERS,
                                                       way) as group:
        numbers = {group.first}
        with Fleet(tmp_path / "fleet", group.balancer.address) as fleet:
            fleet.more()
            for _ in range(ROLLOUTS):
                numbers.add(group.publish_build())
                group.switch(max(numbers))
                fleet.more()
            group.wait_serving(max(numbers))
            fleet.more()
        known = group.history()
        records = fleet.records()
        breaches = judge.judge(records, known)
        print(judge.summary(records, breaches))
        assert not breaches, judge.summary(records, breaches)
        assert judge.seen(records, known) == numbers
        # Not by luck at the second attempt, either.
        retried = {reason for record in records for reason in record.retries}
        assert way == CAREFUL or not retried, retried


class StockClient(Background):
    """`pkg refresh`, again and again; every second time from nothing."""

    def __init__(self, image: Path, url: str) -> None:
        super().__init__()
        self._image = image
        self.done = 0
        self.failures: list[str] = []
        made = self._pkg("image-create", "-F", "-p", f"{PUBLISHER}={url}", str(image))
        assert made.returncode == 0, made.stdout

    @staticmethod
    def _pkg(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([STOCK_PKG, *arguments], check=False, text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def _run(self, number: int) -> None:
        while not self._stop.is_set():
            full = ["--full"] if self.done % 2 else []
            refreshed = self._pkg("-R", str(self._image), "refresh", *full)
            if refreshed.returncode != 0:
                self.failures.append(f"{refreshed.returncode}: {refreshed.stdout}")
            self.done += 1

    def more(self) -> None:
        """Until it has begun and finished another refresh."""
        goal = self.done + 2
        eventually(lambda: self.done >= goal, "two more refreshes of the stock client", 120)

    def newest(self) -> set[str]:
        """The releases that it would install."""
        listed = self._pkg("-R", str(self._image), "list", "-H", "-a", "-v")
        return {line.partition("@")[2].partition("-")[0] for line in listed.stdout.splitlines()}


@pytest.mark.skipif(not STOCK_PKG, reason="METASET_PKG does not name a stock pkg command")
def test_rollouts_and_the_stock_client(tmp_path: Path) -> None:
    with EtcdCluster(tmp_path / "etcd") as etcd, Group(tmp_path / "group", etcd,
                                                       MEMBERS) as group:
        url = "http://%s:%d/" % group.balancer.address
        with StockClient(tmp_path / "image", url) as client:
            for _ in range(ROLLOUTS):
                group.switch(group.publish_build())
                client.more()
            client.more()
        assert not client.failures, client.failures
        assert client.newest() == {f"{ROLLOUTS + 1}.0"}
