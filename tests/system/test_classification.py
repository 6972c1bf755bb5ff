"""Which requests nginx answers by itself, from a file or its cache, and which it never does."""
from __future__ import annotations

import select
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator

import pytest

import rawhttp
from depot import Depot

HASH = "9ef14f4e6db13a3ed9510a0f5eeb605b5514762b"
FILE = f"file/1/{HASH}"
MANIFEST = "manifest/0/basket@3.1%2C5.11-1%3A20240501T130514Z"
PREFIXES = ("", "/metaset/1", "/metaset/2026-11-24T12:00:00Z", "/metaset/a%3Ab", "/staging/default")
SENT = [("GET", f"{prefix}{publisher}/file/{version}/{HASH}")
        for prefix in PREFIXES for publisher in ("", "/fruit") for version in "012"]
SENT += [("HEAD", f"{prefix}{publisher}/file/{version}/{HASH}")
         for prefix in PREFIXES for publisher in ("", "/fruit") for version in "01"]
SENT += [("GET", f"/{FILE}?x=/file/2/"), ("GET", f"/fruit/{FILE}?")]
KEPT = [("GET", f"/fruit/{MANIFEST}"), ("HEAD", f"/fruit/{MANIFEST}"), ("GET", f"/{MANIFEST}"),
        ("GET", f"/metaset/1/fruit/{MANIFEST}")]
ASKED = [
    ("HEAD", f"/file/2/{HASH}"),
    ("HEAD", f"/fruit/file/2/{HASH}"),
    ("HEAD", f"/metaset/1/fruit/file/2/{HASH}"),
    ("POST", f"/{FILE}"),
    ("DELETE", f"/fruit/{FILE}"),
    ("POST", f"/fruit/{MANIFEST}"),
    ("GET", f"/fruit/{FILE}/"),
    ("GET", f"/fruit/{FILE}0"),
    ("GET", f"/fruit/{FILE}#x"),
    ("GET", f"/fruit/file/1/%39{HASH[1:]}"),
    ("GET", f"/%66ruit/{FILE}"),
    ("GET", f"/fruit%2F{FILE}"),
    ("GET", f"//fruit/{FILE}"),
    ("GET", f"/fruit//{FILE}"),
    ("GET", f"/fruit/./{FILE}"),
    ("GET", f"/x/../fruit/{FILE}"),
    ("GET", f"/.fruit/{FILE}"),
    ("GET", f"/fruit/x/{FILE}"),
    ("GET", f"/metaset/1/x/fruit/{FILE}"),
    ("GET", f"/metaset/1/metaset/1/{FILE}"),
    ("GET", f"/fruit/metaset/1/{FILE}"),
    ("GET", f"/fruit/file/3/{HASH}"),
    ("GET", f"/fruit/file/1/{HASH.upper()}"),
    ("GET", f"/fruit/file/9e/{HASH}"),
    ("GET", f"/publisher/fruit/file/9e/{HASH}"),
    ("GET", f"/catalog/1/catalog.attrs?/{FILE}"),
    ("GET", "/fruit/manifest/0/"),
    ("GET", f"/staging/default/fruit/{MANIFEST}"),
]


class Frozen:
    """A depot that was asked for what is kept before its workers were stopped."""

    def __init__(self, repository: Path, directory: Path, *options: str) -> None:
        self.depot = Depot(repository, directory, *options)
        kept = [self.status(method, path) for method, path in KEPT]
        if set(kept) != {200}:
            self.depot.stop()
        assert set(kept) == {200}, kept
        self.depot.freeze()

    def stop(self) -> None:
        self.depot.thaw()
        self.depot.stop()

    def status(self, method: str, path: str) -> int:
        return self.depot.ask(method, path).status

    def answered(self, requests: list[tuple[str, str]], base: str | None = None) -> list[str]:
        """Those that somebody answers within a moment, and the status."""
        found = []
        with ExitStack() as stack:
            sent = {}
            for method, path in requests:
                connection = stack.enter_context(rawhttp.Connection(self.depot.address))
                connection.send(method, (self.depot.base if base is None else base) + path)
                sent[connection.socket] = (connection, f"{method} {path}")
            while ready := select.select(list(sent), [], [], 0.7)[0]:
                for one in ready:
                    connection, request = sent.pop(one)
                    found.append(f"{request}: {connection.receive().status}")
        return found


@pytest.fixture(scope="module", params=["", "/r", "/a/b.c"])
def frozen_at(request: pytest.FixtureRequest, imported: dict[str, Path],
              tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frozen]:
    options = ["--base", request.param] if request.param else []
    one = Frozen(imported["utf8"], tmp_path_factory.mktemp("frozen"), *options)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def without_files(imported: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
                  ) -> Iterator[Frozen]:
    """A part of `file` is switched off, and below a base."""
    one = Frozen(imported["utf8"], tmp_path_factory.mktemp("frozen"), "--base", "/r",
                 "--disable-ops", "search, file/2")
    yield one
    one.stop()


def test_nginx_sends_payloads(frozen_at: Frozen) -> None:
    for method, path in SENT:
        assert frozen_at.status(method, path) == 200, (method, path)


def test_nginx_keeps_manifests(frozen_at: Frozen) -> None:
    for method, path in KEPT:
        assert frozen_at.status(method, path) == 200, (method, path)


def test_everything_else_is_asked(frozen_at: Frozen) -> None:
    assert frozen_at.answered(ASKED) == []


def test_below_the_base_only(frozen_at: Frozen) -> None:
    """A base is no publisher, and what looks like one is no base."""
    base = frozen_at.depot.base
    if not base:
        pytest.skip("there is no base")
    encoded = f"/%{ord(base[1]):x}{base[2:]}"
    assert frozen_at.answered([("GET", f"/{FILE}"), ("GET", f"/fruit/{FILE}")], encoded) == []
    for other in ("", "/other", base + "x", "/x" + base):
        reply = rawhttp.ask(frozen_at.depot.address, "GET", f"{other}/fruit/{FILE}")
        assert reply.status == 404, other


def test_who_wants_it_anew_is_not_given_the_kept_one(frozen_at: Frozen) -> None:
    path = KEPT[0][1]
    for fields in ({"Cache-Control": "no-cache"}, {"Cache-Control": "x, No-Store"},
                   {"Cache-Control": "max-age=00"}, {"Pragma": "no-cache"},
                   {"Cache-Control": "max-stale", "Pragma": "x,no-cache"}):
        with rawhttp.Connection(frozen_at.depot.address, timeout=0.3) as connection:
            connection.send("GET", frozen_at.depot.base + path, fields)
            with pytest.raises(TimeoutError):
                connection.receive()
    for fields in ({"Cache-Control": "max-age=01"}, {"Cache-Control": "only-if-cached"},
                   {"Pragma": "no-cached"}, {"Cache-Control": "x-no-cache-x", "Pragma": "y"}):
        assert frozen_at.depot.ask("GET", path, fields).status == 200, fields


def test_no_payload_is_sent_if_they_are_switched_off(without_files: Frozen) -> None:
    assert without_files.answered([("GET", f"/{FILE}"), ("GET", f"/fruit/{FILE}"),
                                   ("HEAD", f"/fruit/{FILE}"),
                                   ("GET", f"/metaset/1/fruit/{FILE}")]) == []


def test_manifests_are_kept_nevertheless(without_files: Frozen) -> None:
    for method, path in KEPT:
        assert without_files.status(method, path) == 200, (method, path)
