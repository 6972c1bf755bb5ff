"""What waits in a staging area, seen as if it were committed: by publishers, by whoever may."""
from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import rawhttp
from depot import StartDepot, metaset
from publisher import Publisher, Tool
from test_publish import (  # noqa: F401
    CONTENT, FMRI, MANIFEST, NAME, Endpoint, endpoint, make_token, repository, tool)

PACKAGE = "hello@1.0,5.11-1:20240601T080000Z"


def ask(running: Publisher, path: str, token: str = "") -> rawhttp.Reply:
    """A GET of any path of the endpoint's server."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return rawhttp.ask(("127.0.0.1", running.port), "GET", path, headers)


def stage_two(running: Publisher, token: str, base: str = "") -> Tool:
    """A package of the known publisher with a payload, and one of a publisher that is new."""
    builder = tool(running, token)
    builder.prefix = base
    builder.close(builder.begin(FMRI, MANIFEST, (CONTENT,)))
    builder.close(builder.begin("pkg://fresh/first@1,5.11:20240601T080000Z"))
    return builder


def catalog_is_consistent(running: Publisher, origin: str, publisher: str, token: str = "") -> bool:
    """Whether all parts and logs are those that catalog.attrs names."""
    attrs = json.loads(ask(running, f"{origin}{publisher}/catalog/1/catalog.attrs", token).body)
    for name, facts in {**attrs["parts"], **attrs["updates"]}.items():
        body = ask(running, f"{origin}{publisher}/catalog/1/{name}", token).body
        if json.loads(body)["_SIGNATURE"]["sha-1"] != facts["signature-sha-1"]:
            return False
    return True


def test_a_preview_is_a_whole_origin(repository: Path, endpoint: Endpoint,  # noqa: F811
                                     start: StartDepot) -> None:
    running = endpoint(close="staged", preview="open")
    stage_two(running, make_token(repository, "build", "publish"))
    depot = start(repository)
    origin = "/staging/default/"
    assert b'"hello"' in ask(running, origin + "demo/catalog/1/catalog.base.C").body
    assert catalog_is_consistent(running, origin, "demo")
    assert catalog_is_consistent(running, origin, "fresh")
    manifest = ask(running, f"{origin}demo/manifest/0/{PACKAGE}")
    assert MANIFEST.encode() in manifest.body
    listed = json.loads(ask(running, origin + "demo/catalog/1/catalog.base.C").body)
    assert listed["demo"]["hello"][0]["signature-sha-1"] == hashlib.sha1(manifest.body).hexdigest()
    assert ask(running, f"{origin}demo/file/1/{NAME}").status == 200
    assert b"Name: hello" in ask(running, f"{origin}info/0/{PACKAGE}").body
    assert b"fresh" in ask(running, origin + "publisher/0/").body
    assert b"hello@1.0" in ask(running, f"{origin}demo/p5i/0/{PACKAGE}").body
    assert ask(running, origin + "versions/0/").body.count(b"open") == 0
    search = "search/1/False_1_None_None_:set:pkg.fmri:hello"
    assert f"0 1 pkg:/{PACKAGE}\n".encode() in ask(running, f"{origin}demo/{search}").body
    assert depot.get(f"/demo/{search}").status == 204
    nothing = ask(running, f"{origin}demo/search/1/False_1_None_None_zzz")
    assert (nothing.status, nothing.body, nothing.get("Cache-Control")) == (204, b"", None)
    assert ask(running, f"{origin}demo/search/0/zzz").status == 200
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = rawhttp.ask(("127.0.0.1", running.port), "POST", f"{origin}demo/search/1/", form,
                         b"0=False_1_None_None_%3Aset%3Apkg.fmri%3Ahello")
    assert f"0 1 pkg:/{PACKAGE}\n".encode() in posted.body
    assert ask(running, f"{origin}open/0/x@1").status == 404
    # Nobody else sees anything of it, and what is committed looks the same.
    assert b"hello" not in depot.get("/demo/catalog/1/catalog.base.C").body
    assert depot.get("/staging/default/publisher/0/").status == 404
    before = json.loads(ask(running, origin + "demo/catalog/1/catalog.base.C").body)
    metaset("commit", "-d", repository)
    after = json.loads(depot.get("/demo/catalog/1/catalog.base.C").body)
    assert before == after
    # An area without changes is the newest metaset.
    assert json.loads(ask(running, origin + "demo/catalog/1/catalog.base.C").body) == after


def test_a_preview_follows_its_area(repository: Path, endpoint: Endpoint) -> None:  # noqa: F811
    running = endpoint(close="staged", preview="open")
    token = make_token(repository, "build", "publish")
    for number in range(5):
        builder = tool(running, token)
        builder.close(builder.begin(f"pkg://demo/p{number}@1,5.11:20240601T080000Z"))
        assert catalog_is_consistent(running, "/staging/default/", "demo")
        listed = ask(running, "/staging/default/demo/catalog/1/catalog.base.C").body
        assert listed.count(b'"version"') == number + 1
    metaset("stage", "abandon", "default", "-d", repository)
    assert b"p0" not in ask(running, "/staging/default/demo/catalog/1/catalog.base.C").body


def test_who_may_look(repository: Path, endpoint: Endpoint) -> None:  # noqa: F811
    running = endpoint(close="staged")
    builder_token = make_token(repository, "build", "publish")
    viewer_token = make_token(repository, "viewer", "preview")
    metaset("grant", "add", "token:narrow", "preview", "-a", "other", "-d", repository)
    narrow_token = metaset("token", "create", "narrow", "-d", repository).stdout
    narrow = next(word for word in narrow_token.split() if word.startswith("mst_"))
    stage_two(running, builder_token)
    path = "/staging/default/demo/catalog/1/catalog.base.C"
    assert ask(running, path).status == 401
    assert ask(running, path, narrow).status == 403
    for token in (builder_token, viewer_token):
        assert b"hello" in ask(running, path, token).body
    manifest = f"demo/manifest/0/{PACKAGE}"
    for base in ("/publish/", "/publish/staging/default/", "/staging/default/"):
        assert ask(running, base + manifest).status in (401, 404), base
        assert ask(running, base + manifest, viewer_token).status == 200, base
    # Where packages wait, the publisher sees them; others see what is committed.
    assert b"hello" in ask(running, "/publish/demo/catalog/1/catalog.base.C", builder_token).body
    assert b"hello" not in ask(running, "/publish/demo/catalog/1/catalog.base.C").body
    for name in ("..", "a%2Fb", "%20", "x" * 65):
        assert ask(running, f"/staging/{name}/publisher/0/", viewer_token).status >= 400


def test_the_path_names_the_area(repository: Path, endpoint: Endpoint,  # noqa: F811
                                 start: StartDepot) -> None:
    running = endpoint(close="staged")
    token = make_token(repository, "build", "publish")
    basic = base64.b64encode(b":" + token.encode()).decode()
    for area in ("one", "two"):
        builder = Tool(running, Authorization="Basic " + basic)
        builder.prefix = f"staging/{area}/"
        builder.close(builder.begin(f"pkg://demo/{area}@1,5.11:20240601T080000Z"))
    shown = {area: ask(running, f"/publish/staging/{area}/demo/catalog/1/catalog.base.C",
                       token).body for area in ("one", "two")}
    assert b'"one"' in shown["one"] and b'"two"' not in shown["one"]
    assert b'"two"' in shown["two"] and b'"one"' not in shown["two"]
    areas = json.loads(metaset("stage", "list", "-d", repository, "--json").stdout)
    assert {area["name"]: area["changes"] for area in areas} == {"one": 1, "two": 1}
    depot = start(repository)
    metaset("commit", "-a", "two", "-d", repository)
    catalog = depot.get("/demo/catalog/1/catalog.base.C").body
    assert b'"two"' in catalog and b'"one"' not in catalog
    # The other area is shown on top of what was committed meanwhile.
    shown_now = ask(running, "/publish/staging/one/demo/catalog/1/catalog.base.C", token).body
    assert b'"one"' in shown_now and b'"two"' in shown_now
    refused = ask(running, "/publish/metaset/1/open/0/pkg%3A%2F%2Fdemo%2Fx%401", token)
    assert refused.status == 400 and b"cannot be changed" in refused.body
