"""Payloads are sent by nginx, without a worker."""
from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

import rawhttp
from depot import Depot, StartDepot, metaset
from repositories import Package, commit, publish

PAYLOAD = "9ef14f4e6db13a3ed9510a0f5eeb605b5514762b"
BIG = "424bd5810fc945b047853ac27e7233a267a74557"
PATHS = [f"{prefix}/file/{version}/{PAYLOAD}" for prefix in ("", "/fruit") for version in "012"]


def stored(repository: Path, name: str) -> bytes:
    return (repository / "file" / name[:2] / name).read_bytes()


@pytest.mark.parametrize("path", PATHS)
def test_sent_while_no_worker_can_answer(imported: dict[str, Path], frozen: Depot,
                                         path: str) -> None:
    reply = frozen.get(path)
    assert reply.status == 200
    assert reply.body == stored(imported["utf8"], PAYLOAD)
    assert hashlib.sha1(gzip.decompress(reply.body)).hexdigest() == PAYLOAD
    assert reply.get("Content-Type") == "application/data"
    assert reply.get("Content-Encoding") is None
    assert reply.get("Cache-Control") == "must-revalidate, no-transform, max-age=31536000"


def test_conditions_and_ranges_need_no_worker(frozen: Depot) -> None:
    path = f"/fruit/file/1/{BIG}"
    whole = frozen.get(path)
    tag = whole.get("ETag") or ""
    assert frozen.get(path, If_None_Match=tag).status == 304
    assert frozen.get(path, If_Modified_Since=whole.get("Last-Modified") or "").status == 304
    part = frozen.get(path, Range="bytes=1000-1999", If_Range=tag)
    assert part.status == 206
    assert part.body == whole.body[1000:2000]
    assert part.get("Content-Range") == f"bytes 1000-1999/{len(whole.body)}"
    assert frozen.get(path, Range="bytes=0-9", If_Range='"other"').status == 200


@pytest.mark.parametrize("version", ["0", "1"])
def test_head_needs_no_worker(frozen: Depot, version: str) -> None:
    reply = frozen.head(f"/file/{version}/{PAYLOAD}")
    assert (reply.status, reply.get("Content-Length")) == (200, "911")


def test_the_probe_with_hashes(depot: Depot, imported: dict[str, Path]) -> None:
    reply = depot.head(f"/fruit/file/2/{PAYLOAD}")
    assert reply.status == 200
    bytes_of_file = stored(imported["utf8"], PAYLOAD)
    digest = hashlib.new("sha512_256", bytes_of_file).hexdigest()
    assert reply.get("X-Ipkg-Attr-0") == f"chash={hashlib.sha1(bytes_of_file).hexdigest()}"
    assert reply.get("X-Ipkg-Attr-1") == f"pkg.content-hash=gzip:sha512t_256:{digest}"
    assert reply.get("Content-Length") == str(len(bytes_of_file))
    assert "max-age=86400" in (reply.get("Cache-Control") or "")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_missing_payloads_are_answered_as_clients_know(depot: Depot, method: str) -> None:
    missing = "0" * 40
    reply = depot.ask(method, f"/fruit/file/1/{missing}")
    assert reply.status == 404
    assert reply.get("Cache-Control") is None
    if method == "GET":
        wanted = f"No file could be found for the specified hash name: '{missing}'."
        assert reply.message() == wanted


def test_a_new_payload_is_there_at_once(start: StartDepot, small: Path, tmp_path: Path) -> None:
    depot = start(small)
    package = Package("pkg://demo/second@1.0,5.11-1:20240501T100000Z", {"etc/second": b"second\n"})
    path = f"/demo/file/1/{package.payloads()[0]}"
    assert depot.get(path).status == 404
    publish(small, tmp_path / "second", [package])
    commit(small)
    reply = depot.get(path)
    assert reply.status == 200
    assert gzip.decompress(reply.body) == b"second\n"


def test_the_first_package_of_a_publisher(start: StartDepot, small: Path, tmp_path: Path) -> None:
    """The publisher is made while the depot runs."""
    depot = start(small)
    package = Package("pkg://fresh/one@1.0,5.11-1:20240501T100000Z", {"etc/one": b"one\n"})
    path = f"/fresh/file/1/{package.payloads()[0]}"
    assert depot.get(path).status == 400
    publish(small, tmp_path / "fresh", [package])
    commit(small)
    assert metaset("list", "-d", small, "one").stdout
    assert depot.get(path).status == 200
    assert depot.get("/fresh/catalog/1/catalog.attrs").status == 200


def test_nothing_else_is_answered_then(frozen: Depot) -> None:
    """Otherwise the tests above would prove nothing."""
    with rawhttp.Connection(frozen.address, timeout=0.5) as connection:
        connection.send("GET", "/versions/0")
        with pytest.raises(TimeoutError):
            connection.receive()
