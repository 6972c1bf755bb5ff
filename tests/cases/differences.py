"""Where a web server answers in another way than the cases say. Nothing else may differ.

Each of them is in metaset-apache(7), DIFFERENCES. One that is none any more fails the tests.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, replace

from case_file import Case


@dataclass(frozen=True)
class Difference:
    """`old` in these cases is `new` with these servers; an empty `new` takes the line away."""

    servers: str  # a pattern of their names
    cases: str  # a pattern of the names of cases
    old: str
    new: str
    why: str


DIFFERENCES = [
    Difference("apache.*", "(ascii-)?catalog0: .*", r"Last-Modified: 2024-.*", "",
               "Apache drops a date that is not in the form of HTTP, which catalog/0 has"),
    Difference("apache.*", "conditions: (a payload by (its|another) tag|If-Range of a payload)",
               '"66342939-49f2e"', '"49f2e-617816a020040"',
               "the tag of a payload is the web server's own"),
    Difference("apache.*", "paths: an encoded NUL", "400", "404", "Apache answers it itself"),
]


def _changed(difference: Difference, text: str) -> str:
    return re.sub(difference.old, difference.new, text)


def adapted(case: Case, server: str) -> Case:
    """The case as it is with that server: the same object if nothing differs."""
    for difference in DIFFERENCES:
        if not (re.fullmatch(difference.servers, server)
                and re.fullmatch(difference.cases, case.name)):
            continue
        checks = [_changed(difference, check) for check in case.checks]
        changed = replace(
            case, checks=[check for check in checks if check],
            headers={name: _changed(difference, text) for name, text in case.headers.items()},
            statuses=[int(_changed(difference, str(status))) for status in case.statuses])
        if changed != case:
            case = changed
    return case
