"""What simulated clients write down, one JSON document a line, and the judge reads."""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Given:
    """One catalog.attrs as a client received it. Times are those of time.monotonic(), which all
    processes of a machine share."""

    identity: str  # the hash of its bytes
    modified: str  # its top-level last-modified
    begin: float
    end: float


@dataclass
class Record:
    """One step of a client: a refresh, or the fetching of manifests and payloads."""

    client: str
    who: str  # what depots can know it by: its UUID, or else its address
    kind: str  # fresh, incremental or content
    begin: float
    end: float = 0.0
    had: str = ""  # last-modified of the catalog that it had before
    given: list[Given] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)  # files that are not those of their attrs
    recoveries: list[str] = field(default_factory=list)  # full downloads nobody asked for
    retries: dict[str, int] = field(default_factory=dict)  # by reason
    failed: str = ""  # why it gave up
    reasons: list[str] = field(default_factory=list)  # of the last attempt; empty: no transport
    slowest: float = 0.0  # how long the slowest answer took

    def line(self) -> str:
        """For RecordFile."""
        return json.dumps(asdict(self)) + "\n"


class RecordFile:
    """A file that grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._records: list[Record] = []

    def read(self) -> list[Record]:
        """All whole lines that are there by now; none if there is no file yet."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            content = json.loads(line)
            content["given"] = [Given(**one) for one in content["given"]]
            self._records.append(Record(**content))
        return self._records
