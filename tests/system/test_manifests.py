"""Manifests: kept by nginx for a minute, in both codings, and fetched anew for who asks so."""
from __future__ import annotations

import gzip
import hashlib
import json
import socket

import pytest

from depot import IS_APACHE, Depot

MANIFEST = "/fruit/manifest/0/basket@3.1%2C5.11-1%3A20240501T130514Z"


def sha1_in_catalog(depot: Depot) -> str:
    catalog = json.loads(depot.get("/fruit/catalog/1/catalog.base.C").body)
    return catalog["fruit"]["basket"][0]["signature-sha-1"]


# metaset-apache(7), DIFFERENCES
@pytest.mark.skipif(IS_APACHE, reason="it has no cache for manifests")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["gzip", None])
def test_answered_from_the_cache(depot: Depot, method: str, coding: str | None) -> None:
    fields = {"Accept-Encoding": coding} if coding else {}
    first = depot.ask("GET", MANIFEST, fields)
    depot.freeze()
    try:
        again = depot.ask(method, MANIFEST, fields)
    finally:
        depot.thaw()
    assert again.status == 200
    assert again.get("Content-Encoding") == coding
    assert again.get("Vary") == "Accept-Encoding"
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
        assert again.get(name) == first.get(name), name
    if method == "GET":
        assert again.body == first.body


def test_every_answer_is_the_manifest(depot: Depot) -> None:
    wanted = sha1_in_catalog(depot)
    plain, packed = depot.get(MANIFEST), depot.get(MANIFEST, Accept_Encoding="deflate, gzip")
    assert hashlib.sha1(plain.body).hexdigest() == wanted
    assert gzip.decompress(packed.body) == plain.body
    assert plain.get("ETag") == f'"{wanted}"'
    assert packed.get("ETag") == f'"{wanted}-gz"'


@pytest.mark.parametrize("name,value", [("Cache-Control", "no-cache"), ("Pragma", "no-cache"),
                                        ("Cache-Control", "max-age=0")])
def test_not_from_the_cache_if_the_client_says_so(depot: Depot, name: str, value: str) -> None:
    assert depot.get(MANIFEST).status == 200
    depot.freeze()
    try:
        with depot.connect() as connection:
            connection.socket.settimeout(0.5)
            connection.send("GET", MANIFEST, {name: value})
            with pytest.raises(socket.timeout):
                connection.receive()
    finally:
        depot.thaw()
    assert depot.ask("GET", MANIFEST, {name: value}).status == 200


def test_errors_are_not_kept(depot: Depot) -> None:
    """What is published a moment later must be found."""
    missing = "/fruit/manifest/0/basket@9%2C5.11-1%3A20240501T130514Z"
    assert depot.get(missing).status == 404
    depot.freeze()
    try:
        with depot.connect() as connection:
            connection.socket.settimeout(0.5)
            connection.send("GET", missing)
            with pytest.raises(socket.timeout):
                connection.receive()
    finally:
        depot.thaw()


def test_conditions_and_ranges_of_kept_answers(depot: Depot) -> None:
    for fields in ({}, {"Accept-Encoding": "gzip"}):
        whole = depot.ask("GET", MANIFEST, fields)
        tag = whole.get("ETag") or ""
        assert depot.ask("GET", MANIFEST, {**fields, "If-None-Match": tag}).status == 304
        part = depot.ask("GET", MANIFEST, {**fields, "Range": "bytes=3-8", "If-Range": tag})
        assert (part.status, part.body) == (206, whole.body[3:9])
