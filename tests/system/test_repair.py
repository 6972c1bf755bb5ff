"""metaset repair: what is damaged is fetched from other depots and repositories, and checked."""
from __future__ import annotations

import functools
import gzip
import http.server
import json
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Iterator

import pytest

import certificates
import damage
from depot import Depot, StartDepot, metaset
from repositories import import_stock, unpack_stock
from test_payloads import BIG, PAYLOAD



@pytest.fixture
def stock(tmp_path: Path) -> Path:
    return unpack_stock(tmp_path / "stock")["utf8"]


@pytest.fixture
def repository(stock: Path, tmp_path: Path) -> Path:
    """A repository of its own files, so that damage is in nothing else."""
    linked = import_stock(stock, tmp_path / "linked")
    copy = tmp_path / "repository"
    subprocess.run(["cp", "-a", str(linked), str(copy)], check=True)
    return copy


def repair(repository: Path, *options: object, status: int = 0) -> dict[str, object]:
    """Its report."""
    done = metaset("repair", "-d", repository, "--json", *options, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def is_whole(repository: Path) -> bool:
    return metaset("verify", "-d", repository, check=False).returncode == 0


def some_manifest(depot: Depot) -> bytes:
    """Of a package that the fixture has."""
    names = json.loads(depot.get("/fruit/catalog/1/catalog.base.C").decoded())["fruit"]
    name = sorted(names)[0]
    version = names[name][0]["version"]
    return depot.get(f"/fruit/manifest/0/{name}@{version}").decoded()


def damage_everything(repository: Path, manifest: bytes) -> int:
    """How many things are damaged then."""
    names = sorted(path.name for path in repository.glob("file/??/*"))
    others = [name for name in names if name not in (PAYLOAD, BIG)
              and damage.payload(repository, name, "fruit").exists()]
    gone, short, foreign = others[:3]
    damage.payload(repository, gone).unlink()
    for publisher in repository.glob("publisher/*"):
        damage.payload(repository, gone, publisher.name).unlink(missing_ok=True)
    short_path = damage.payload(repository, short)
    with short_path.open("r+b") as file:
        file.truncate(short_path.stat().st_size // 2)
    damage.replace(damage.payload(repository, foreign, "fruit"), b"something else")
    damage.flip(damage.payload(repository, PAYLOAD))
    damage.payload(repository, BIG, "fruit").unlink()
    key = damage.sha256(manifest)
    damage.edit_manifests(repository, lambda k, v: None if k == key else v)
    return 6


def source_of(kind: str, stock: Path, tmp_path: Path, start: StartDepot) -> tuple[str, bytes]:
    """Something to repair from, and the text of a manifest."""
    whole = import_stock(stock, tmp_path / "whole")
    depot = start(whole)
    manifest = some_manifest(depot)
    url = "http://%s:%d%s" % (*depot.address, depot.base)
    return {"depot": url + "/", "metaset": str(whole), "stock": str(stock),
            "file": stock.as_uri()}[kind], manifest


@pytest.mark.parametrize("kind", ["depot", "metaset", "stock", "file"])
def test_everything_is_mended(repository: Path, stock: Path, tmp_path: Path, start: StartDepot,
                              kind: str) -> None:
    source, manifest = source_of(kind, stock, tmp_path, start)
    count = damage_everything(repository, manifest)
    found = metaset("verify", "-d", repository, check=False)
    assert found.returncode == 3 and f"{count} damaged" in found.stdout, found.stdout
    tried = repair(repository, "--from", source, "--dry-run", status=1 if count == 0 else 0)
    assert (tried["repairable"], tried["left"]) == (count, 0), tried
    assert not is_whole(repository)
    report = repair(repository, "--from", source)
    assert (report["repaired"], report["left"]) == (count, 0), report
    assert is_whole(repository)
    link, payload = (damage.payload(repository, PAYLOAD, p) for p in ("fruit", ""))
    assert link.samefile(payload)
    assert gzip.decompress(payload.read_bytes())
    assert "repair" in metaset("audit", "-d", repository).stdout
    assert repair(repository, "--from", source)["repairs"] == []
    # It serves what it served before.
    assert some_manifest(start(repository)) == manifest


def test_an_altered_manifest(repository: Path, stock: Path, tmp_path: Path,
                             start: StartDepot) -> None:
    source, manifest = source_of("depot", stock, tmp_path, start)
    key = damage.sha256(manifest)
    damage.edit_manifests(repository, lambda k, v: v[:-2] + "ff" if k == key else v)
    assert not is_whole(repository)
    assert repair(repository, "--from", source)["repaired"] == 1
    assert is_whole(repository)


class Files(http.server.SimpleHTTPRequestHandler):
    """The payloads of a repository, as a depot has them; or other content under every name."""

    lie: bytes | None = None
    elsewhere: str | None = None

    def do_GET(self) -> None:
        if self.elsewhere:
            self.send_response(302)
            self.send_header("Location", self.elsewhere)
            self.end_headers()
            return
        if self.lie is not None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.lie)))
            self.end_headers()
            self.wfile.write(self.lie)
            return
        name = self.path.rpartition("/")[2]
        self.path = f"/file/{name[:2]}/{name}"
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class Liar(Files):
    """Answers everything with the same bytes."""

    lie = gzip.compress(b"what nobody has asked for")


def serve(handler: type[Files], directory: Path,
          context: ssl.SSLContext | None = None) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(directory)))
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[str]:
    server = serve(Liar, tmp_path)
    yield "http://127.0.0.1:%d/" % server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_sources_that_lack_it_lie_or_are_away(repository: Path, stock: Path, tmp_path: Path,
                                              start: StartDepot, liar: str) -> None:
    source, manifest = source_of("depot", stock, tmp_path, start)
    count = damage_everything(repository, manifest)
    empty = tmp_path / "empty"
    metaset("init", "-d", empty, "fruit")
    bad = ["--from", "http://127.0.0.1:1/", "--from", liar, "--from", empty]
    before = {path: path.read_bytes() for path in repository.glob("file/??/*")}
    first = repair(repository, *bad, status=1)
    # Links need no source.
    assert (first["repaired"], first["left"]) == (2, count - 2), first
    for one in first["repairs"]:  # type: ignore[attr-defined]
        if one["outcome"] == "left":
            assert "127.0.0.1:1/" in one["how"] and liar.rstrip("/") in one["how"]
            assert "empty: does not have it" in one["how"]
    assert {path: path.read_bytes() for path in repository.glob("file/??/*")} == before
    assert not list(repository.glob("file/.tmp-*"))
    second = repair(repository, *bad, "--from", source)
    assert (second["repaired"], second["left"]) == (count - 2, 0), second
    assert is_whole(repository)


def test_https_with_certificates(repository: Path, tmp_path: Path) -> None:
    authority = certificates.Authority(tmp_path / "ca", "Test CA")
    server_certificate = authority.sign("/CN=depot", "subjectAltName=IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_certificate)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    good = tmp_path / "good"
    subprocess.run(["cp", "-a", str(repository), str(good)], check=True)
    server = serve(Files, good, context)
    try:
        damage.flip(damage.payload(repository, PAYLOAD))
        source = ["--from", "https://127.0.0.1:%d/" % server.server_address[1]]
        trust = ["--ca-file", authority.certificate]
        mine = ["--client-cert", authority.sign("/CN=client")]
        left = repair(repository, *source, *mine, status=1)
        assert "certificate" in left["repairs"][0]["how"]  # type: ignore[index]
        assert repair(repository, *source, *trust, status=1)["left"] == 1
        # From https nothing leads to http.
        Files.elsewhere = "http://127.0.0.1:1/"
        away = repair(repository, *source, *trust, *mine, status=1)
        assert "is not followed" in away["repairs"][0]["how"]  # type: ignore[index]
        Files.elsewhere = None
        assert repair(repository, *source, *trust, *mine)["repaired"] == 1
    finally:
        Files.elsewhere = None
        server.shutdown()
        server.server_close()
    assert is_whole(repository)


def test_what_cannot_be_a_source(repository: Path, tmp_path: Path) -> None:
    for source, words in (("ftp://h/", "neither an http"), (tmp_path / "none", "not the directory"),
                          (repository, "that is to be repaired"), ("file:x", "not the directory"),
                          ("http://u:geheim@h/?a", "without '?'"), ("file://x/y", "file:///PATH")):
        refused = metaset("repair", "-d", repository, "--from", source, check=False)
        assert refused.returncode in (1, 2) and words in refused.stderr, refused.stderr
        assert "geheim" not in refused.stderr


def test_without_sources(repository: Path) -> None:
    damage.payload(repository, BIG, "fruit").unlink()
    damage.flip(damage.payload(repository, PAYLOAD))
    report = repair(repository, status=1)
    assert (report["repaired"], report["left"]) == (1, 1)
    text = metaset("repair", "-d", repository, check=False).stdout
    assert f"left: payload: {PAYLOAD}: " in text and "no source was given (--from)" in text
