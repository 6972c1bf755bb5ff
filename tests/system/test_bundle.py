"""`metaset bundle` and `metaset unbundle`: a build travels to a site without a network."""
from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from depot import METASET, StartDepot, metaset
from repositories import Package, commit, create, publish
from test_statements import make_key

STAMP = ",5.11-1:20240501T100000Z"


def package(name: str, release: str, *lines: str, **files: bytes) -> Package:
    return Package(f"pkg://demo/{name}@{release}{STAMP}",
                   {f"etc/{file}": content for file, content in files.items()}, list(lines))


def grow(small: Path, scratch: Path) -> None:
    """`small` ends with metaset 2. After this it ends with metaset 6, and has two tags."""
    publish(small, scratch / "3", [package("tool", "1", "depend type=optional fmri=first",
                                           old=b"old\n", same=b"same\n"),
                                   Package(f"pkg://other/thing@1{STAMP}", {"x": b"first\n"})])
    commit(small, "three")
    publish(small, scratch / "4", [package("tool", "2", new=b"new\n" * 1000, same=b"same\n")])
    metaset("remove", "-d", small, f"first@1.0{STAMP}")
    commit(small, "four")
    metaset("set", "-d", small, "-p", "demo", "repository/description=A demonstration")
    metaset("rollback", "-d", small, "3")
    metaset("tag", "-d", small, "4", "good")
    metaset("tag", "-d", small, "6", "latest")


def log(repository: Path) -> object:
    """Every metaset, with its digest."""
    return json.loads(metaset("log", "-d", repository, "--json").stdout)


def is_clean(repository: Path) -> bool:
    return metaset("verify", "-d", repository, check=False).returncode == 0


def unbundle(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return metaset("unbundle", "-d", repository, *arguments, check=False)


def exported(repository: Path, number: int, target: Path) -> dict[str, bytes]:
    """The catalog files and manifests of a metaset."""
    metaset("export", "-d", repository, number, target)
    return {str(path.relative_to(target)): path.read_bytes()
            for path in sorted(target.rglob("*")) if path.is_file()}


def test_a_full_bundle_makes_a_new_site(small: Path, tmp_path: Path, start: StartDepot) -> None:
    grow(small, tmp_path)
    bundle, site = tmp_path / "full.bundle", tmp_path / "site"
    summary = json.loads(
        metaset("bundle", "-d", small, "--json", "--full", "latest", bundle).stdout)
    assert (summary["from"], summary["to"], summary["metasets"]) == (0, 6, 6)
    assert summary["bytes"] == bundle.stat().st_size and summary["tags"] == 2
    again = tmp_path / "again.bundle"
    metaset("bundle", "-d", small, "0", "6", again)
    assert again.read_bytes() == bundle.read_bytes(), "one content has one form"

    done = unbundle(site, bundle)
    assert done.returncode == 0, done.stderr
    assert f"created repository {site}\n6 of 6 metasets are new" in done.stdout
    assert log(site) == log(small)
    assert is_clean(site)
    for number in range(2, 7):
        assert exported(site, number, tmp_path / f"site{number}") == (
            exported(small, number, tmp_path / f"small{number}"))
    here, there = start(small), start(site)
    for number in range(1, 7):
        for path in ("demo/catalog/1/catalog.attrs", "demo/catalog/1/catalog.base.C",
                     "demo/publisher/1/", f"demo/manifest/0/tool@1{STAMP}"):
            ours, theirs = (depot.get(f"/metaset/{number}/{path}") for depot in (here, there))
            assert (ours.status, ours.body) == (theirs.status, theirs.body), path
    for payload in (small / "file").glob("??/*"):
        name = payload.name
        assert there.get(f"/demo/file/1/{name}").status == here.get(f"/demo/file/1/{name}").status
        assert there.get(f"/file/1/{name}").body == payload.read_bytes()

    nothing = unbundle(site, bundle)
    assert nothing.returncode == 4 and "0 of 6 metasets are new" in nothing.stdout


def test_incremental_bundles_and_wrong_bases(small: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    metaset("bundle", "-d", small, "--full", "2", tmp_path / "to2")
    assert unbundle(site, tmp_path / "to2").returncode == 0
    grow(small, tmp_path)
    metaset("bundle", "-d", small, "2", "4", tmp_path / "to4")
    metaset("bundle", "-d", small, "3", "6", tmp_path / "to6")
    early = unbundle(site, tmp_path / "to6")
    assert early.returncode == 1 and "continues metaset 3, but the latest one here is 2" in (
        early.stderr)
    nowhere = unbundle(tmp_path / "none", tmp_path / "to4")
    assert nowhere.returncode == 1 and "--full" in nowhere.stderr
    assert not (tmp_path / "none").exists()
    held = json.loads(unbundle(site, "--no-activate", "--json", tmp_path / "to4").stdout)
    assert (held["applied"], held["active"], held["new-tags"]) == (2, 2, 1)
    # It begins with what is here already.
    assert json.loads(unbundle(site, "--json", tmp_path / "to6").stdout)["applied"] == 2
    assert log(site) == log(small) and is_clean(site)
    # What the site has by itself is not replaced.
    other = create(tmp_path / "other", "demo")
    alien = unbundle(other, tmp_path / "to2")
    assert alien.returncode == 1 and "metaset 1 here is another one" in alien.stderr
    assert metaset("bundle", "-d", small, "4", "4", tmp_path / "x", check=False).returncode == 2
    assert not (tmp_path / "x").exists()


def test_only_new_payloads_travel(small: Path, tmp_path: Path) -> None:
    grow(small, tmp_path)
    metaset("bundle", "-d", small, "3", "4", tmp_path / "to4")
    with tarfile.open(tmp_path / "to4") as archive:
        names = archive.getnames()
    new, = package("tool", "2", new=b"new\n" * 1000).payloads()
    assert [name for name in names if name.startswith("file/")] == [f"file/{new[:2]}/{new}"]
    assert names[:2] == ["metaset-bundle", "metasets/4.gz"] and names[-1] == "end"


def test_pipes(small: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with subprocess.Popen([str(METASET), "bundle", "-d", str(small), "--full", "2", "-"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as writer:
        subprocess.run([str(METASET), "unbundle", "-d", str(site), "-"], stdin=writer.stdout,
                       check=True, stdout=subprocess.DEVNULL)
        assert writer.wait() == 0
    assert log(site) == log(small) and is_clean(site)
    assert sorted(path.name for path in tmp_path.glob(".tmp*")) == []


def test_without_payloads(small: Path, tmp_path: Path) -> None:
    bundle, site = tmp_path / "bundle", tmp_path / "site"
    metaset("bundle", "-d", small, "--no-payloads", "--full", "2", bundle)
    with tarfile.open(bundle) as archive:
        wanted = archive.extractfile("payload-list").read().decode().split()
    payload, = (small / "file").glob("??/*")
    assert wanted == [str(payload.relative_to(small))]
    missing = unbundle(site, bundle)
    assert missing.returncode == 1 and payload.name in missing.stderr
    assert "only lists them" in missing.stderr
    assert [entry["number"] for entry in json.loads(
        metaset("log", "-d", site, "--json").stdout)] == [1]
    for path in wanted:
        (site / path).parent.mkdir(exist_ok=True)
        shutil.copy(small / path, site / path)
    assert unbundle(site, bundle).returncode == 0
    assert log(site) == log(small) and is_clean(site)


def test_damage(small: Path, tmp_path: Path) -> None:
    grow(small, tmp_path)
    site, bundle = tmp_path / "site", tmp_path / "bundle"
    metaset("bundle", "-d", small, "--full", "2", tmp_path / "to2")
    metaset("bundle", "-d", small, "2", "6", bundle)
    unbundle(site, tmp_path / "to2")
    before = log(site)
    content = bundle.read_bytes()
    with tarfile.open(bundle) as archive:
        places = [place for member in archive.getmembers() for place in (
            member.offset + 3, member.offset + 130, member.offset + 500, member.offset_data,
            member.offset_data + member.size // 2, member.offset_data + member.size)]
    for place in [*places, len(content) - 1]:
        bad = bytearray(content)
        bad[place] ^= 1
        bundle.write_bytes(bad)
        refused = unbundle(site, bundle)
        assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1, place
    for size in (0, 1, 511, 512, 5000, len(content) // 2, len(content) - 1024, len(content) - 1):
        bundle.write_bytes(content[:size])
        assert "cut short" in unbundle(site, bundle).stderr, size
    bundle.write_bytes(content + b"\0")
    assert unbundle(site, bundle).returncode == 1
    assert log(site) == before and is_clean(site)
    bundle.write_bytes(content)
    assert unbundle(site, bundle).returncode == 0
    assert log(site) == log(small)


def member(bundle: Path, prefix: str) -> tarfile.TarInfo:
    """The first file of a bundle whose name begins like this."""
    with tarfile.open(bundle) as archive:
        return next(one for one in archive.getmembers() if one.name.startswith(prefix))


def test_forgeries(small: Path, tmp_path: Path) -> None:
    """What is damaged and has a new digest at its end is found out all the same."""
    grow(small, tmp_path)
    site, bundle = tmp_path / "site", tmp_path / "bundle"
    metaset("bundle", "-d", small, "--full", "2", tmp_path / "to2")
    metaset("bundle", "-d", small, "2", "6", bundle)
    unbundle(site, tmp_path / "to2")
    before = log(site)
    content = bundle.read_bytes()
    end = member(bundle, "end")
    expected = {"file/": "taking the payload", "manifests/": "", "metasets/4": "",
                "metasets/6": "", "tags": "not a bundle", "metaset-bundle": "not a bundle"}
    for prefix, message in expected.items():
        victim = member(bundle, prefix)
        bad = bytearray(content)
        bad[victim.offset_data + victim.size - 1] ^= 1
        digest = hashlib.sha256(bad[:end.offset_data]).hexdigest().encode()
        bad[end.offset_data:end.offset_data + end.size] = b"sha256 " + digest + b"\n"
        (tmp_path / "bad").write_bytes(bad)
        refused = unbundle(site, tmp_path / "bad")
        assert refused.returncode == 1 and message in refused.stderr, prefix
        assert "digest at its end" not in refused.stderr, prefix
    assert log(site) == before and is_clean(site)
    assert unbundle(site, bundle).returncode == 0


def test_an_older_bundle_moves_no_tags(small: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    metaset("tag", "-d", small, "2", "stable")
    metaset("bundle", "-d", small, "--full", "2", tmp_path / "to2")
    grow(small, tmp_path)
    metaset("tag", "-d", small, "--move", "6", "stable")
    metaset("bundle", "-d", small, "--full", "6", tmp_path / "to6")
    assert unbundle(site, tmp_path / "to6").returncode == 0
    assert unbundle(site, tmp_path / "to2").returncode == 4
    tags = json.loads(metaset("tag", "-d", site, "--json").stdout)
    assert {tag["name"]: tag["metaset"] for tag in tags} == {"good": 4, "latest": 6, "stable": 6}


def test_trust(small: Path, tmp_path: Path) -> None:
    private, public = make_key(tmp_path, "release", "-algorithm", "ed25519")
    _, other = make_key(tmp_path, "other", "-algorithm", "ed25519")
    site, bundle = tmp_path / "site", tmp_path / "bundle"
    grow(small, tmp_path)
    metaset("sign", "-d", small, "5", "--key", private)
    metaset("bundle", "-d", small, "--full", "6", bundle)
    unsigned = unbundle(site, "--trust", public, bundle)
    assert unsigned.returncode == 1 and "no trusted key has signed metaset 6" in unsigned.stderr
    assert not site.exists()
    metaset("bundle", "-d", small, "--full", "5", bundle)
    assert unbundle(site, "--trust", other, bundle).returncode == 1
    assert not site.exists()
    assert unbundle(site, "--trust", other, "--trust", public, bundle).returncode == 0
    assert metaset("verify", "-d", site, "--trust", public).returncode == 0


def test_collected_manifests_are_not_missed(small: Path, tmp_path: Path) -> None:
    grow(small, tmp_path)
    # A package that was there for one metaset only.
    publish(small, tmp_path / "7", [package("brief", "1", gone=b"gone\n")])
    commit(small)
    metaset("remove", "-d", small, f"brief@1{STAMP}")
    commit(small)
    bundle, site = tmp_path / "bundle", tmp_path / "site"
    payload, = package("brief", "1", gone=b"gone\n").payloads()
    (small / "file" / payload[:2] / payload).unlink()
    failed = metaset("bundle", "-d", small, "--full", "8", bundle, check=False)
    assert failed.returncode == 1 and re.search(f"{payload} of pkg://demo/brief@1", failed.stderr)
    metaset("gc", "-d", small, "--keep-last", "1")
    metaset("bundle", "-d", small, "--full", "8", bundle)
    assert unbundle(site, bundle).returncode == 0
    assert "no damage" in metaset("verify", "-d", site).stdout
    assert log(site) == log(small)
    needed = package("tool", "1", old=b"old\n").payloads()[0]
    (small / "file" / needed[:2] / needed).unlink()
    failed = metaset("bundle", "-d", small, "--full", "8", bundle, check=False)
    assert failed.returncode == 1 and re.search(f"{needed} of pkg://demo/tool@1", failed.stderr)
