"""One process of simulated clients, each a thread: fleet_clients.py JSON, until stdin ends.

They refresh, from nothing or from what they have, fetch manifests and payloads, and write down what
they saw (records.py). Fleet starts it.
"""
from __future__ import annotations

import hashlib
import json
import random
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog_state import Catalog, Document, Mismatch, MustStartOver, UnknownEntry, parse, signature
from client import Check, Client, Fields, Origin, Transport, TransportError
from records import Given, Record

FRESH_SHARE = 0.4  # of the refreshes
PACKAGES = 2  # that are fetched after a refresh that brought something
SULK = 0.5  # seconds after a failure
TROUBLES = (Mismatch, MustStartOver, TransportError, UnknownEntry)


@dataclass
class Setting:
    """What all clients of the process share."""

    address: tuple[str, int]
    base: str
    publisher: str
    pause: float  # at most so long between two rounds


class Witness(Transport):
    """Notes what it is given while it fetches, and whether the pieces belong together."""

    def __init__(self, setting: Setting, fields: Fields, source: str) -> None:
        origin = Origin(setting.address, setting.base)
        super().__init__(lambda path: origin, fields, source)
        self.record = Record("", "", "", 0)
        self._listed: Document = {}

    def get(self, paths: list[str], check: Check, fields: Fields | None = None) -> dict[str, bytes]:
        begin = time.monotonic()

        def noting(path: str, body: bytes) -> None:
            check(path, body)
            self._note(path, body, begin)

        return super().get(paths, noting, fields)

    def answered(self, path: str, status: int, seconds: float) -> None:
        self.record.slowest = max(self.record.slowest, seconds)

    def _note(self, path: str, body: bytes, begin: float) -> None:
        name = path.rpartition("/catalog/1/")[2]
        if name == path:
            return
        document = parse(body)
        if name == "catalog.attrs":
            self._listed = {**document["parts"], **document["updates"]}
            self.record.given.append(Given(hashlib.sha1(body).hexdigest(),
                                           document["last-modified"], begin, time.monotonic()))
        elif signature(document) != self._listed.get(name, {}).get("signature-sha-1"):
            modified = self.record.given[-1].modified if self.record.given else "nothing"
            self.record.mixed.append(f"{name} is not that of {modified}")


class Visitor:
    """A client that comes again and again. With a UUID it sometimes is a new machine."""

    def __init__(self, setting: Setting, name: str, source: str, has_uuid: bool,
                 seed: str) -> None:
        self._setting = setting
        self._name = name
        self._source = source
        self._has_uuid = has_uuid
        self._random = random.Random(seed)
        self._held: Catalog | None = None
        self._introduce()

    def _introduce(self) -> None:
        """As a machine that no depot has seen, if it has a UUID."""
        self._who = self._source
        fields: Fields = {}
        if self._has_uuid:
            self._who = str(uuid.UUID(int=self._random.getrandbits(128)))
            fields["X-IPkg-UUID"] = self._who
        self._transport = Witness(self._setting, fields, self._source)

    def round(self) -> list[Record]:
        """A refresh, and what it leads to."""
        kind = "incremental"
        if self._held is None or self._random.random() < FRESH_SHARE:
            kind = "fresh"
            self._held = None
            if self._has_uuid and self._random.random() < 0.5:
                self._transport.close()
                self._introduce()
        client = Client(self._transport, self._setting.publisher)
        client.catalog = self._held
        had = client.catalog.attrs["last-modified"] if client.catalog else ""
        refresh = self._step(kind, had, client, client.refresh)
        self._held = client.catalog
        if refresh.failed or client.catalog is None:
            return [refresh]
        names = client.catalog.differing(client.catalog.parts)
        refresh.mixed += [f"{name} is not that of the catalog that was stored" for name in names]
        if not refresh.given or refresh.given[-1].modified == had:
            return [refresh]
        wanted = self._wanted(client.catalog)
        return [refresh, self._step("content", had, client,
                                    lambda: [client.install(name) for name in wanted])]

    def _step(self, kind: str, had: str, client: Client, act: Any) -> Record:
        """What happens while it acts."""
        record = Record(self._name, self._who, kind, time.monotonic(), had=had)
        self._transport.record = record
        self._transport.retries.clear()
        client.recoveries.clear()
        try:
            act()
        except TROUBLES as trouble:
            record.failed = f"{type(trouble).__name__}: {trouble}"
            record.reasons = list(getattr(trouble, "reasons", []))
        record.end = time.monotonic()
        record.retries = dict(self._transport.retries)
        record.recoveries = list(client.recoveries)
        return record

    def _wanted(self, catalog: Catalog) -> list[str]:
        names = sorted(catalog.packages(self._setting.publisher))
        return self._random.sample(names, min(PACKAGES, len(names)))

    def rest(self, stop: threading.Event, failed: bool) -> None:
        """Between two rounds."""
        stop.wait(SULK if failed else self._random.uniform(0, self._setting.pause))

    def close(self) -> None:
        """Its connections."""
        self._transport.close()


def loop(visitor: Visitor, output: Any, lock: threading.Lock, stop: threading.Event) -> None:
    """Rounds until it is time to go."""
    while not stop.is_set():
        records = visitor.round()
        with lock:
            output.write("".join(record.line() for record in records))
            output.flush()
        visitor.rest(stop, bool(records[-1].failed))
    visitor.close()


def main(text: str) -> int:
    """The argument is a document that Fleet makes."""
    order = json.loads(text)
    setting = Setting(tuple(order["address"]), order["base"], order["publisher"], order["pause"])
    stop = threading.Event()
    lock = threading.Lock()
    broken: list[str] = []

    def run(visitor: Visitor) -> None:
        try:
            loop(visitor, output, lock, stop)
        except Exception as error:  # pylint: disable=broad-exception-caught
            broken.append(repr(error))
            raise

    with Path(order["records"]).open("a") as output:
        threads = [threading.Thread(target=run, args=(Visitor(setting, **client),))
                   for client in order["clients"]]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        stop.set()
        for thread in threads:
            thread.join()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
