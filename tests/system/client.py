"""A package client as far as a depot sees it: refresh and install, with the rules of the stock one.

What it does and when it gives up is what pkg does: one question for versions, then catalog.attrs,
then parts or update logs over several connections at once; each file is checked by itself, the
result against catalog.attrs. It needs no image and no solver, so hundreds of refreshes take
seconds.
"""
from __future__ import annotations

import gzip
import hashlib
import time
import zlib
from collections import Counter
from typing import Callable, NamedTuple
from urllib.parse import quote

import rawhttp
from catalog_state import (BadContent, Catalog, Document, Mismatch, MustStartOver, all_parts,
                           needed, parse, updated, whole)

ROUNDS = 4
CONNECTIONS = 20
RETRIED = frozenset((404, 408, 502, 504))
NO_CACHE = {"Cache-Control": "no-cache", "Pragma": "no-cache"}
REVALIDATE = {"Cache-Control": "max-age=0"}
CODED = {"Accept-Encoding": "deflate, gzip"}

Fields = dict[str, str]
Check = Callable[[str, bytes], None]  # path, body; BadContent if that is not what was asked for


class Origin(NamedTuple):
    """Where a request goes: an address, and what comes before the path."""

    address: rawhttp.Address
    base: str = ""


class Asked(NamedTuple):
    """A question that was sent; `kept`: its connection has been used before."""

    origin: Origin
    connection: rawhttp.Connection | None
    kept: bool
    when: float = 0.0  # time.monotonic()


class TransportError(Exception):
    """A file could not be fetched; the client gives up what it was doing. `reasons`: what happened
    to each of those that are missing in the last attempt."""

    def __init__(self, message: str, reasons: list[str]) -> None:
        super().__init__(message)
        self.reasons = reasons


class Transport:
    """Fetches files with the retries of the stock client. `route` chooses for each request;
    `fields` are sent with each; `source` is the address to come from."""

    def __init__(self, route: Callable[[str], Origin], fields: Fields | None = None,
                 source: str = "") -> None:
        self._route = route
        self._fields = fields or {}
        self._source = source
        self._idle: dict[rawhttp.Address, list[rawhttp.Connection]] = {}
        self.retries: Counter[str] = Counter()  # by reason

    def close(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def get(self, paths: list[str], check: Check, fields: Fields | None = None) -> dict[str, bytes]:
        """The bodies of all paths, decoded and checked; TransportError if one cannot be had."""
        found: dict[str, bytes] = {}
        wanted = {path: {**self._fields, **(fields or {})} for path in paths}
        reasons: dict[str, str] = {}
        for _ in range(ROUNDS):
            reasons = {}
            left = [path for path in paths if path not in found]
            for first in range(0, len(left), CONNECTIONS):
                batch = left[first:first + CONNECTIONS]
                self._batch({path: wanted[path] for path in batch}, check, found, reasons)
            if not reasons:
                return found
            for path, reason in reasons.items():
                self.retries[reason] += 1
                if reason == "bad content":
                    wanted[path].update(NO_CACHE)
        raise TransportError(f"{ROUNDS} times in vain: {reasons}", list(reasons.values()))

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Called for each answer, for those who want to know how long it took."""

    def _batch(self, wanted: dict[str, Fields], check: Check, found: dict[str, bytes],
               reasons: dict[str, str]) -> None:
        """Asks for all at once, each on its own connection, and then takes the answers."""
        asked = [(path, fields, self._ask(path, fields)) for path, fields in wanted.items()]
        for path, fields, connection in asked:
            try:
                reply = self._answer(path, fields, connection)
                self.answered(path, reply.status, time.monotonic() - connection.when)
                if reply.status == 200:
                    body = reply.decoded()
                    check(path, body)
                    found[path] = body
                elif reply.status in RETRIED:
                    reasons[path] = str(reply.status)
                else:
                    raise TransportError(f"{path}: status {reply.status}: {reply.message()}",
                                         [str(reply.status)])
            except (OSError, rawhttp.BrokenAnswer) as error:
                reasons[path] = f"no answer: {error!r}"
            except (BadContent, EOFError, zlib.error):
                reasons[path] = "bad content"

    def _ask(self, path: str, fields: Fields) -> Asked:
        origin = self._route(path)
        idle = self._idle.setdefault(origin.address, [])
        kept = bool(idle)
        when = time.monotonic()
        try:
            connection = idle.pop() if kept else self._connect(origin)
            connection.send("GET", f"{origin.base}/{path}", fields)
        except OSError:
            return Asked(origin, None, kept, when)
        return Asked(origin, connection, kept, when)

    def _answer(self, path: str, fields: Fields, asked: Asked) -> rawhttp.Reply:
        """A kept connection may have been closed meanwhile; then the question is sent once more."""
        try:
            return self._finish(asked)
        except (OSError, rawhttp.BrokenAnswer):
            if not asked.kept:
                raise
        connection = self._connect(asked.origin)
        connection.send("GET", f"{asked.origin.base}/{path}", fields)
        return self._finish(Asked(asked.origin, connection, False))

    def _connect(self, origin: Origin) -> rawhttp.Connection:
        return rawhttp.Connection(origin.address, source=self._source)

    def _finish(self, asked: Asked) -> rawhttp.Reply:
        if asked.connection is None:
            raise rawhttp.BrokenAnswer("not connected")
        try:
            reply = asked.connection.receive()
        except (OSError, rawhttp.BrokenAnswer):
            asked.connection.close()
            raise
        if reply.get("Connection") == "close":
            asked.connection.close()
        else:
            self._idle[asked.origin.address].append(asked.connection)
        return reply


class Client:
    """One publisher's packages, seen by one image."""

    def __init__(self, transport: Transport, publisher: str) -> None:
        self.transport = transport
        self.publisher = publisher
        self.catalog: Catalog | None = None
        self.recoveries: list[str] = []  # full downloads that were not asked for, and why

    def refresh(self, full: bool = False) -> bool:
        """Whether something was new. After an error of a full download there is no catalog."""
        try:
            return self._refresh({}, full)
        except MustStartOver as problem:
            if full:
                raise
            self.recoveries.append(str(problem))
            return self._refresh(NO_CACHE, True)
        except Mismatch as problem:
            if full:
                raise
            self.recoveries.append(str(problem))
            return self._refresh(REVALIDATE, False)

    def entry(self, name: str) -> Document:
        """The newest version's entry in the catalog."""
        assert self.catalog is not None
        return self.catalog.packages(self.publisher)[name][-1]

    def install(self, name: str) -> list[str]:
        """Fetches and checks the newest version's manifest and payloads; the manifest's lines."""
        lines = self.manifest(name, self.entry(name)).splitlines()
        payloads = [words[1] for words in map(str.split, lines)
                    if words and words[0] in ("file", "license")]
        self.payloads(payloads)
        return lines

    def manifest(self, name: str, entry: Document) -> str:
        """Its text, which has the hash that the catalog lists."""
        path = (f"{self.publisher}/manifest/0/{quote(name, safe='')}"
                f"@{quote(entry['version'], safe='')}")

        def check(_: str, body: bytes) -> None:
            if hashlib.sha1(body).hexdigest() != entry["signature-sha-1"]:
                raise BadContent("not the manifest that the catalog lists")

        return self.transport.get([path], check, CODED)[path].decode()

    def payloads(self, names: list[str]) -> None:
        """Fetches them and compares each with its name."""

        def check(path: str, body: bytes) -> None:
            try:
                content = gzip.decompress(body)
            except OSError as error:
                raise BadContent("not a gzip file") from error
            if hashlib.sha1(content).hexdigest() != path.rpartition("/")[2]:
                raise BadContent("not the payload of that name")

        self.transport.get([f"{self.publisher}/file/1/{name}" for name in dict.fromkeys(names)],
                           check)

    def _refresh(self, fields: Fields, full: bool) -> bool:
        self.transport.get(["versions/0/"], check_versions)
        attrs = self._files(["catalog.attrs"], fields)["catalog.attrs"]
        stored = None if full else self.catalog
        names = needed(stored.attrs, attrs) if stored else all_parts(attrs)
        if names is None:
            return False
        files = self._files(names, fields)
        if stored:
            self.catalog = updated(stored, attrs, files)
        else:
            self.catalog = None  # also when the new one is refused
            self.catalog = whole(attrs, files)
        return True

    def _files(self, names: list[str], fields: Fields) -> dict[str, Document]:
        """Catalog files, each of which verifies by itself."""
        documents: dict[str, Document] = {}

        def check(path: str, body: bytes) -> None:
            documents[path.rpartition("/")[2]] = parse(body)

        self.transport.get([f"{self.publisher}/catalog/1/{name}" for name in names], check,
                           {**CODED, **fields})
        return documents


def check_versions(_: str, body: bytes) -> None:
    """Every line has a name and more; one of the names is that of a depot."""
    lines = [line.split() for line in body.decode().splitlines()]
    if any(len(words) < 2 for words in lines) or "pkg-server" not in (w[0] for w in lines):
        raise BadContent("not an answer to versions/0")
