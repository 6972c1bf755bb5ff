"""Memory, descriptors, the database and its readers stay what they are, whatever goes on.

make soak: for an hour, or SOAK_SECONDS.
"""
from __future__ import annotations

import os
from pathlib import Path

import pytest

import soak
from depot import StartDepot, metaset
from publisher import Tool
from repositories import Package, commit, create, publish
from test_serve_publish import ANONYMOUS, grant_anonymous

RECORD = 1024  # bytes of a metaset, at most
SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))


@pytest.mark.long
def test_nothing_grows(start: StartDepot, tmp_path: Path) -> None:
    repository = create(tmp_path / "repository", "demo")
    first = Package("pkg://demo/first@1.0,5.11-1:20240501T100000Z", {"etc/first": b"first\n"})
    publish(repository, tmp_path / "scratch", [first])
    commit(repository)
    grant_anonymous(repository, "publish,commit,activate,preview")
    depot = start(repository, *ANONYMOUS, "--workers", "2", "--threads", "2")
    samples, done = soak.run(depot, Tool(depot.publishing()), SECONDS)
    print(f"{SECONDS:.0f} s: {done}; at first {samples[0]}, at last {samples[-1]}")
    assert all(done.values()), done
    before, after = soak.thirds(samples)
    # What the measure itself varies by, and the rest of warming up in a short run.
    assert after.kilobytes <= before.kilobytes * 1.1 + 16_000, (before, after)
    assert after.descriptors <= before.descriptors + 60, (before, after)
    # Of a metaset that was collected its place in the chain of digests stays.
    history = RECORD * done["publish"] / 3
    assert after.database <= before.database * 1.1 + (2 << 20) + history, (before, after)
    assert after.readers <= before.readers + 4, (before, after)
    metaset("verify", "-d", repository)
