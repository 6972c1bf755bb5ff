"""Releases by build systems: /api/1/ of the publish endpoint."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from depot import StartDepot, metaset
from publisher import Publisher, Tool
from test_publish import (  # noqa: F401
    CONTENT, FMRI, MANIFEST, Endpoint, endpoint, make_token, repository, tool)
from waiting import eventually

ALL = "publish,commit,activate"


def act(builder: Tool, path: str, document: Any = None) -> tuple[int, Any]:
    """A POST; the status and the answer."""
    body = b"" if document is None else json.dumps(document).encode()
    reply = builder.ask("POST", "api/1/" + path, body)
    return reply.status, json.loads(reply.body)


def look(builder: Tool, path: str) -> tuple[int, Any]:
    """A GET; the status and the answer."""
    reply = builder.ask("GET", "api/1/" + path)
    return reply.status, json.loads(reply.body)


def stage_one(builder: Tool, fmri: str = FMRI, manifest: str = "") -> None:
    assert builder.close(builder.begin(fmri, manifest)).status == 200


def test_from_staging_to_a_release(repository: Path, endpoint: Endpoint,  # noqa: F811
                                   start: StartDepot) -> None:
    builder = tool(endpoint(close="staged"), make_token(repository, "build", ALL))
    depot = start(repository)
    builder.close(builder.begin(FMRI, MANIFEST, (CONTENT,)))
    status, areas = look(builder, "stage")
    assert status == 200 and [(a["name"], a["changes"]) for a in areas] == [("default", 1)]
    assert look(builder, "stage/default")[1] == [
        {"change": "add", "fmri": FMRI, "time": areas[0]["created"]}]
    status, report = act(builder, "commit", {"dry-run": True})
    assert status == 200 and report["metaset"] is None and report["diff"]["added"] == [FMRI]
    assert b"hello" not in depot.get("/demo/catalog/1/catalog.base.C").body
    status, done = act(builder, "commit", {"message": "one", "hold": True})
    assert status == 200 and not done["metaset"]["active"]
    assert done["metaset"]["message"] == "one" and done["metaset"]["who"] == "token:build"
    assert b"hello" not in depot.get("/demo/catalog/1/catalog.base.C").body
    number = done["metaset"]["number"]
    assert act(builder, "activate", {"metaset": number}) == (
        200, {"before": number - 1, "active": number})
    assert b"hello" in depot.get("/demo/catalog/1/catalog.base.C").body
    log = metaset("audit", "-d", repository).stdout
    assert f"metaset {number}" in log and " commit-hold " in log and " activate " in log


def test_a_release_at_a_moment(repository: Path, endpoint: Endpoint,  # noqa: F811
                               start: StartDepot) -> None:
    builder = tool(endpoint(close="staged"), make_token(repository, "build", ALL))
    depot = start(repository, "--past-views", "all")
    stage_one(builder)
    number = act(builder, "commit", {"hold": True})[1]["metaset"]["number"]
    far = {"metaset": number, "at": "90001231T000000Z"}
    status, done = act(builder, "activate", far)
    assert status == 200 and done == {"before": number - 1, "active": number - 1, "scheduled": far}
    assert depot.get("/metaset/").json()["scheduled"] == far
    assert act(builder, "activate", {"cancel": True}) == (200, {"cancelled": far})
    assert depot.get("/metaset/").json()["scheduled"] is None
    assert act(builder, "activate", {"cancel": True}) == (200, {"cancelled": None})
    for wrong in ({"at": "+1"}, {"metaset": number, "at": "soon"}, {"cancel": True, "at": "+1"},
                  {"cancel": True, "metaset": number}, {"metaset": number, "at": 5}):
        assert act(builder, "activate", wrong)[0] == 400, wrong
    status, done = act(builder, "activate", {"metaset": number, "at": "+1"})
    assert status == 200 and done["active"] == number - 1
    eventually(lambda: depot.get("/metaset/").json()["active"] == number, "the moment comes")
    assert act(builder, "activate", {"metaset": number}) == (
        200, {"before": number, "active": number})
    log = metaset("audit", "-d", repository).stdout
    assert " activate-at " in log and " activate-cancel " in log


def test_a_half_published_release_is_refused(repository: Path,  # noqa: F811
                                             endpoint: Endpoint) -> None:
    builder = tool(endpoint(close="staged"), make_token(repository, "build", ALL))
    for kind in ("require", "group", "incorporate"):
        stage_one(builder, f"pkg://demo/needs-{kind}@1,5.11:20240601T080000Z",
                  f"depend type={kind} fmri=missing/{kind}@2\n")
    stage_one(builder, "pkg://demo/wants@1,5.11:20240601T080000Z",
              "depend type=optional fmri=missing/optional@2\n")
    status, report = act(builder, "commit")
    assert status == 409 and report["metaset"] is None
    errors = {finding["fmri"].split("/")[-1].split("@")[0]
              for finding in report["findings"] if finding["severity"] == "error"}
    assert errors == {"needs-require", "needs-group", "needs-incorporate"}
    status, done = act(builder, "commit", {"warn": ["dependencies"]})
    assert status == 200 and done["warnings"] >= 3 and done["metaset"]["active"]


def test_abandoning(repository: Path, endpoint: Endpoint) -> None:  # noqa: F811
    builder = tool(endpoint(close="staged"), make_token(repository, "build", ALL))
    builder.close(builder.begin(FMRI, MANIFEST, (CONTENT,)))
    # Its transaction goes after the answer; payloads of a publication under way stay for gc.
    eventually(lambda: not list((repository / "staging/open").iterdir()), "nothing is open")
    status, done = act(builder, "abandon")
    assert status == 200 and (done["changes"], done["payloads"]) == (1, 1)
    assert look(builder, "stage") == (200, [])
    status, problem = act(builder, "abandon")
    assert status == 404 and "no staging area" in problem["error"]
    status, report = act(builder, "commit")
    assert status == 409 and report["findings"][0]["check"] == "empty"


def test_who_may_release(repository: Path, endpoint: Endpoint) -> None:  # noqa: F811
    running: Publisher = endpoint(close="staged")
    builder = tool(running, make_token(repository, "build", "publish"))
    stage_one(builder)
    assert act(Tool(running), "commit")[0] == 401
    status, problem = act(builder, "commit")
    assert status == 403 and "'commit'" in problem["error"]
    assert act(builder, "activate", {"metaset": 1})[0] == 403
    metaset("grant", "add", "token:build", "commit", "-p", "demo", "-d", repository)
    status, problem = act(builder, "commit")
    assert status == 403 and "'activate'" in problem["error"]
    assert act(builder, "commit", {"hold": True})[0] == 200
    stage_one(builder, "pkg://other/x@1,5.11:20240601T080000Z")
    status, problem = act(builder, "commit", {"hold": True})
    assert status == 403 and "'other'" in problem["error"]
    # A page of another site cannot make a browser do it.
    foreign = builder.ask("POST", "api/1/commit", b"", Origin="https://evil.example")
    assert foreign.status == 403


def test_wrong_requests_change_nothing(repository: Path, endpoint: Endpoint) -> None:  # noqa: F811
    builder = tool(endpoint(close="staged"), make_token(repository, "build", ALL))
    stage_one(builder)
    for document, word in (({"hold": 1}, "'hold'"), ({"holt": True}, "'holt'"),
                           ({"warn": "dependencies"}, "'warn'"), ({"warn": ["no-such"]}, "no-such"),
                           ([], "object"), ({"message": None}, "'message'")):
        status, problem = act(builder, "commit", document)
        assert status == 400 and word in problem["error"], document
    assert builder.ask("POST", "api/1/commit", b"{").status == 400
    assert builder.ask("POST", "api/1/commit", b" " * (1 << 21)).status == 413
    assert act(builder, "activate", {"metaset": 99})[0] == 404
    assert act(builder, "activate", {"metaset": "1 2"})[0] == 400
    assert act(builder, "activate", {"metaset": [1]})[0] == 400
    assert look(builder, "nothing")[0] == 404
    assert builder.ask("GET", "api/1/commit").get("Allow") == "POST"
    assert look(builder, "stage/..%2F..")[0] in (400, 404)
    assert b"api" not in builder.ask("GET", "versions/0/").body
    assert look(builder, "stage")[1][0]["changes"] == 1


def test_tags(repository: Path, endpoint: Endpoint) -> None:  # noqa: F811
    builder = tool(endpoint(), make_token(repository, "build", ALL))
    stage_one(builder)
    assert act(builder, "tag", {"metaset": 2, "name": "r1"}) == (
        200, {"before": None, "metaset": 2})
    assert look(builder, "metaset/r1")[1]["tags"] == ["r1"]
    assert act(builder, "tag", {"metaset": 1, "name": "r1"})[0] == 409
    assert act(builder, "tag", {"metaset": "r1", "name": "r1"})[1]["before"] == 2
    assert act(builder, "tag", {"metaset": 1, "name": "r1", "move": True}) == (
        200, {"before": 2, "metaset": 1})
    assert [tag["who"] for tag in look(builder, "tag")[1]] == ["token:build"]
    assert act(builder, "rollback", {"metaset": "r1"})[1]["metaset"]["number"] == 3
    for wrong, status in ({"metaset": 9, "name": "r2"}, 404), ({"metaset": 1, "name": "2"}, 400), (
            {"name": "r2"}, 400), ({"metaset": 1}, 400), ({"metaset": [], "name": "x"}, 400):
        answer, document = act(builder, "tag", wrong)
        assert answer == status and document["error"], wrong
    assert act(builder, "untag", {"name": "r1"}) == (200, {"before": 1})
    assert act(builder, "untag", {"name": "r1"})[0] == 404
    other = tool(endpoint(), make_token(repository, "other", "publish"))
    assert act(other, "tag", {"metaset": 1, "name": "r3"})[0] == 403
    log = metaset("audit", "-d", repository).stdout
    assert "r1 metaset 1" in log and " untag " in log
