"""Programs that a test starts, kills, pauses and starts again."""
from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import processes
from depot import STOP_LIMIT


class Part:
    """A program with the same arguments each time; what it prints is appended to a file."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """When it has not been started or has ended."""
        assert not self.is_running(), f"{self.name} runs already"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)

    def is_running(self) -> bool:
        """Also while it is paused."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, to what it has started too."""
        if self.process and self.is_running():
            below = processes.descendants(self.process.pid)
            self.process.kill()
            self.process.wait(STOP_LIMIT)
            kill_all(below)

    def pause(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, and waits; the exit status."""
        self.resume()
        self._signal(signal.SIGTERM)
        assert self.process
        try:
            return self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def text(self) -> str:
        """What it has printed in all its lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _signal(self, number: int) -> None:
        if self.process and self.is_running():
            self.process.send_signal(number)


def kill_all(pids: list[int], number: int = signal.SIGKILL) -> None:
    """The signal to each that is still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
