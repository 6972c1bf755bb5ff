"""System calls fail: the publisher is told what is wrong, nothing is lost, and the same process
goes on as soon as the trouble is over."""
from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from crash import (  # noqa: F401
    PAIR, Template, check, check_visible, listed, manifests, memory, template)
from faults import CREATE, DATA, OPEN, REMOVE, SYNC, Faults
from publication import Script, Step
from publisher import Publisher, Tool
from test_crashes import MOST, STRIDE
from test_publish import tool


class Trouble(NamedTuple):
    """A kind of failure."""
    error: int
    kinds: int
    lasting: bool  # until somebody does something about it
    statuses: tuple[int, ...]


TROUBLES = {
    "full": Trouble(errno.ENOSPC, CREATE | DATA | SYNC, True, (400, 507)),
    "broken": Trouble(errno.EIO, CREATE | DATA | SYNC | REMOVE, False, (500, 504)),
    # Clients try again after 504.
    "files": Trouble(errno.EMFILE, OPEN, True, (504,)),
}


def attempt(step: Step, faults: Faults, trouble: Trouble) -> None:
    """Does a step; if it fails, says why it should have, and does it again without the trouble."""
    reply = step.act()
    if reply.status == 200:
        return
    assert faults.hit, (step.name, reply.message())
    assert reply.status in trouble.statuses, (step.name, reply.status, reply.message())
    if not step.name.startswith("catalog"):
        assert os.strerror(trouble.error) in str(reply.message()), step.name
    faults.stop()
    again = step.act()
    assert again.status == 200, (step.name, again.status, again.message())


@contextmanager
def one_worker(repository: Path, template: Template, top: Path) -> Iterator[tuple[Faults, Tool]]:
    """A copy of the template and a worker whose calls can fail; it has to live until the end."""
    template.copy_to(repository)
    faults = Faults(top / "faults", repository)
    publisher = Publisher(repository, top / "endpoint", options=("-w", "0", "-t", "2"),
                          environment=faults.environment())
    try:
        yield faults, tool(publisher, template.token)
        assert publisher.worker.poll() is None
        check(repository)
    finally:
        faults.stop()
        publisher.stop()


@pytest.mark.parametrize("name", TROUBLES)
def test_calls_that_fail(name: str, template: Template, memory: Path, tmp_path: Path) -> None:
    """Each call in turn, in one worker that is never restarted."""
    with one_worker(memory / name, template, tmp_path) as (faults, publisher):
        walk(faults, TROUBLES[name], publisher)


@pytest.mark.parametrize("name", TROUBLES)
def test_abandoning_while_calls_fail(name: str, template: Template, memory: Path,
                                     tmp_path: Path) -> None:
    """Each call, whatever the stride: the name is free again, at the second attempt if need be."""
    trouble = TROUBLES[name]
    with one_worker(memory / f"abandon-{name}", template, tmp_path) as (faults, publisher):
        for number in range(1, MOST):
            *before, abandon = Script(publisher).abandoned()
            for step in before:
                assert step.act().status == 200, (number, step.name)
            faults.fail_at(number, trouble.error, trouble.kinds, trouble.lasting)
            attempt(abandon, faults, trouble)
            hit = faults.hit
            faults.stop()
            if not hit:
                return


def walk(faults: Faults, trouble: Trouble, publisher: Tool) -> None:
    """Publishes other packages in each round."""
    published: set[str] = set()
    wanted = None
    for number in range(1, MOST, max(1, STRIDE // 2)):
        script = Script(publisher, f"-round{number}")
        faults.fail_at(number, trouble.error, trouble.kinds, trouble.lasting)
        try:
            for step in script.steps():
                attempt(step, faults, trouble)
            hit = faults.hit
            faults.stop()
            published |= script.packages
            check_visible(listed(publisher), published | PAIR)
            texts = {text.replace(f"-round{number}".encode(), b"")
                     for text in manifests(publisher, script.packages).values()}
            wanted = wanted or texts
            assert texts == wanted
        except AssertionError as error:
            raise AssertionError(f"failed at call {number}, {faults.last}") from error
        if not hit:
            return
    raise AssertionError("the script does not end")
