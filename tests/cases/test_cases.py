"""Runs every case through every backend."""
from __future__ import annotations

from pathlib import Path

import pytest

from case_check import problems
from case_file import Case, read_cases

HERE = Path(__file__).parent
CASES = [case for path in sorted(HERE.glob("*.case")) for case in read_cases(path)]


def test_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("backend", ["nginx", "cgi"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(backends: dict, backend: str, case: Case) -> None:
    reply = backends[backend].ask(case)
    found = problems(case, reply)
    assert not found, f"{case.method} {case.target}: " + "; ".join(found)
