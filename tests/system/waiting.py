"""Waiting for something to become true, never for time to pass."""
from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Callable, TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], what: str, limit: float = 60.0) -> T:
    """Calls the probe until it gives something true, which is returned; fails after `limit` s."""
    deadline = time.monotonic() + limit
    while True:
        result = probe()
        if result:
            return result
        assert time.monotonic() < deadline, f"still not after {limit} s: {what}"
        time.sleep(0.01)


def listens(path: Path) -> bool:
    """Whether somebody takes connections at the socket: it is there a moment before that."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def accepts(address: tuple[str, int]) -> bool:
    """The same of a port."""
    try:
        with socket.create_connection(address):
            return True
    except ConnectionRefusedError:
        return False
