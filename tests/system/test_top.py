"""What `metaset top` shows of a depot, on a terminal and elsewhere."""
from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest

from depot import METASET, Depot, StartDepot, metaset
from test_metrics import ask_all_workers


@pytest.fixture
def busy(small: Path, start: StartDepot) -> Iterator[Depot]:
    """A depot that is asked all the time."""
    depot = start(small, "--metrics", "on", "--workers", "2")
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            depot.get("/versions/0/")
            depot.get("/catalog/1/catalog.nothing")
            time.sleep(0.01)

    client = threading.Thread(target=ask)
    client.start()
    ask_all_workers(depot)
    yield depot
    stop.set()
    client.join()


def top(depot: Depot, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(METASET), "top", "-d", str(depot.repository), *options],
                          text=True, capture_output=True, timeout=60, check=False,
                          env={**os.environ, **more})


def test_once_as_json(busy: Depot) -> None:
    result = top(busy, "--once", "--json", "-i", "0.5")
    assert result.returncode == 0, result.stderr
    figures = json.loads(result.stdout)
    assert 0.4 < figures["interval"] < 10
    assert {worker["pid"] for worker in figures["workers"]} == set(busy.workers())
    operations = {one["operation"]: one for one in figures["operations"]}
    versions, catalog = operations["versions/0"], operations["catalog/1"]
    assert versions["per-second"] > 1 and versions["statuses"]["2xx"] == 1
    assert catalog["statuses"]["4xx"] == 1 and catalog["statuses"]["2xx"] == 0
    assert 0 < versions["p50"] <= versions["p90"] <= versions["p99"] < 5
    assert figures["all"]["per-second"] == pytest.approx(
        sum(one["per-second"] for one in figures["operations"]))
    assert figures["repository"]["active"] == 2 and figures["repository"]["readers"] >= 1
    assert figures["group"] is None


def test_once_as_text_without_control_characters(busy: Depot) -> None:
    result = top(busy, "--once", "-i", "0.3", TERM="xterm")
    assert result.returncode == 0, result.stderr
    assert "workers     2 of metaset-serve, 0 of metaset-publish" in result.stdout
    assert re.search(r"^versions/0 +[\d.]+ +\d+ ", result.stdout, re.MULTILINE)
    assert "repository  metaset 2, newest 2;" in result.stdout
    assert "\033" not in result.stdout and "\r" not in result.stdout


def test_reports_follow_each_other_in_a_pipe(busy: Depot) -> None:
    with subprocess.Popen([str(METASET), "top", "-d", str(busy.repository), "-i", "0.2", "--json"],
                          stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        text = ""
        while text.count('"interval"') < 3:
            text += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command: str, **more: str) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(command[0], list(command),
                      {**os.environ, "TERM": "xterm", "NO_COLOR": "", **more})
        self.text = ""

    def read_until(self, wanted: str) -> None:
        deadline = time.monotonic() + 30
        while wanted not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self.master, 65536).decode()
                except OSError:
                    assert wanted in self.text, self.text

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def status(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize("end", ("q", "\x03", "TERM"))
def test_the_terminal_is_as_before(busy: Depot, end: str) -> None:
    command = f'before=$(stty -g); "{METASET}" top -d "{busy.repository}" -i 0.2; ' \
              'echo "status $?"; test "$before" = "$(stty -g)" && echo same terminal; ' \
              'echo the end'
    terminal = Terminal("/bin/bash", "-c", "trap : INT; " + command)
    terminal.read_until("versions/0")
    assert "\033[?1049h" in terminal.text and "\033[1m" in terminal.text
    if end == "TERM":
        children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGTERM)
    else:
        terminal.type(end)
    terminal.read_until("the end")
    assert "\033[?1049l" in terminal.text and "\033[?25h" in terminal.text
    assert "status 0" in terminal.text and "same terminal" in terminal.text
    assert terminal.status() == 0


def test_no_colours(busy: Depot) -> None:
    terminal = Terminal(str(METASET), "top", "-d", str(busy.repository), "-i", "0.2", NO_COLOR="1")
    terminal.read_until("versions/0")
    terminal.type("q")
    terminal.read_until("\033[?1049l")
    assert not re.search(r"\033\[\d*m", terminal.text)
    assert terminal.status() == 0


def test_nothing_is_counted(small: Path) -> None:
    result = metaset("top", "-d", small, "--once", check=False)
    assert result.returncode == 1
    assert result.stderr == (f"metaset: top: {small}/catalog/metrics: nothing is counted there\n")
    (small / "catalog" / "metrics").write_text("something else\n")
    result = metaset("top", "-d", small, "--once", check=False)
    assert "this is no file of counters" in result.stderr
