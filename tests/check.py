"""The parts of make check: lanes beside each other, in each of them one part after the other.

    check.py LOGS LANE... -- MAKE...      LANE: the goals of make, "system cases"

The word after:PART in a lane waits until that part of another lane has passed. A goal that begins
with quiet: runs with little more than what others leave of the processors. What a part prints is in
LOGS/PART.log, and is shown as a whole when the part ends. The first part that fails ends
everything.
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
NICE = 10
AFTER = "after:"
QUIET = "quiet:"


class Failed(Exception):
    """A part of this name has failed."""


class Lane:
    """One part at a time."""

    def __init__(self, words: list[str], make: list[str], logs: Path) -> None:
        self._words = words
        self._make = make
        self._logs = logs
        self._running: subprocess.Popen[bytes] | None = None
        self._begin = 0.0
        self._used = 0.0  # seconds of a processor

    def goes_on(self, passed: set[str]) -> bool:
        """Starts the next part if none runs and it need not wait; False if there is no more. Adds
        to what has passed. Failed."""
        if self._running and not self._has_ended():
            return True
        if self._running:
            self._report()
            passed.add(self._part())
            self._words.pop(0)
        while self._words and self._words[0].startswith(AFTER):
            if self._words[0].removeprefix(AFTER) not in passed:
                return True
            self._words.pop(0)
        if self._words:
            self._start()
        return bool(self._words)

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

    def _has_ended(self) -> bool:
        assert self._running
        pid, status, usage = os.wait4(self._running.pid, os.WNOHANG)
        if pid == 0:
            return False
        self._running.returncode = os.waitstatus_to_exitcode(status)
        self._used = usage.ru_utime + usage.ru_stime
        return True

    def _part(self) -> str:
        return self._words[0].removeprefix(QUIET)

    def _log(self) -> Path:
        return self._logs / f"{self._part()}.log"

    def _start(self) -> None:
        print(f"== {self._part()}", flush=True)
        self._begin = time.monotonic()
        quiet = be_quiet if self._words[0].startswith(QUIET) else None
        with self._log().open("wb") as log:
            self._running = subprocess.Popen([*self._make, self._part()], stdout=log, stderr=log,
                                             start_new_session=True, preexec_fn=quiet)

    def _report(self) -> None:
        assert self._running
        status, self._running = self._running.returncode, None
        text = self._log().read_text(errors="replace").rstrip()
        if text:
            print(text)
        if status != 0:
            print(f"== {self._part()} failed", flush=True)
            raise Failed(self._part())
        took = time.monotonic() - self._begin
        print(f"== {self._part()} passed ({took:.0f} s, of a processor {self._used:.0f} s)",
              flush=True)


def be_quiet() -> None:
    """A tenth of what others get. Kernels that give every session the same share of the processors,
    whatever its priority, have a priority for sessions."""
    os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


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
    words = " ".join(arguments[:end]).split()
    for word in words:
        if word.startswith(AFTER) and not {word.removeprefix(AFTER), word.replace(AFTER, QUIET)
                                           } & set(words):
            sys.exit(f"check.py: {word} would wait for ever")
    lanes = [Lane(lane.split(), list(arguments[end + 1:]), Path(logs)) for lane in arguments[:end]]
    # Parts are in sessions of their own, where Ctrl-C does not reach them.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    begin = time.monotonic()
    passed: set[str] = set()
    try:
        while any([lane.goes_on(passed) for lane in lanes]):
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
