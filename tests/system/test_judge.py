"""The judge finds each kind of breach, in records made up for it, and nothing where there is none.
"""
from __future__ import annotations

from pathlib import Path
from typing import Any

import judge
from judge import Committed
from records import Given, Record, RecordFile

HISTORY = {f"hash{number}": Committed(number, f"20240501T10000{number}.5Z")
           for number in range(1, 6)}


def given(number: int, begin: float) -> Given:
    return Given(f"hash{number}", HISTORY[f"hash{number}"].modified, begin, begin + 0.1)


def step(begin: float, *attrs: Given, client: str = "one", had: int = 0, **more: Any) -> Record:
    """A refresh that takes a second."""
    return Record(client, more.pop("who", client), "incremental", begin, begin + 1,
                  HISTORY[f"hash{had}"].modified if had else "", list(attrs), **more)


def kinds(*records: Record, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Of the breaches in these records."""
    return [breach.kind for breach in judge.judge(records, HISTORY, allowed)]


def test_nothing_to_complain_about() -> None:
    assert kinds(step(0, given(1, 0)), step(1, given(1, 1), client="two"),
                 step(2, given(2, 2), had=1), step(3, given(2, 3), client="two", had=1),
                 step(4, given(3, 4), had=2), step(5, had=3)) == []


def test_failures() -> None:
    failed = step(0, failed="4 times in vain", reasons=["404", "504"])
    assert kinds(failed) == [judge.FAILURE]
    assert kinds(failed, allowed=judge.DEAD_MEMBERS) == [judge.FAILURE]
    dead = step(0, failed="4 times in vain", reasons=["no answer: ConnectionRefusedError", "502"])
    assert kinds(dead) == [judge.FAILURE]
    assert kinds(dead, allowed=judge.DEAD_MEMBERS) == []
    assert judge.forgiven([dead, failed, step(1)], judge.DEAD_MEMBERS) == [dead]
    # What is no matter of transport is never allowed.
    wrong = step(0, failed="parts are not those of catalog.attrs")
    assert kinds(wrong, allowed=judge.DEAD_MEMBERS) == [judge.FAILURE]


def test_mixtures_and_full_fetches() -> None:
    assert kinds(step(0, given(1, 0), mixed=["catalog.base.C"])) == [judge.MIXTURE]
    assert kinds(step(0, given(1, 0), recoveries=["base is older"])) == [judge.FULL]


def test_catalogs_that_nobody_committed() -> None:
    stranger = Given("other", HISTORY["hash1"].modified, 0, 0.1)
    assert kinds(step(0, stranger)) == [judge.UNKNOWN]


def test_steps_back() -> None:
    # From what it holds; from what it was given in an earlier step; within one step.
    assert kinds(step(0, given(1, 0), had=2)) == [judge.BACK]
    assert kinds(step(0, given(2, 0)), step(1, given(1, 1), had=1)) == [judge.BACK]
    assert kinds(step(0, given(2, 0), given(1, 0.5))) == [judge.BACK]
    # One that was given the newer catalog while another client still reads the old one.
    assert kinds(step(0, given(2, 0.5)), step(0.2, given(1, 0.2), client="two")) == []


def test_a_fraction_of_zero_is_left_out() -> None:
    whole, fraction = "20240501T100000Z", "20240501T100000.000001Z"
    history = {"a": Committed(1, whole), "b": Committed(2, fraction)}
    forward = [Record("one", "one", "fresh", 0, 1, "", [Given("a", whole, 0, 1)]),
               Record("one", "one", "incremental", 1, 2, whole, [Given("b", fraction, 1, 2)])]
    assert judge.judge(forward, history) == []
    back = [Record("one", "one", "incremental", 0, 1, fraction, [Given("a", whole, 0, 1)])]
    assert [breach.kind for breach in judge.judge(back, history)] == [judge.BACK]


def test_members_that_disagree() -> None:
    newer = step(0, given(2, 0))
    stranger = step(1, given(1, 1), client="two")
    assert kinds(newer, stranger) == [judge.LATE]
    # It asked before the other had its answer; it is remembered; it has a catalog.
    assert kinds(newer, step(0.05, given(1, 0.05), client="two")) == []
    assert kinds(step(-9, given(1, -9), client="two"), newer,
                 step(1, given(1, 1), client="two", had=1)) == []
    # But not for ever.
    assert kinds(step(-90, given(1, -90), client="two"), newer, stranger) == [judge.LATE]


def test_what_was_seen() -> None:
    records = [step(0, given(1, 0)), step(1, given(3, 1), client="two")]
    assert judge.seen(records, HISTORY) == {1, 3}
    breaches = judge.judge([step(0, given(1, 0), mixed=["a", "b"])], HISTORY)
    assert judge.count(breaches) == {judge.MIXTURE: 2}
    assert "mixture: a" in judge.summary(records, breaches)


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    records = [step(0, given(1, 0), mixed=["x"], retries={"404": 2}), step(1, reasons=["502"])]
    path = tmp_path / "records"
    file = RecordFile(path)
    assert file.read() == []
    lines = [record.line() for record in records]
    path.write_text(lines[0] + lines[1][:20])
    assert file.read() == records[:1]
    path.write_text("".join(lines))
    assert file.read() == records
