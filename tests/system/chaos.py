"""What happens to a group, at random but by a seed: a plan, which is the same for the same seed,
and somebody who carries it out.
"""
from __future__ import annotations

import errno
import os
import random
import signal
import time
from pathlib import Path
from typing import Callable, NamedTuple

from group import Group
from network import Network
from parts import kill_all

CALM = 1.2  # seconds between two events, on the average
LONGEST = 9.0  # that anything lasts: some things last longer than a lease
FREE_BYTES = 4096  # that a full disk has left
FILL_TRIES = 1000
TROUBLED = 2  # as many members at once: the others have to go on


class Event(NamedTuple):
    """Something happens to a part at a time (seconds from the beginning), and is over later."""

    at: float
    kind: str
    target: int  # a member of the group, or of etcd
    lasts: float
    detail: int  # which worker, or how many milliseconds

    def __str__(self) -> str:
        return f"{self.at:7.2f} s: {self.kind} {self.target} for {self.lasts:.2f} s"


class Kind(NamedTuple):
    """Something that can happen, how often as against others, and to what: of each kind of thing
    only one of those that belong to the same target is disturbed at a time."""

    name: str
    weight: int
    thing: str


KINDS = [
    Kind("kill agent", 4, "agent"), Kind("pause agent", 4, "agent"),
    Kind("kill worker", 3, "depot"), Kind("pause workers", 3, "depot"),
    Kind("kill nginx", 2, "depot"), Kind("pause nginx", 2, "depot"),
    Kind("stall traffic", 3, "relay"), Kind("delay traffic", 3, "relay"),
    Kind("drop traffic", 3, "relay"), Kind("cut network", 4, "relay"),
    Kind("kill etcd", 2, "etcd"), Kind("pause etcd", 3, "etcd"),
    Kind("kill most of etcd", 1, "etcd"), Kind("pause most of etcd", 1, "etcd"),
    Kind("full disk", 2, "disk"),
]

def plan(seed: int, seconds: float, members: int, etcds: int, disk: int | None = None,
         network: bool = False) -> list[Event]:
    """In order of time; everything is over at the end. `disk`: the member whose disk can be full;
    `network`: whether members have one that can be cut."""
    source = random.Random(seed)
    kinds = [kind for kind in KINDS if (kind.thing != "disk" or disk is not None)
             and (kind.name != "cut network" or network)]
    busy: dict[tuple[str, int], float] = {}
    events: list[Event] = []
    at = source.expovariate(1 / CALM)
    while at < seconds:
        kind = source.choices(kinds, [kind.weight for kind in kinds])[0]
        target = source.randrange(etcds if kind.thing == "etcd" else members)
        if kind.thing == "disk" and disk is not None:
            target = disk
        event = Event(at, kind.name, target, min(_lasts(source), seconds - at),
                      source.randrange(1000))
        # All of etcd is one thing, so that it never loses more members than it is meant to.
        place = (kind.thing, 0 if kind.thing == "etcd" else target)
        if busy.get(place, 0) < at and not _too_many(events, event, kind.thing):
            busy[place] = at + event.lasts
            events.append(event)
        at += source.expovariate(1 / CALM)
    return events


def _lasts(source: random.Random) -> float:
    """Many are short, some are long."""
    return max(0.1, LONGEST * source.random() ** 2)


def _too_many(events: list[Event], event: Event, thing: str) -> bool:
    """Whether too few members would be left that answer, were it to happen too."""
    if thing == "etcd":
        return False
    members = {other.target for other in events
               if "etcd" not in other.kind and other.at + other.lasts > event.at}
    return len(members | {event.target}) > TROUBLED


Act = Callable[[Event], None]


class Chaos:
    """Does to a group what a plan says. `disk`: where the file system is that can be full."""

    def __init__(self, group: Group, disk: Path | None) -> None:
        self._group = group
        self._filler = disk / "filler" if disk else None
        member, etcd = group.members, group.etcd
        # What is done, and what undoes it.
        self._acts: dict[str, tuple[Act, Act]] = {
            "kill agent": (lambda e: member[e.target].agent.kill(),
                           lambda e: member[e.target].agent.start()),
            "pause agent": (lambda e: member[e.target].agent.pause(),
                            lambda e: member[e.target].agent.resume()),
            "kill worker": (lambda e: member[e.target].kill_worker(e.detail), lambda e: None),
            "pause workers": (lambda e: kill_all(member[e.target].workers(), signal.SIGSTOP),
                              lambda e: kill_all(member[e.target].workers(), signal.SIGCONT)),
            "kill nginx": (lambda e: member[e.target].kill_nginx(),
                           lambda e: member[e.target].start_depot()),
            "pause nginx": (lambda e: kill_all(member[e.target].nginx(), signal.SIGSTOP),
                            lambda e: kill_all(member[e.target].nginx(), signal.SIGCONT)),
            "stall traffic": (self._traffic("stall"), self._traffic("pass")),
            "delay traffic": (self._traffic("delay"), self._traffic("pass")),
            "drop traffic": (self._traffic("drop"), self._traffic("pass")),
            "cut network": (lambda e: self._network().cut(e.target),
                            lambda e: self._network().mend(e.target)),
            "kill etcd": (lambda e: etcd.kill(e.target), lambda e: etcd.restart(e.target)),
            "pause etcd": (lambda e: etcd.stop(e.target), lambda e: etcd.resume(e.target)),
            "kill most of etcd": self._most(etcd.kill, etcd.restart),
            "pause most of etcd": self._most(etcd.stop, etcd.resume),
            "full disk": (lambda e: self._fill(), lambda e: self._empty()),
        }

    def run(self, events: list[Event]) -> None:
        """Carries it all out, in time."""
        begin = time.monotonic()
        steps = [(event.at, "", event) for event in events]
        steps += [(event.at + event.lasts, "end of ", event) for event in events]
        for when, end, event in sorted(steps, key=lambda step: step[0]):
            time.sleep(max(0.0, begin + when - time.monotonic()))
            print(f"{time.monotonic():.2f}: {end}{event}", flush=True)
            self._acts[event.kind][1 if end else 0](event)

    def _network(self) -> Network:
        assert self._group.network
        return self._group.network

    def _traffic(self, mode: str) -> Act:
        return lambda event: self._group.members[event.target].relay.become(mode, event.detail)

    def _most(self, act: Callable[[int], None], undo: Callable[[int], None]) -> tuple[Act, Act]:
        """A majority: all but the target."""
        size = len(self._group.etcd.endpoints)

        def each(what: Callable[[int], None]) -> Act:
            return lambda event: [what(n) for n in range(size) if n != event.target] and None

        return each(act), each(undo)

    def _fill(self) -> None:
        assert self._filler
        with self._filler.open("wb") as file:
            for _ in range(FILL_TRIES):
                status = os.statvfs(self._filler.parent)
                free = status.f_bavail * status.f_frsize - FREE_BYTES
                try:
                    if free > 0:
                        os.posix_fallocate(file.fileno(), 0, free)
                    return
                except OSError as error:  # the member took some of it meanwhile
                    if error.errno != errno.ENOSPC:
                        raise
        raise AssertionError("a disk that is written to could not be filled")

    def _empty(self) -> None:
        assert self._filler
        self._filler.unlink()
