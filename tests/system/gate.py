"""The gate of a member, written as its agent would."""
from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

from depot import BUILD, ROOT, metaset
from rawhttp import Reply
from repositories import Package, publish

# Beside the programs, or, if those are instrumented, that of the plain build.
TOOL = next((path for path in (BUILD / "gate-tool", ROOT / "build/gate-tool") if path.exists()),
            BUILD / "gate-tool")
LONG = 600_000  # milliseconds


class Gate:
    """One gate file and the process that writes it (gate_tool.cpp)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process = subprocess.Popen([str(TOOL), str(path)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, *words: object) -> str:
        """One command; its answer."""
        assert self._process.stdin and self._process.stdout
        print(*words, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().strip()
        assert answer and answer != "what?", (words, answer)
        return answer

    def open(self, metaset: int, lease: int = LONG) -> None:
        self.tell("open", metaset, lease)

    def hold(self, metaset: int, limit: int, lease: int = LONG) -> None:
        self.tell("hold", metaset, limit, lease)

    def close(self) -> None:
        self.tell("close")

    def kill(self) -> None:
        """As kill -9 of an agent: the file stays as it is."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """The agent ends and closes its gate."""
        assert self._process.stdin
        if self._process.poll() is None:
            self._process.stdin.close()
        self._end()

    def _end(self) -> None:
        self._process.wait(60)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()


def hold_metaset(repository: Path, directory: Path) -> None:
    """Commits one more package, of a metaset that does not become active."""
    publish(repository, directory / "two", [Package("pkg://demo/two@1.0,5.11-1:20240601T100000Z")])
    metaset("commit", "-d", repository, "-m", "held", "--hold")


def packages(attrs: Reply) -> int:
    """How many catalog.attrs says that there are."""
    assert attrs.status == 200, attrs.body
    return json.loads(attrs.body)["package-count"]
