"""Builds that roll over a group of depots while many clients refresh, fetch and verify.

METASET_ROLLOUTS: how many builds; make rollouts has 50. METASET_PKG: a stock pkg command that does
the same beside the simulated clients.
"""
from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import judge
from balancer import Balancer
from builds import Source
from depot import Depot, metaset
from fleet import Fleet

CONTROL_BUILDS = 5
MEMBERS = 4
GAP = 0.3  # seconds between two members that are switched by hand


def test_without_agents_clients_fail(tmp_path: Path) -> None:
    """What the group is for. The same clients, in front of depots that are switched one by one:
    were nothing to go wrong here, the tests below would prove nothing."""
    source = Source(tmp_path / "source")
    last = source.publish_build()
    repositories = [source.copy_to(tmp_path / f"member{n}") for n in range(MEMBERS)]
    with ExitStack() as running:
        depots = [running.enter_context(Depot(repository, tmp_path / f"depot{n}"))
                  for n, repository in enumerate(repositories)]
        balancer = running.enter_context(
            Balancer(tmp_path / "balancer", [depot.address[1] for depot in depots]))
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
    history = source.history(tmp_path / "history")
    breaches = judge.judge(records, history)
    found = judge.count(breaches)
    print(judge.summary(records, breaches))
    # Neither the network nor a depot was to blame.
    assert not judge.forgiven(records, judge.DEAD_MEMBERS), judge.summary(records, breaches)
    assert not found[judge.UNKNOWN] and last in judge.seen(records, history)
    for kind in (judge.FAILURE, judge.MIXTURE, judge.BACK, judge.FULL, judge.LATE):
        assert found[kind] > 0, judge.summary(records, breaches)
