"""Runs every case through every backend."""
from __future__ import annotations

from pathlib import Path

import pytest

from backends import NAMES
from case_check import problems
from case_file import Case, read_cases
from differences import adapted

HERE = Path(__file__).parent
CASES = [case for path in sorted(HERE.glob("*.case")) for case in read_cases(path)]


def test_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("backend", NAMES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(backends: dict, backend: str, case: Case) -> None:
    case_here = adapted(case, backend)
    found = problems(case_here, backends[backend].ask(case_here))
    assert not found, f"{case.method} {case.target}: " + "; ".join(found)
    if case_here is not case:
        assert problems(case, backends[backend].ask(case)), f"no difference here: {case.name}"
