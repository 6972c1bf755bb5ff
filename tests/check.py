"""The parts of make check: lanes beside each other, in each of them one part after the other.

    check.py LOGS LANE... -- MAKE...      LANE: the goals of make, "system cases"

What a part prints is in LOGS/PART.log, and is shown as a whole when the part ends. The first part
that fails ends everything.
"""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STOP_LIMIT = 60.0  # seconds for tests to end what they have started


class Failed(Exception):
    """A part of this name has failed."""


class Lane:
    """One part at a time."""

    def __init__(self, parts: list[str], make: list[str], logs: Path) -> None:
        self._parts = parts
        self._make = make
        self._logs = logs
        self._running: subprocess.Popen[bytes] | None = None
        self._begin = 0.0

    def goes_on(self) -> bool:
        """Starts the next part if none runs; False if there is no more. Failed."""
        if self._running and self._running.poll() is None:
            return True
        if self._running:
            self._report()
        if self._parts:
            self._start()
        return bool(self._parts)

    def stop(self) -> None:
        """Ends the part that runs, as Ctrl-C would, and whatever is left of it."""
        if not self._running:
            return
        session = self._running.pid
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(session, signal.SIGINT)
            self._running.wait(STOP_LIMIT)
        for pid in members(session):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._running.wait()

    def _log(self) -> Path:
        return self._logs / f"{self._parts[0]}.log"

    def _start(self) -> None:
        print(f"== {self._parts[0]}", flush=True)
        self._begin = time.monotonic()
        with self._log().open("wb") as log:
            self._running = subprocess.Popen([*self._make, self._parts[0]], stdout=log,
                                             stderr=log, start_new_session=True)

    def _report(self) -> None:
        assert self._running
        status, self._running = self._running.returncode, None
        text = self._log().read_text(errors="replace").rstrip()
        if text:
            print(text)
        part = self._parts.pop(0)
        if status != 0:
            print(f"== {part} failed", flush=True)
            raise Failed(part)
        took = time.monotonic() - self._begin
        print(f"== {part} passed ({took:.0f} s)", flush=True)


def members(session: int) -> list[int]:
    """The processes of a session."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(entry)) == session:
                found.append(int(entry))
        except ProcessLookupError:
            pass
    return found


def main(logs: str, *arguments: str) -> int:
    end = arguments.index("--")
    Path(logs).mkdir(parents=True, exist_ok=True)
    lanes = [Lane(lane.split(), list(arguments[end + 1:]), Path(logs)) for lane in arguments[:end]]
    # Parts are in sessions of their own, where Ctrl-C does not reach them.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    begin = time.monotonic()
    try:
        while any([lane.goes_on() for lane in lanes]):
            time.sleep(0.1)
    except (Failed, KeyboardInterrupt) as reason:
        print(f"== make check ends: {reason or 'interrupted'}", flush=True)
        return 1
    finally:
        for lane in lanes:
            lane.stop()
    print(f"== everything passed ({time.monotonic() - begin:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
