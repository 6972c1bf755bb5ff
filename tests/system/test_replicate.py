"""`metaset replicate`: a repository gets the metasets of other depots and repositories."""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import damage
from crash import grow_old, leftovers
from depot import METASET, Depot, StartDepot, metaset
from web_relay import WebRelay
from repositories import Package, commit, create, publish
from test_bundle import STAMP, exported, grow, is_clean, log, package
from test_publish import make_token
from test_statements import make_key
from waiting import eventually


def url_of(depot: Depot) -> str:
    return "http://%s:%d%s/" % (*depot.address, depot.base)


def replicate(site: Path, *arguments: object, status: int = 0) -> dict[str, object]:
    """What it reports."""
    done = metaset("replicate", "-d", site, "--json", *arguments, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def refused(site: Path, *arguments: object, status: int = 1) -> str:
    """Why it failed."""
    done = metaset("replicate", "-d", site, *arguments, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr


def same(site: Path, source: Path, tmp_path: Path, *numbers: int) -> None:
    """Every metaset, its catalogs and manifests, byte for byte; payloads and their links."""
    assert log_without_activity(site) == log_without_activity(source)
    for number in numbers:
        copies = [exported(repository, number, tmp_path / f"{repository.name}-{number}")
                  for repository in (site, source)]
        assert copies[0] == copies[1]
        for repository in (site, source):
            shutil.rmtree(tmp_path / f"{repository.name}-{number}")
    assert is_clean(site)


def log_without_activity(repository: Path) -> list[dict[str, object]]:
    entries = log(repository)
    assert isinstance(entries, list)
    return [{key: value for key, value in entry.items() if key != "active"} for entry in entries]


@pytest.mark.parametrize("way", ["http", "directory"])
def test_a_new_site_and_what_comes_later(way: str, small: Path, tmp_path: Path,
                                         start: StartDepot) -> None:
    site = tmp_path / "site"
    depot = start(small)
    source = url_of(depot) if way == "http" else str(small)
    first = replicate(site, "--from", source)
    assert (first["from"], first["to"], first["applied"], first["created"]) == (0, 2, 2, True)
    assert first["active"] == 1 and first["problems"] == []
    same(site, small, tmp_path, 2)
    grow(small, tmp_path)
    there = start(site)
    held = replicate(site, "--from", source)
    assert (held["from"], held["to"], held["applied"], held["active"]) == (2, 6, 4, 1)
    assert held["new-tags"] == 2
    same(site, small, tmp_path, *range(2, 7))
    # What is held is served at once by its name, and not in catalogs.
    assert there.get(f"/manifest/0/tool@2{STAMP}").status == 200
    for payload in (small / "file").glob("??/*"):
        assert there.get(f"/file/1/{payload.name}").body == payload.read_bytes()
    active_now = replicate(site, "--from", source, "--activate")
    assert (active_now["applied"], active_now["active"]) == (0, 6)
    assert replicate(site, "--from", source, "--activate", status=4)["new-payloads"] == 0
    for path in ("demo/catalog/1/catalog.attrs", "demo/catalog/1/catalog.base.C",
                 "demo/catalog/1/catalog.dependency.C", "demo/publisher/1/", "publisher/0/"):
        ours, theirs = (one.get(f"/{path}") for one in (depot, there))
        assert (ours.status, ours.body) == (theirs.status, theirs.body), path
    audit = metaset("audit", "-d", site).stdout
    assert "replicate  metasets 3 to 6" in audit or "metasets 3 to 6" in audit, audit
    links = [p.stat().st_nlink for p in (site / "file").glob("??/*")]
    assert len(links) == len(list((small / "file").glob("??/*")))
    if way == "directory":
        assert all((small / "file" / p.name[:2] / p.name).samefile(p)
                   for p in (site / "file").glob("??/*"))


def many(repository: Path, scratch: Path, count: int, name: str = "many") -> None:
    """One package with so many payloads, and others, in one metaset."""
    files = {f"{name}{i}": f"{name} {i}\n".encode() * 50 for i in range(count)}
    publish(repository, scratch, [package(name, "1", **files),
                                  *(package(f"{name}-{i}", "1", **{f"one{i}": b"%d" % i})
                                    for i in range(20))])
    commit(repository, name)


def test_only_what_is_missing_is_fetched(small: Path, tmp_path: Path, start: StartDepot) -> None:
    site = tmp_path / "site"
    with WebRelay(url_of(start(small))) as relay:
        replicate(site, "--from", relay.url)
        grow(small, tmp_path)
        relay.asked.clear()
        report = replicate(site, "--from", relay.url)
        wanted = {payload.name for payload in (small / "file").glob("??/*")}
        assert relay.payloads() == report["new-payloads"] == len(wanted) - 1
        # Those that are lost here are fetched again only with what needs them anew.
        relay.asked.clear()
        assert replicate(site, "--from", relay.url, status=4)["new-manifests"] == 0
        assert [path for path, _ in relay.asked] == ["/api/1/transfer?after=6"]
        publish(small, tmp_path / "7", [package("tool", "3", new=b"new\n" * 1000)])
        commit(small)
        relay.asked.clear()
        assert replicate(site, "--from", relay.url)["new-payloads"] == 0
        assert relay.payloads() == 0
    same(site, small, tmp_path, 7)


def test_what_is_held_is_for_those_who_may(small: Path, tmp_path: Path,
                                           start: StartDepot) -> None:
    grow(small, tmp_path)
    publish(small, tmp_path / "held", [package("held", "1", held=b"held\n"),
                                       Package(f"pkg://brand.new/held@1{STAMP}", {"y": b"y\n"})])
    metaset("commit", "-d", small, "--hold")
    depot = start(small, "--publish-port", "0")
    publisher = "http://%s:%d%s/" % (*depot.publishing().address, depot.base)
    tokens = {}
    for name, rights in (("replica", "preview"), ("pusher", "publish")):
        tokens[name] = tmp_path / name
        tokens[name].write_text(make_token(small, name, rights) + "\n")
    (tmp_path / "wrong").write_text("mst_0123456789abcdef_" + "0" * 64 + "\n")
    assert depot.get("/api/1/transfer/7").status == 404
    assert depot.get("/api/1/transfer/6").status == 200
    # Whoever cannot prove more gets what everybody gets.
    for index, arguments in enumerate((["--from", url_of(depot)], ["--from", publisher],
                                       ["--from", publisher, "--token-file", tokens["pusher"]])):
        assert replicate(tmp_path / f"public{index}", *arguments)["to"] == 6
    message = refused(tmp_path / "x", "--from", publisher, "--to", 7)
    assert "no source gives metaset 7" in message and "up to 6" in message
    wrong = refused(tmp_path / "x", "--from", publisher, "--token-file", tmp_path / "wrong")
    assert "wants to know who asks" in wrong and "mst_" not in wrong
    assert not (tmp_path / "x").exists()
    site = tmp_path / "site"
    mine = ["--from", publisher, "--token-file", tokens["replica"]]
    assert replicate(site, *mine, "--to", 3)["to"] == 3
    report = replicate(site, *mine)
    assert (report["to"], report["active"]) == (7, 1)
    same(site, small, tmp_path, 6, 7)
    member = start(tmp_path / "public0", "--transfer", "all")
    assert replicate(tmp_path / "public0", *mine)["to"] == 7
    assert replicate(tmp_path / "second", "--from", url_of(member))["to"] == 7
    same(tmp_path / "second", small, tmp_path, 7)
    closed = start(small, "--transfer", "none")
    assert "METASET_TRANSFER" in refused(tmp_path / "x", "--from", url_of(closed))
    tagged = start(small, "--past-views", "tagged")
    assert "METASET_TRANSFER" in refused(tmp_path / "x", "--from", url_of(tagged))


def test_a_token_goes_nowhere_else(small: Path, tmp_path: Path, start: StartDepot) -> None:
    token = tmp_path / "token"
    token.write_text("mst_secret\n")
    with WebRelay(url_of(start(small))) as there, WebRelay("http://127.0.0.1:1/") as here:
        here.redirect = there.url
        replicate(tmp_path / "site", "--from", here.url, "--token-file", token)
        assert {proof for _, proof in here.asked} == {"Bearer mst_secret"}
        assert {proof for _, proof in there.asked} == {""} and len(there.asked) >= 4


def test_killed_again_and_again(small: Path, tmp_path: Path, start: StartDepot) -> None:
    many(small, tmp_path / "many", 300)
    site = tmp_path / "site"
    with WebRelay(url_of(start(small))) as relay:
        kept = 0
        for until in (2, 15, 40, 120, 250):
            relay.asked.clear()
            with subprocess.Popen([str(METASET), "replicate", "-d", str(site), "--from", relay.url,
                                   "--threads", "3"], stderr=subprocess.DEVNULL) as process:
                eventually(lambda: len(relay.asked) >= until or process.poll() is not None,
                           "it has begun")
                process.send_signal(signal.SIGKILL)
            files = len([p for p in site.glob("file/??/*")])
            assert files >= kept
            kept = files
        assert kept > 0
        relay.asked.clear()
        report = replicate(site, "--from", relay.url, "--activate")
        assert report["new-payloads"] == relay.payloads() <= 321 - kept
    same(site, small, tmp_path, 3)
    grow_old(leftovers(site))
    metaset("gc", "-d", site, check=False)
    assert not leftovers(site)


def damaged_copy(repository: Path, target: Path) -> Path:
    """With a damaged payload, another one that is missing, and a damaged manifest."""
    subprocess.run(["cp", "-a", str(repository), str(target)], check=True)
    first, second = sorted(target.glob("file/??/*"))[:2]
    damage.flip(first)
    second.unlink()
    edited: list[str] = []

    def edit(key: str, value: str) -> str:
        if edited:
            return value
        edited.append(key)
        return value[:-2] + ("00" if value[-2:] == "ff" else "ff")

    damage.edit_manifests(target, edit)
    return target


@pytest.mark.parametrize("way", ["http", "directory"])
def test_damage_at_one_source(way: str, small: Path, tmp_path: Path, start: StartDepot) -> None:
    grow(small, tmp_path)
    bad = damaged_copy(small, tmp_path / "bad")
    away = "http://127.0.0.1:1/"
    sources = [str(one) if way == "directory" else url_of(start(one)) for one in (bad, small)]
    site = tmp_path / "site"
    message = refused(site, "--from", sources[0], status=3)
    assert "could not be had" in message and "manifest of pkg://" in message
    assert [entry["number"] for entry in log_without_activity(site)] == [1]
    report = replicate(site, "--from", away, "--from", sources[0], "--from", sources[1])
    assert report["to"] == 6 and len(report["problems"]) == 1  # type: ignore[arg-type]
    same(site, small, tmp_path, *range(2, 7))
    assert "payload " in refused(tmp_path / "second", "--from", damaged_payloads(small, tmp_path),
                                 status=3)


def damaged_payloads(repository: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "payloads"
    subprocess.run(["cp", "-a", str(repository), str(copy)], check=True)
    for path in copy.glob("file/??/*"):
        damage.flip(path)
    return copy


def test_records_that_were_changed_on_the_way(small: Path, tmp_path: Path,
                                              start: StartDepot) -> None:
    grow(small, tmp_path)
    depot = start(small)
    with WebRelay(url_of(depot)) as relay:
        for place in (0, 25, 60, 130, -1, -9, -40):
            site = tmp_path / f"site{place}"
            replicate(site, "--from", relay.url, "--to", 2)
            before = log(site)

            def change(path: str, body: bytes, place: int = place) -> bytes:
                if not path.endswith("/transfer/3"):
                    return body
                bad = bytearray(body)
                bad[place] ^= 1
                return bytes(bad)

            relay.change = change
            refused(site, "--from", relay.url)
            assert log(site) == before and is_clean(site)
            assert replicate(site, "--from", relay.url, "--from", url_of(depot))["to"] == 6
            same(site, small, tmp_path)
            relay.change = lambda path, body: body


def test_what_is_no_source(small: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with WebRelay("http://127.0.0.1:1/") as relay:
        relay.change = lambda path, body: b"<html>"
        assert "no source gives metasets" in refused(site, "--from", relay.url)
    for source, words in (("ftp://h/", "neither an http"), (tmp_path / "none", "is not a metaset"),
                          ("http://u:geheim@h/?a", "without '?'"), ("file://x/y", "file:///PATH"),
                          ("http://127.0.0.1:1/", "127.0.0.1:1")):
        done = metaset("replicate", "-d", site, "--from", source, check=False)
        assert done.returncode in (1, 2) and words in done.stderr, done.stderr
        assert "geheim" not in done.stderr and not site.exists()
    own = metaset("replicate", "-d", small, "--from", small, check=False)
    assert own.returncode == 2 and "that is to get the metasets" in own.stderr


def test_other_histories(small: Path, tmp_path: Path, start: StartDepot) -> None:
    site, depot = tmp_path / "site", start(small)
    other = create(tmp_path / "other", "demo")
    before = log(other)
    assert "a history of its own" in refused(other, "--from", url_of(depot))
    assert log(other) == before
    replicate(site, "--from", url_of(depot))
    grow(small, tmp_path)
    publish(site, tmp_path / "own", [package("own", "1", own=b"own\n")])
    commit(site)
    before = log(site)
    assert "metaset 3 here is another one" in refused(site, "--from", url_of(depot))
    # Nor does the one that is behind get what it has.
    assert log(site) == before and is_clean(site)
    assert "a history of its own" in refused(small, "--from", site)
    # A source that is behind has nothing to give.
    third = tmp_path / "third"
    replicate(third, "--from", url_of(depot), "--to", 4)
    assert replicate(small, "--from", third, status=4)["to"] == 4


def test_somebody_commits_meanwhile(small: Path, tmp_path: Path, start: StartDepot) -> None:
    site = tmp_path / "site"
    with WebRelay(url_of(start(small))) as relay:
        replicate(site, "--from", relay.url)
        grow(small, tmp_path)
        publish(site, tmp_path / "own", [package("own", "1", own=b"own\n")])
        done: list[str] = []

        def change(path: str, body: bytes) -> bytes:
            if "/file/1/" in path and not done:
                done.append(path)
                commit(site)
            return body

        relay.change = change
        message = refused(site, "--from", relay.url, "--threads", "1")
        assert "somebody has committed metaset 3 here" in message
    assert is_clean(site) and len(log_without_activity(site)) == 3


def test_collected_metasets(small: Path, tmp_path: Path, start: StartDepot) -> None:
    behind = tmp_path / "behind"
    replicate(behind, "--from", small)
    grow(small, tmp_path)
    publish(small, tmp_path / "7", [package("brief", "1", gone=b"gone\n")])
    commit(small)
    metaset("remove", "-d", small, f"brief@1{STAMP}")
    commit(small)
    metaset("untag", "-d", small, "good")
    metaset("gc", "-d", small, "--keep-last", "1")
    gone, = package("brief", "1", gone=b"gone\n").payloads()
    assert not damage.payload(small, gone).exists()
    depot = start(small)
    assert "has collected it" in refused(tmp_path / "x", "--from", url_of(depot), "--to", 7)
    for site in (behind, tmp_path / "new"):
        report = replicate(site, "--from", url_of(depot), "--activate")
        assert (report["to"], report["active"]) == (8, 8)
        assert "no damage" in metaset("verify", "-d", site).stdout
        assert not damage.payload(site, gone).exists()
        there = start(site)
        assert there.get("/metaset/7/demo/catalog/1/catalog.attrs").status == 404
        for name in ("catalog.attrs", "catalog.base.C"):
            assert depot.get(f"/demo/catalog/1/{name}").body == there.get(
                f"/demo/catalog/1/{name}").body
    same(tmp_path / "new", small, tmp_path, 8)


def test_signatures(small: Path, tmp_path: Path, start: StartDepot) -> None:
    private, public = make_key(tmp_path, "release", "-algorithm", "ed25519")
    _, other = make_key(tmp_path, "other", "-algorithm", "ed25519")
    grow(small, tmp_path)
    metaset("sign", "-d", small, "5", "--key", private)
    source, site = ["--from", url_of(start(small))], tmp_path / "site"
    unsigned = refused(site, *source, "--trust", public)
    assert "no trusted key has signed metaset 6" in unsigned
    assert "no trusted key" in refused(site, *source, "--trust", other, "--to", 5)
    assert not site.exists() and not list(tmp_path.glob(".tmp*"))
    report = replicate(site, *source, "--trust", other, "--trust", public, "--to", 5)
    assert (report["to"], report["new-statements"]) == (5, 1)
    assert metaset("verify", "-d", site, "--trust", public).returncode == 0
    before = log(site)
    assert "no trusted key" in refused(site, *source, "--trust", public)
    assert log(site) == before
    # Signed when the metaset was here already.
    replicate(site, *source)
    metaset("sign", "-d", small, "6", "--key", private)
    assert replicate(site, *source, "--trust", public)["new-statements"] == 1


def test_a_moved_directory(small: Path, tmp_path: Path, start: StartDepot) -> None:
    """As one that was received from elsewhere: its files are on the same file system, but are no
    others than its own, and it cannot be written to."""
    grow(small, tmp_path)
    incoming, site = tmp_path / "incoming", tmp_path / "site"
    (incoming / "committed").mkdir(parents=True)
    subprocess.run(["mdb_copy", str(small / "committed"), str(incoming / "committed")], check=True)
    shutil.copytree(small / "file", incoming / "file")
    start(small)
    report = replicate(site, "--from", incoming.as_uri(), "--activate")
    assert report["linked-payloads"] == report["new-payloads"] == len(
        list((small / "file").glob("??/*")))
    same(site, small, tmp_path, *range(2, 7))
    shutil.rmtree(incoming)
    assert is_clean(site)
