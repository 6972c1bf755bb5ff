"""What web pages and api/1 of members tell about their group and its rollouts."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import html5lib
import pytest

from etcd import EtcdCluster
from group import NAME, Group, Member
from waiting import eventually

# As in test_group_rollout.py.
pytestmark = pytest.mark.xdist_group("groups")

PATIENT = 30  # a time to live that nothing here is longer than


def told(member: Member) -> Any:
    """By api/1."""
    reply = member.get("/api/1/group")
    assert reply.status == 200, reply.body
    return reply.json()


def page(member: Member, path: str = "/") -> str:
    reply = member.get(path)
    assert reply.status == 200, reply.body
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(reply.body, transport_encoding="utf-8")
    assert parser.errors == []
    return reply.body.decode()


def test_a_rollout_on_pages(tmp_path: Path) -> None:
    with EtcdCluster(tmp_path / "etcd") as etcd, Group(tmp_path / "group", etcd, members=2,
                                                       ttl=PATIENT) as group:
        first, second = group.members
        def answering() -> list[object]:
            return [(one["state"], one["serving"]) for one in told(first).get("members", [])]
        eventually(lambda: answering() == [("in", group.first)] * 2, "both answer")
        state = told(first)
        assert (state["group"], state["metaset"], state["rollout"]) == (NAME, group.first, None)
        assert state["known"] and state["takes-part"] and state["trouble"] == ""
        assert "address" not in str(state)
        for path in ("/", "/metasets"):
            assert f"Group {NAME}" in page(first, path)
        assert f"Group {NAME}" not in page(first, "/packages")
        before = first.get("/").get("ETag")

        number = group.publish_build()
        second.agent.pause()
        with group.command("start", number, "-m", "<spring> & more") as running:
            eventually(lambda: told(first)["rollout"] is not None
                       and told(first)["members"][0]["ready"], "the first one is ready")
            rollout = told(first)["rollout"]
            assert (rollout["metaset"], rollout["phase"]) == (number, "prepare")
            assert rollout["message"] == "<spring> & more" and rollout["ended"] == ""
            assert not told(first)["members"][1]["ready"]
            text = page(first, "/metasets")
            assert f"A rollout of metaset {number} is under way: prepare" in text
            assert "&lt;spring&gt; &amp; more" in text
            assert first.get("/").get("ETag") != before
            second.agent.resume()
            assert running.wait(60) == 0
        for member in group.members:
            eventually(lambda m=member: told(m)["metaset"] == number, "it is switched")
            assert told(member)["rollout"]["phase"] == "switched"
            assert f"The last rollout, of metaset {number}, ended at" in page(member)

        assert group.publisher and group.publisher.get("/api/1/group").status == 404
        first.agent.kill()
        eventually(lambda: not told(first)["known"], "what a dead agent told is old", 40)
        assert second.agent.stop() == 0
        silent = told(second)
        assert not silent["known"] and not silent["takes-part"] and silent["trouble"]
        assert "members" not in silent
