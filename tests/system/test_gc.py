"""Collection beside a depot that serves and is published to."""
from __future__ import annotations

import hashlib
import json
import threading
import uuid
from pathlib import Path

from client import Client, Origin, Transport
from depot import StartDepot, metaset
from load import Load
from publisher import Publisher, Tool
from repositories import Package, commit, create, publish
from test_publish import make_token, tool

NOTHING = 4  # exit status


def version(name: str, number: int) -> Package:
    """One version of a package, with a payload of its own and one that all versions share."""
    noise = bytes((number * 7 + i * i) % 251 for i in range(3000))
    return Package(f"pkg://demo/{name}@1.{number},5.11:20240601T080000Z",
                   {f"usr/{name}": noise, "usr/shared": b"shared" * 100})


def release(repository: Path, scratch: Path, number: int) -> None:
    """Commits the next version of a package, in the place of the one before."""
    publish(repository, scratch / f"v{number}", [version("tool", number)])
    if number > 0:
        metaset("remove", "-d", repository, f"tool@1.{number - 1}")
    commit(repository)


def gc(repository: Path, *options: str) -> dict:
    """Collects and tells."""
    return json.loads(metaset("gc", "-d", repository, "--json", *options).stdout)


def files(repository: Path) -> int:
    """How many payloads there are."""
    return len(list((repository / "file").glob("??/*")))


def test_what_is_forgotten_and_what_is_served(tmp_path: Path, start: StartDepot) -> None:
    repository = create(tmp_path / "repository", "demo")
    for number in range(5):
        release(repository, tmp_path, number)  # metasets 2 to 6
    metaset("tag", "-d", repository, "3", "first-release")
    depot = start(repository)
    before = {name: depot.get(f"/metaset/{name}/demo/catalog/1/catalog.attrs").body
              for name in ("3", "5", "6")}
    assert files(repository) == 6
    would = gc(repository, "--keep-last", "2", "--dry-run")
    assert would["dry-run"] and files(repository) == 6
    done = gc(repository, "--keep-last", "2")
    assert done["forgotten"] == would["forgotten"] == [1, 2, 4]
    assert done["payloads"] == would["payloads"]
    assert done["payloads"]["count"] == 2 and done["manifests"]["count"] == 2
    assert done["links"] == 2 and done["kept"] == 3
    assert files(repository) == 4
    for name, attrs in before.items():
        assert depot.get(f"/metaset/{name}/demo/catalog/1/catalog.attrs").body == attrs
    gone = depot.get("/metaset/4/demo/catalog/1/catalog.attrs")
    assert gone.status == 404 and "collected" in gone.message()
    listed = json.loads(depot.get("/metaset/").body)["metasets"]
    assert [one["number"] for one in listed] == [6, 5, 3]
    assert depot.get("/demo/manifest/0/tool@1.2,5.11:20240601T080000Z").status == 404
    assert depot.get("/demo/manifest/0/tool@1.1,5.11:20240601T080000Z").status == 200  # tagged
    log = metaset("log", "-d", repository).stdout.splitlines()
    assert [line.split()[:2] for line in log[2:4]] == [["-", "4"], ["3", log[3].split()[1]]]
    assert "collected" in metaset("show", "-d", repository, "4").stdout
    assert "collected" in metaset("rollback", "-d", repository, "4", check=False).stderr
    assert "no damage" in metaset("verify", "-d", repository).stdout
    again = metaset("gc", "-d", repository, "--keep-last", "2", check=False)
    assert again.returncode == NOTHING and "none forgotten" in again.stdout


def test_bad_rules(tmp_path: Path) -> None:
    repository = create(tmp_path / "repository", "demo")
    for options in (["--keep-last", "0"], ["--keep-last", "x"], ["--keep-since", "soon"],
                    ["--keep-since", "5"], ["--keep-since", "-1d"], ["--compact", "--no-compact"]):
        done = metaset("gc", "-d", repository, *options, check=False)
        assert done.returncode == 2 and options[0] in done.stderr, options


def test_the_database_shrinks_without_a_failed_request(tmp_path: Path, start: StartDepot) -> None:
    """Compactions one after the other, with clients, commits and a publisher's worker beside."""
    repository = create(tmp_path / "repository", "demo")
    release(repository, tmp_path, 0)
    depot = start(repository)
    stop = threading.Event()
    reports: list[dict] = []

    def compact() -> None:
        while not stop.is_set():
            reports.append(gc(repository, "--keep-last", "3", "--compact"))

    paths = ["/demo/catalog/1/catalog.attrs", "/demo/catalog/1/catalog.base.C", "/publisher/0/",
             "/versions/0/", "/metaset/"]
    thread = threading.Thread(target=compact)
    with Load(depot, paths, threads=4, fields={"Cache-Control": "no-cache"}) as load:
        thread.start()
        for number in range(1, 13):
            release(repository, tmp_path, number)
            # As a machine that has never been here: others are given what they have begun with.
            newest = depot.get("/demo/catalog/1/catalog.base.C", X_IPkg_UUID=str(uuid.uuid4()))
            assert f'"1.{number},5.11'.encode() in newest.body, "a commit is seen at once"
        load.more(200)
        stop.set()
        thread.join()
    assert not load.broken and set(load.statuses) == {200}, (load.broken, load.statuses)
    assert len(reports) > 2 and all(report["compaction"] for report in reports)
    assert not (repository / "compacting").exists()
    assert "no damage" in metaset("verify", "-d", repository).stdout


def test_clients_follow_across_a_collection(tmp_path: Path, start: StartDepot) -> None:
    repository = create(tmp_path / "repository", "demo")
    release(repository, tmp_path, 0)
    depot = start(repository)
    client = Client(Transport(lambda _: Origin(depot.address)), "demo")
    client.refresh()
    for number in (1, 2):
        release(repository, tmp_path, number)
    gc(repository, "--keep-last", "1", "--compact")
    assert client.refresh() and client.recoveries == []
    assert client.entry("tool")["version"].startswith("1.2,")
    assert client.install("tool")


def line(content: bytes, path: str) -> str:
    """The action that delivers it."""
    return (f"file {hashlib.sha1(content).hexdigest()} path={path} owner=root group=bin mode=0644 "
            f"pkg.size={len(content)}\n")


class Publishing:
    """A tool that does not send what the depot says it has, as pkgsend does."""

    def __init__(self, one: Tool) -> None:
        self.tool = one
        self.sent = 0

    def publish(self, name: str, contents: list[bytes]) -> None:
        """One package, from open to close."""
        transaction = self.tool.begin(
            f"pkg://demo/{name},5.11:20240601T080000Z",
            "".join(line(content, f"p/{n}") for n, content in enumerate(contents)))
        for content in contents:
            known = self.tool.ask("HEAD", f"file/2/{hashlib.sha1(content).hexdigest()}")
            if known.status == 200:
                continue
            assert self.tool.ask("POST", f"file/1/{transaction}", content).status == 200
            self.sent += 1
        closed = self.tool.close(transaction)
        assert closed.status == 200, closed.message()


def test_a_publisher_beside_collections(tmp_path: Path) -> None:
    """Packages come and go, and with them a payload that the next one counts on."""
    repository = create(tmp_path / "repository", "demo")
    endpoint = Publisher(repository, tmp_path / "endpoint")
    stop = threading.Event()

    def collect() -> None:
        while not stop.is_set():
            metaset("gc", "-d", repository, "--keep-last", "1", "--compact", check=False)

    thread = threading.Thread(target=collect)
    try:
        publishing = Publishing(tool(endpoint, make_token(repository, "build",
                                                           "publish,commit,activate")))
        thread.start()
        for number in range(20):
            publishing.publish(f"p@1.{number}", [b"shared" * 50, b"%d" % number * 50])
            if number % 5 == 4:
                metaset("remove", "-d", repository, "p")  # nothing needs the shared payload then
                commit(repository)
    finally:
        stop.set()
        if thread.ident:
            thread.join()
        endpoint.stop()
    assert publishing.sent >= 20
    assert "no damage" in metaset("verify", "-d", repository).stdout
