"""One depot, to which builds are committed while clients are in the middle of a refresh."""
from __future__ import annotations

from pathlib import Path

import pytest

import judge
from builds import Source, history
from depot import Depot
from fleet import Fleet

BUILDS = 10
MOST_BUILDS = 60
EMPTY = 1  # the metaset of a new repository


def breaches_of(tmp_path: Path, builds: int, *options: str) -> list[judge.Breach]:
    """What 16 clients see of at most so many commits, until there is something."""
    source = Source(tmp_path / "source")
    source.publish_build()
    with Depot(source.repository, tmp_path / "depot", *options) as depot:
        with Fleet(tmp_path / "fleet", depot.address) as fleet:
            fleet.more()
            for _ in range(builds):
                source.publish_build()
                fleet.more()
                found = judge.judge(fleet.records(), history(depot, source))
                if found:
                    break
        records = fleet.records()
        known = history(depot, source)
    breaches = judge.judge(records, known)
    print(judge.summary(records, breaches))
    assert judge.seen(records, known) == set(source.numbers()) - {EMPTY}
    return breaches


@pytest.mark.long
def test_a_commit_is_not_noticed(tmp_path: Path) -> None:
    """Depots remember what they gave to whom."""
    assert breaches_of(tmp_path, BUILDS) == []


def test_without_the_memory_it_is(tmp_path: Path) -> None:
    """Otherwise the test above would prove nothing."""
    kinds = judge.count(breaches_of(tmp_path, MOST_BUILDS, "--no-memory"))
    assert kinds[judge.MIXTURE] > 0 and kinds[judge.FULL] > 0
