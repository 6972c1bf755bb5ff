"""Publication over HTTP: who may, what becomes visible when, what a killed worker leaves."""
from __future__ import annotations

import base64
import hashlib
import json
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest

import rawhttp
from depot import StartDepot, metaset
from publisher import Publisher, Tool
from repositories import Package, create

CONTENT = b"echo hello\n"
NAME = hashlib.sha1(CONTENT).hexdigest()
MANIFEST = f"""set name=pkg.summary value=Hello
file {NAME} path=usr/bin/hello owner=root group=bin mode=0755 pkg.size={len(CONTENT)}
"""
FMRI = "pkg://demo/hello@1.0,5.11-1:20240601T080000Z"
Endpoint = Callable[..., Publisher]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty one, publisher `demo`."""
    return create(tmp_path / "repository", "demo")


@pytest.fixture
def endpoint(repository: Path, tmp_path: Path) -> Iterator[Endpoint]:
    """Starts endpoints that are stopped when the test ends."""
    running: list[Publisher] = []

    def start_one(**options: str) -> Publisher:
        running.append(Publisher(repository, tmp_path / f"endpoint{len(running)}", **options))
        return running[-1]

    yield start_one
    for one in running:
        one.stop()


def make_token(repository: Path, name: str, rights: str) -> str:
    """A new token with these rights."""
    metaset("grant", "add", f"token:{name}", rights, "-d", repository)
    text = metaset("token", "create", name, "-d", repository).stdout
    return next(word for word in text.split() if word.startswith("mst_"))


def tool(endpoint: Publisher, token: str) -> Tool:
    """Whoever has the token, as programs that can set header fields show it."""
    basic = base64.b64encode(b":" + token.encode()).decode()
    return Tool(endpoint, Authorization="Basic " + basic)


def test_a_closed_package_is_served_at_once(repository: Path, endpoint: Endpoint,
                                            start: StartDepot) -> None:
    publisher = tool(endpoint(), make_token(repository, "build", "publish,commit,activate"))
    depot = start(repository)
    transaction = publisher.begin(FMRI, MANIFEST, (CONTENT,))
    assert depot.get("/demo/manifest/0/hello@1.0,5.11-1:20240601T080000Z").status == 404
    assert depot.get(f"/demo/file/1/{NAME}").status == 404
    closed = publisher.close(transaction)
    assert (closed.status, closed.get("State"), closed.get("Package-FMRI")) == (
        200, "PUBLISHED", FMRI)
    assert b"hello" in depot.get("/demo/catalog/1/catalog.base.C").body
    assert MANIFEST.encode() in depot.get(
        "/demo/manifest/0/hello@1.0,5.11-1:20240601T080000Z").decoded()
    assert depot.get(f"/demo/file/1/{NAME}").status == 200
    again = publisher.close(transaction)
    assert again.status == 400 and "No transaction matching" in str(again.message())
    assert "already exists" in str(publisher.open(FMRI).message())


def test_staged_packages_wait(repository: Path, endpoint: Endpoint, start: StartDepot) -> None:
    publisher = tool(endpoint(close="staged"), make_token(repository, "build", "publish"))
    depot = start(repository)
    for number in range(3):
        publisher.close(publisher.begin(f"pkg://demo/part{number}@1,5.11:20240601T080000Z"))
    assert b"part" not in depot.get("/demo/catalog/1/catalog.base.C").body
    # The publisher sees what it has done.
    assert publisher.ask("GET", "demo/manifest/0/part0@1,5.11:20240601T080000Z").status == 200
    metaset("commit", "-d", repository)
    catalog = depot.get("/demo/catalog/1/catalog.base.C").body
    assert all(b"part%d" % number in catalog for number in range(3))


def test_nobody_may_anything_by_default(repository: Path, endpoint: Endpoint) -> None:
    running = endpoint()
    refused = Tool(running).open(FMRI)
    assert refused.status == 401 and "Basic" in str(refused.get("WWW-Authenticate"))
    forged = {"REMOTE_USER": "jane", "Remote-User": "jane", "SSL-Client-Verify": "SUCCESS",
              "SSL-Client-S-DN": "CN=jane", "X-Remote-User": "jane"}
    for name, value in forged.items():
        assert Tool(running, **{name: value}).open(FMRI).status == 401
    token = make_token(repository, "reader", "preview")
    assert tool(running, token).open(FMRI).status == 403
    assert tool(running, token[:-1] + "0").open(FMRI).status in (401, 403)
    builder = tool(running, make_token(repository, "build", "publish"))
    transaction = builder.begin(FMRI)
    # Publishing at once needs more than publishing.
    assert builder.close(transaction).status == 403
    # The transactions of others are not there.
    other = tool(running, make_token(repository, "other", "publish,commit,activate"))
    assert "No transaction matching" in str(other.close(transaction).message())
    metaset("token", "revoke", "build", "-d", repository)
    assert builder.close(transaction).status == 401


def test_a_token_in_the_path(repository: Path, endpoint: Endpoint, start: StartDepot) -> None:
    """Package tools refuse https://name:token@host/ and can set no header field."""
    running = endpoint()
    publisher = Tool(running)
    assert publisher.open(FMRI).status == 401
    publisher.prefix = make_token(repository, "build", "publish,commit,activate") + "/"
    transaction = publisher.begin(FMRI, MANIFEST, (CONTENT,))
    # Nothing that the client says besides takes its place.
    assert publisher.close(transaction, Authorization="Bearer wrong").status == 200
    depot = start(repository)
    assert b"hello" in depot.get("/demo/catalog/1/catalog.base.C").body
    assert publisher.ask("GET", f"demo/file/1/{NAME}").status == 200
    assert " token:build " in metaset("audit", "-d", repository).stdout
    right = publisher.prefix
    for wrong in (right[:-2] + ("1/" if right[-2] == "0" else "0/"), "mst_0/", "mst_", "", "//"):
        publisher.prefix = wrong
        assert publisher.open("pkg://demo/other@1").status in (400, 401, 404), wrong
    # A later request of the same connection has nothing of it.
    with rawhttp.Connection(("127.0.0.1", running.port)) as connection:
        path = "open/0/pkg%3A%2F%2Fdemo%2Fother%401"
        release = {"Client-Release": "5.11"}
        assert connection.ask("GET", f"/publish/{right}{path}", release).status == 200
        assert connection.ask("GET", f"/publish/{path}", release).status == 401


def test_everything_is_in_the_audit(repository: Path, endpoint: Endpoint) -> None:
    publisher = tool(endpoint(), make_token(repository, "build", "publish,commit,activate"))
    publisher.close(publisher.begin(FMRI))
    log = metaset("audit", "-d", repository).stdout
    for event in ("token-create", "grant-add", "open", "close", "commit"):
        assert f" {event} " in log, log
    assert metaset("audit", "-d", repository, "--verify").returncode == 0


def test_commands_are_in_the_audit(repository: Path, tmp_path: Path) -> None:
    """Also what was done without the endpoint, with the number of the metaset that came of it."""
    metaset("set", "-d", repository, "-p", "demo", "publisher/alias=d")
    Package("pkg://demo/hello@1.0").write(tmp_path / "work")
    manifest = next((tmp_path / "work").glob("*.p5m"))
    metaset("publish", "-d", repository, manifest)
    metaset("commit", "-d", repository, "--hold")
    metaset("activate", "-d", repository, "3")
    metaset("remove", "-d", repository, "hello")
    metaset("stage", "abandon", "-d", repository)
    manifest.write_text("set name=pkg.fmri value=other@1\ndepend type=require fmri=missing@1\n")
    metaset("publish", "-d", repository, manifest)
    assert metaset("commit", "-d", repository, check=False).returncode == 1
    records = json.loads(metaset("audit", "-d", repository, "--json").stdout)
    told = [(record["event"], record["object"].partition(",5.11:")[0], record["result"])
            for record in records]
    assert told == [("commit", "metaset 2", "ok"), ("publish", "pkg://demo/hello@1.0", "ok"),
                    ("commit-hold", "area default", "ok: metaset 3"),
                    ("activate", "metaset 3", "ok: before it was 2"),
                    ("remove", "pkg://demo/hello@1.0", "ok"),
                    ("stage-abandon", "area default", "ok: 1 changes"),
                    ("publish", "pkg://demo/other@1", "ok"),
                    ("commit", "area default", "refused: 1 errors")]
    assert all(record["identity"].startswith("local:") for record in records)
    assert metaset("audit", "-d", repository, "--verify").returncode == 0


def test_wrong_uploads_change_nothing(repository: Path, endpoint: Endpoint) -> None:
    publisher = tool(endpoint(), make_token(repository, "build", "publish,commit,activate"))
    transaction = publisher.begin(FMRI)
    for name in ("../../../escaped", "x", "0" * 40):
        reply = publisher.ask("POST", f"file/1/{transaction}", CONTENT,
                              X_IPkg_SetAttr0=f"basename={name}")
        assert reply.status == 400, name
    assert publisher.ask("POST", f"manifest/1/{transaction}", b"bowl of=fruit\n").status == 400
    assert publisher.ask("POST", f"manifest/1/{transaction}", MANIFEST.encode()).status == 200
    missing = publisher.close(transaction)
    assert missing.status == 400 and NAME in str(missing.message())
    assert not list(repository.rglob("escaped"))
    assert not list((repository / "file").rglob(NAME))
    assert publisher.ask("POST", f"file/1/{transaction}", CONTENT).status == 200
    assert publisher.close(transaction).status == 200


def test_a_killed_worker_loses_nothing(repository: Path, endpoint: Endpoint) -> None:
    running = endpoint()
    publisher = tool(running, make_token(repository, "build", "publish,commit,activate"))
    acknowledged: list[str] = []
    stop = threading.Event()

    def publish(number: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            fmri = f"pkg://demo/p{number}@1.{count},5.11:20240601T080000Z"
            try:
                transaction = publisher.begin(fmri, MANIFEST, (CONTENT,))
                if publisher.close(transaction).status == 200:
                    acknowledged.append(fmri)
            except (AssertionError, OSError):
                pass  # the worker is away

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        wanted = len(acknowledged) + 8
        while len(acknowledged) < wanted:
            stop.wait(0.02)
        running.kill_worker()
        running.start_worker()
    stop.set()
    for thread in threads:
        thread.join()
    listed = {package["fmri"] for package in
              json.loads(metaset("list", "-d", repository, "--json").stdout)}
    assert set(acknowledged) <= listed
    assert metaset("verify", "-d", repository).returncode == 0
    assert metaset("audit", "-d", repository, "--verify").returncode == 0
    # A transaction that was open when the worker died goes on.
    transaction = publisher.begin("pkg://demo/last@1,5.11:20240601T080000Z", MANIFEST, (CONTENT,))
    running.kill_worker()
    running.start_worker()
    assert publisher.close(transaction).status == 200
