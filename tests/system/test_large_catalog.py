"""Catalog files that metaset-serve hands over to nginx (X-Accel-Redirect)."""
from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from depot import IS_APACHE, Depot, StartDepot
from repositories import LARGE_NAMES

HAND_OVER = 64 * 1024
PART = "/demo/catalog/1/catalog.summary.C"
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def depot(large: Path, start: StartDepot) -> Depot:
    return start(large)


def test_both_forms_are_handed_over_and_the_same(depot: Depot) -> None:
    plain, packed = depot.ask("GET", PART), depot.ask("GET", PART, GZIP)
    for reply in (plain, packed):
        assert reply.status == 200
        assert len(reply.body) >= HAND_OVER, "too small: the test would prove nothing"
        assert reply.get("Content-Type") == "text/plain; charset=utf-8"
        assert reply.get("Cache-Control") == "no-cache"
        assert reply.get("Vary") == "Accept-Encoding"
        assert reply.get("Last-Modified") == plain.get("Last-Modified")
    assert plain.get("Content-Encoding") is None
    assert packed.get("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.get("ETag") == (plain.get("ETag") or "")[:-1] + '-gz"'
    assert len(json.loads(plain.body)["demo"]) == LARGE_NAMES


def test_identity_follows_the_content(depot: Depot) -> None:
    attrs = json.loads(depot.get("/demo/catalog/1/catalog.attrs").body)
    reply = depot.get(PART)
    assert reply.get("ETag") == f'"{attrs["parts"]["catalog.summary.C"]["signature-sha-1"]}"'


def test_head_is_as_get(depot: Depot) -> None:
    for fields in ({}, GZIP):
        get, head = depot.ask("GET", PART, fields), depot.ask("HEAD", PART, fields)
        assert head.body == b""
        for name in ("Content-Length", "ETag", "Last-Modified", "Content-Encoding", "Vary",
                     "Content-Type", "Cache-Control"):
            assert head.get(name) == get.get(name), name


@pytest.mark.parametrize("fields", [{}, GZIP], ids=["plain", "gzip"])
def test_conditions(depot: Depot, fields: dict[str, str]) -> None:
    whole = depot.ask("GET", PART, fields)
    tag, time = whole.get("ETag") or "", whole.get("Last-Modified") or ""

    def status(**conditions: str) -> int:
        more = {name.replace("_", "-"): value for name, value in conditions.items()}
        return depot.ask("GET", PART, {**fields, **more}).status

    assert status(If_None_Match=tag) == 304
    assert status(If_Modified_Since=time) == 304
    assert status(If_None_Match='"other"') == 200
    assert status(If_None_Match='"other"', If_Modified_Since=time) == 200
    assert status(If_Modified_Since="Wed, 01 May 2024 00:00:00 GMT") == 200
    assert status(If_Match=tag) == 200
    assert status(If_Match='"other"') == 412
    assert status(If_Unmodified_Since=time) == 200


def handed_over_by_apache(fields: dict[str, str]) -> bool:
    """Compressed ones are not."""
    return IS_APACHE and not fields


@pytest.mark.parametrize("fields", [{}, GZIP], ids=["plain", "gzip"])
def test_ranges(depot: Depot, fields: dict[str, str]) -> None:
    whole = depot.ask("GET", PART, fields)
    size, tag = len(whole.body), whole.get("ETag") or ""
    assert whole.get("Accept-Ranges") == "bytes"
    part = depot.ask("GET", PART, {**fields, "Range": "bytes=70000-70009"})
    assert (part.status, part.body) == (206, whole.body[70000:70010])
    assert part.get("Content-Range") == f"bytes 70000-70009/{size}"
    assert part.get("ETag") == tag
    same = depot.ask("GET", PART, {**fields, "Range": "bytes=5-9", "If-Range": tag})
    assert (same.status, same.body) == (206, whole.body[5:10])
    other = depot.ask("GET", PART, {**fields, "Range": "bytes=5-9", "If-Range": '"other"'})
    assert (other.status, other.body) == (200, whole.body)
    by_time = {**fields, "Range": "bytes=5-9", "If-Range": whole.get("Last-Modified") or ""}
    # metaset-apache(7), DIFFERENCES: to Apache a time of this minute is not good enough.
    assert depot.ask("GET", PART, by_time).status == (200 if handed_over_by_apache(fields) else 206)
    assert depot.ask("GET", PART, {**fields, "Range": f"bytes={size}-"}).status == 416


def test_the_way_there_is_closed_to_clients(depot: Depot, large: Path) -> None:
    path = next(large.glob("catalog/??/*[0-9a-f]")).relative_to(large)
    for hidden in (f"/.metaset/repository/{path}", f"/.metaset/repository/{path}.gz",
                   "/.metaset/repository/committed/data.mdb", "/.metaset/repository/"):
        for method in ("GET", "HEAD", "POST"):
            assert depot.ask(method, hidden).status in (404, 405), hidden
