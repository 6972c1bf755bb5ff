"""What /proc tells about the processes that a test started."""
from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

# Of ptrace(2) and waitpid(2).
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
ALL_KINDS = 0x40000000


def is_running(pid: int) -> bool:
    """False for processes that are gone, and for those that only wait to be reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def is_stopped(pid: int) -> bool:
    """True if every thread of the process is stopped by a signal."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(status.rpartition(")")[2].split()[0] == "T" for status in stats)


def status_kilobytes(pid: int, field: str) -> int:
    """A size of a process as /proc/PID/status has it: VmRSS, or VmHWM, the most it has been."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0])


def children(pid: int) -> list[int]:
    """The running children of a process."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            status = Path(f"/proc/{entry}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, parent = status.rpartition(")")[2].split()[:2]
        if int(parent) == pid and state not in "ZX":
            found.append(int(entry))
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """All running processes below a process."""
    below = children(pid)
    return below + [more for child in below for more in descendants(child)]


def name_of(pid: int) -> str:
    """The program that a process runs, as /proc/PID/comm abbreviates it."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def threads(pid: int) -> list[int]:
    """Those of a process."""
    return sorted(int(entry) for entry in os.listdir(f"/proc/{pid}/task"))


@contextmanager
def standing_still(thread: int) -> Iterator[None]:
    """One thread of a process below this one hangs, and no other."""
    trace = ctypes.CDLL(None, use_errno=True).ptrace
    trace.argtypes, trace.restype = [ctypes.c_long] * 4, ctypes.c_long

    def ask(request: int) -> None:
        if trace(request, thread, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}")

    ask(SEIZE)
    ask(INTERRUPT)
    os.waitpid(thread, ALL_KINDS)
    try:
        yield
    finally:
        ask(DETACH)
