"""A system in a directory that is running: its own systemd, in namespaces of its own."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import processes
from waiting import eventually

HERE = Path(__file__).resolve().parent
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KINDS = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net"]


def cgroup_top() -> Path:
    """Where the unified hierarchy is mounted."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind = line.split()[:3]
        if kind == "cgroup2":
            return Path(where)
    raise AssertionError("this machine has no cgroup2, which systemd needs")


class Machine:
    """Runs from the beginning to the end of a `with`. Nothing of it can be reached by network."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._cgroup = cgroup_top() / f"metaset-test-{os.getpid()}"
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0

    def __enter__(self) -> Machine:
        self._cgroup.mkdir()
        enter = f'echo $$ >{self._cgroup}/cgroup.procs; exec "$@"'
        log = (self.root.parent / "systemd.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-ec", enter, "sh", "unshare", *KINDS, "--fork", "--kill-child",
                 "/bin/sh", str(HERE / "boot.sh"), str(self.root)], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
        eventually(self._has_booted, "the machine has booted")
        return self

    def _has_booted(self) -> bool:
        assert self._process and self._process.poll() is None, "it ended"
        below = processes.children(self._process.pid)
        if not below or processes.name_of(below[0]) != "systemd":
            return False
        self._pid = below[0]
        state = self.run("systemctl is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")  # some units want a real machine

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)  # takes all others with it
        if self._process:
            self._process.wait(60)
        for directory in sorted(self._cgroup.rglob("*"), reverse=True):
            if directory.is_dir():
                directory.rmdir()
        self._cgroup.rmdir()

    def inside(self, *kinds: str) -> list[str]:
        """What a command of this machine begins with, to be run in that one."""
        return ["nsenter", "--target", str(self._pid), *kinds]

    def run(self, command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """As root, by a shell."""
        done = subprocess.run(
            [*self.inside(*KINDS), "env", "-i", PATH, "DEBIAN_FRONTEND=noninteractive",
             "LC_ALL=C.UTF-8", "/bin/sh", "-ec", f"cd /root; {command}"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}"
        return done

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run(f"systemctl show --value -p {name} '{unit}'").stdout.strip()

    def journal(self, unit: str) -> str:
        return self.run(f"journalctl --no-pager -q -u '{unit}'").stdout


class Asking:
    """Clients in the network of the machine that ask again and again."""

    def __init__(self, machine: Machine, url: str, host: str) -> None:
        self._process = subprocess.Popen(
            [*machine.inside("--net"), sys.executable, "-B", str(HERE / "ask.py"), url, host],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout
        self._process.stdout.readline()  # the first answer

    def result(self) -> dict[str, int]:
        """Ends it; how often there was which status, or which failure."""
        output, _ = self._process.communicate("", timeout=60)
        counts: dict[str, int] = json.loads(output)
        return counts
