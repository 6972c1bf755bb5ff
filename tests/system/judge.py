"""Says from what clients wrote down whether a group kept its promises.

A pure function, so that it can be tried on made-up records: a judge that finds nothing must be one
that would have found something.
"""
from __future__ import annotations

from collections import Counter
from typing import Iterable, NamedTuple

from catalog_state import moment
from records import Record

MEMORY = 60.0  # seconds for which depots know what they gave to whom
DEAD_MEMBERS = frozenset(("no answer", "502", "504"))  # what a client may see of them

FAILURE, MIXTURE, BACK, FULL, UNKNOWN, LATE = KINDS = (
    "failure", "mixture", "step back", "forced full fetch", "not committed", "late")


class Breach(NamedTuple):
    """A promise that was not kept."""

    kind: str
    client: str
    when: float
    text: str


class Committed(NamedTuple):
    """A metaset as its catalog.attrs tells."""

    number: int
    modified: str


# Hash of the bytes of catalog.attrs -> the metaset.
History = dict[str, Committed]


def judge(records: Iterable[Record], history: History,
          allowed: frozenset[str] = frozenset()) -> list[Breach]:
    """All breaches. `allowed`: the reasons for which clients may give up."""
    ordered = sorted(records, key=lambda record: record.end)
    found = []
    for record in ordered:
        found += [Breach(kind, record.client, record.end, text)
                  for kind, text in _of_one(record, history, allowed)]
    return found + _backwards(ordered) + _late(ordered, history)


def count(breaches: Iterable[Breach]) -> Counter[str]:
    """How many there are of each kind."""
    return Counter(breach.kind for breach in breaches)


def forgiven(records: Iterable[Record], allowed: frozenset[str]) -> list[Record]:
    """Those that failed for a reason that is allowed."""
    return [record for record in records if record.failed and _is_allowed(record, allowed)]


def seen(records: Iterable[Record], history: History) -> set[int]:
    """The metasets that clients were given."""
    return {history[given.identity].number for record in records for given in record.given
            if given.identity in history}


def _is_allowed(record: Record, allowed: frozenset[str]) -> bool:
    return bool(record.reasons) and {reason.partition(":")[0] for reason in record.reasons
                                     } <= allowed


def _of_one(record: Record, history: History,
            allowed: frozenset[str]) -> Iterable[tuple[str, str]]:
    """What one record shows by itself."""
    if record.failed and not _is_allowed(record, allowed):
        yield FAILURE, f"{record.kind}: {record.failed}"
    for name in record.mixed:
        yield MIXTURE, name
    for why in record.recoveries:
        yield FULL, why
    for given in record.given:
        known = history.get(given.identity)
        if known is None:
            yield UNKNOWN, f"catalog.attrs {given.identity} of {given.modified}"


def _backwards(ordered: list[Record]) -> Iterable[Breach]:
    """Who was given an older catalog than before. `who` counts: one client by several names is
    several clients, but what it holds stays with it."""
    newest: dict[str, str] = {}
    found = []
    for record in ordered:
        before = max(newest.get(record.who, ""), record.had, key=moment)
        for given in record.given:
            if moment(given.modified) < moment(before):
                found.append(Breach(BACK, record.client, given.end,
                                    f"{given.modified} after {before}"))
            before = max(before, given.modified, key=moment)
        newest[record.who] = before
    return found


class _Earliest(NamedTuple):
    """When a metaset was first given to somebody."""

    when: float
    number: int
    client: str


def _late(ordered: list[Record], history: History) -> Iterable[Breach]:
    """Who asked after another had been given metaset N, and still was given an older one, although
    no depot can have remembered anything about it: members disagreed. (About those that they
    remember they may: such a client stays at what it has until every member knows better.)"""
    earliest = _earliest(ordered, history)
    last: dict[str, float] = {}  # who -> when it was last given something
    found = []
    for record, given in sorted(((record, given) for record in ordered for given in record.given),
                                key=lambda pair: pair[1].end):
        known = history.get(given.identity)
        fresh = given.begin - last.get(record.who, float("-inf")) > MEMORY
        last[record.who] = given.end
        if known is None or not fresh or record.had:
            continue
        for other in earliest:
            if other.number > known.number and other.when < given.begin:
                found.append(Breach(
                    LATE, record.client, given.end,
                    f"metaset {known.number}, {given.begin - other.when:.3f} s after "
                    f"{other.client} was given {other.number}"))
                break
    return found


def _earliest(ordered: list[Record], history: History) -> list[_Earliest]:
    first: dict[int, _Earliest] = {}
    for record in ordered:
        for given in record.given:
            known = history.get(given.identity)
            if known and (known.number not in first or given.end < first[known.number].when):
                first[known.number] = _Earliest(given.end, known.number, record.client)
    return list(first.values())


def summary(records: list[Record], breaches: list[Breach], limit: int = 12) -> str:
    """For the message of a failed test."""
    lines = [f"{len(records)} steps, {dict(count(breaches))}"]
    lines += [f"  {breach.when:.3f} {breach.client}: {breach.kind}: {breach.text[:300]}"
              for breach in breaches[:limit]]
    return "\n".join(lines)

