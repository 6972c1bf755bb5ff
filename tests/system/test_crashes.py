"""Never lost, never half: writers are killed at each system call that changes something.

Every round starts from a copy of a small repository, kills at the next call, and goes on as those
would who use it: they repeat what got no answer, and then do the rest. The last round is the one in
which nothing was killed because there are no more calls.
"""
from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest

from crash import (  # noqa: F401
    PAIR, Template, check, check_visible, fmri, grow_old, leftovers, listed, manifests, memory,
    names, template)
from depot import METASET, STOP_LIMIT, metaset
from faults import Faults
from publication import Script, Step
from publisher import Publisher
from repositories import Package, publish
from test_publish import tool
from waiting import eventually

# How far it is from one call to the next that is tried; `make crash-walk` tries each.
STRIDE = int(os.environ.get("METASET_CRASH_STRIDE", "7"))
NOTHING = 4  # exit status: there was nothing to do
FAR_OFF = "90001231T000000Z"
MOST = 5000  # calls: a script that never ends is wrong too


class World:
    """A copy of the template, and the endpoint that publishes to it."""

    def __init__(self, template: Template, top: Path) -> None:
        self.template = template
        self.repository = top / "repository"
        template.copy_to(self.repository)
        self.faults = Faults(top / "faults", self.repository)
        # One process, so that the kill ends all of it.
        self.publisher = Publisher(self.repository, top / "endpoint",
                                   options=("-w", "0", "-t", "2"),
                                   environment=self.faults.environment())
        self.tool = tool(self.publisher, template.token)

    def renew(self) -> None:
        """A fresh copy and a fresh worker."""
        self.publisher.kill_worker()
        self.template.copy_to(self.repository)
        self._start()

    def is_killed(self) -> bool:
        """Whether the worker is gone."""
        return self.publisher.worker.poll() is not None

    def restart(self) -> None:
        """After the worker was killed. What it left is old by then."""
        self.publisher.worker.wait(STOP_LIMIT)
        grow_old(leftovers(self.repository))
        self._start()

    def _start(self) -> None:
        self.publisher.socket.unlink(missing_ok=True)
        self.publisher.start_worker()
        eventually(self.publisher.is_up, "the worker answers")


@pytest.fixture
def world(template: Template, memory: Path) -> Iterator[World]:
    top = memory / "world"
    top.mkdir()
    one = World(template, top)
    yield one
    one.faults.stop()
    one.publisher.stop()


def repeat(step: Step) -> None:
    """As a client that got no answer does."""
    reply = step.act()
    assert reply.status == 200 or step.is_settled_by(reply), (step.name, reply.message())


def run_script(world: World) -> bool:
    """Goes through the script. False if the worker was not killed."""
    published: set[str] = set()
    killed = False
    for step in Script(world.tool).steps():
        reply = step.act()
        if world.is_killed() or reply.status != 200:
            assert world.faults.hit and not killed, (step.name, reply.status, reply.message())
            killed = True
            world.restart()
            check(world.repository)
            check_visible(listed(world.tool), published)
            if reply.status != 200:
                repeat(step)
        if step.publishes:
            published.add(step.publishes)
    check_visible(listed(world.tool), published | PAIR)
    if killed:
        # The caretaker comes with the first request of a publisher.
        world.tool.ask("GET", "abandon/0/0_none")
        eventually(lambda: not leftovers(world.repository), "what the crash left is cleaned")
    return killed


@pytest.mark.long
def test_worker(world: World) -> None:
    """From open to the commit of what is staged."""
    assert not run_script(world)
    wanted = manifests(world.tool, Script(world.tool).packages)
    for number in range(1, MOST, STRIDE):
        world.renew()
        world.faults.kill_at(number, torn=True)
        try:
            killed = run_script(world)
            world.faults.stop()
            assert manifests(world.tool, set(wanted)) == wanted
        except AssertionError as error:
            raise AssertionError(f"killed at call {number}, {world.faults.last}") from error
        if not killed:
            return
    raise AssertionError("the script does not end")


class Command(NamedTuple):
    """A command of metaset(1), and whether a repository is as before it, or as after it."""
    arguments: Callable[[Template], list[str]]
    before: Callable[[Path], bool]
    after: Callable[[Path], bool]


def shows(*wanted: str) -> Callable[[Path], bool]:
    """Whether these packages are in the active metaset."""
    return lambda repository: set(wanted) <= names(repository)


def hides(*unwanted: str) -> Callable[[Path], bool]:
    """Whether none of these packages is."""
    return lambda repository: not set(unwanted) & names(repository)


def has_area(repository: Path) -> bool:
    """Whether there is the staging area `old`."""
    return "old" in metaset("stage", "list", "-d", repository).stdout


def staged_new(repository: Path) -> bool:
    """Whether the package `new` is staged."""
    return "/new@" in metaset("stage", "show", "-d", repository).stdout


def payload_of(name: str) -> str:
    """The file of the one payload of a package of the template."""
    digest = hashlib.sha1(name.encode() * 40).hexdigest()
    return f"file/{digest[:2]}/{digest}"


def is_collected(repository: Path) -> bool:
    """Whether what only old metasets had is gone, all of it."""
    again = metaset("gc", "-d", repository, "--keep-last", "1", "--dry-run", check=False)
    return (again.returncode == NOTHING and not (repository / payload_of("gone")).exists()
            and (repository / payload_of("first")).exists()
            and not (repository / "compacting").exists())


def is_scheduled(repository: Path) -> bool:
    """Whether a metaset waits for its time, and nothing of it is seen."""
    text = metaset("status", "-d", repository, "--json").stdout
    assert "held" not in names(repository)
    return json.loads(text)["scheduled"] is not None


def is_back(repository: Path) -> bool:
    """Whether the latest metaset has the content of the second one."""
    newest = json.loads(metaset("log", "-d", repository, "-n", "1", "--json").stdout)[0]
    return newest["package-versions"] == 1


COMMANDS = {
    "commit": Command(lambda _: ["commit"], hides(*PAIR, "held"), shows(*PAIR, "held")),
    "activate": Command(lambda template: ["activate", str(template.held)], hides("held"),
                        shows("held")),
    "activate-at": Command(lambda template: ["activate", str(template.held), "--at", FAR_OFF],
                           lambda repository: not is_scheduled(repository),
                           is_scheduled),
    "abandon": Command(lambda _: ["stage", "abandon", "old"], has_area,
                       lambda repository: not has_area(repository)),
    "publish": Command(lambda template: ["publish", "--keep-timestamp", "-d", str(template.proto),
                                         str(template.manifest)],
                       lambda repository: not staged_new(repository), staged_new),
    "rollback": Command(lambda template: ["rollback", str(template.first)],
                        lambda repository: not is_back(repository), is_back),
    # What it does it does in pieces, each of which may be the last one.
    "gc": Command(lambda _: ["gc", "--keep-last", "1", "--compact"], lambda _: True, is_collected),
}


def run_command(repository: Path, environment: dict[str, str],
                arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Runs it to its end."""
    return subprocess.run([str(METASET), *arguments], capture_output=True, check=False,
                          env={**environment, "METASET_ROOT": str(repository)}, timeout=STOP_LIMIT)


def check_command(command: Command, template: Template, repository: Path, status: int) -> None:
    """After it ran, whether it was killed or not: all or nothing; and then it can be repeated."""
    check(repository)
    assert status in (0, NOTHING, -signal.SIGKILL)
    assert command.after(repository) or (status != 0 and command.before(repository))
    again = run_command(repository, dict(os.environ), command.arguments(template))
    assert command.after(repository), again.stderr
    check(repository)


def check_cleaned(repository: Path, scratch: Path) -> None:
    """The next commit cleans up, where no worker does."""
    left = leftovers(repository)
    if not left:
        return
    grow_old(left)
    publish(repository, scratch, [Package(fmri("next"))], "--area", "next")
    metaset("commit", "-d", repository, "--area", "next")
    assert not leftovers(repository)


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_command(name: str, template: Template, memory: Path, tmp_path: Path) -> None:
    """Commands of metaset(1)."""
    command, repository = COMMANDS[name], memory / name
    faults = Faults(tmp_path / "faults", repository)
    for number in range(1, MOST, max(1, STRIDE // 2)):
        template.copy_to(repository)
        faults.kill_at(number, torn=True)
        status = run_command(repository, faults.environment(),
                             command.arguments(template)).returncode
        last = faults.last
        faults.stop()
        try:
            check_command(command, template, repository, status)
            check_cleaned(repository, tmp_path / "scratch")
        except AssertionError as error:
            raise AssertionError(f"killed at call {number}, {last}") from error
        if status == 0:
            return
    raise AssertionError("the command does not end")
