"""Waiting for something to become true, never for time to pass."""
from __future__ import annotations

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], what: str, limit: float = 20.0) -> T:
    """Calls the probe until it gives something true, which is returned; fails after `limit` s."""
    deadline = time.monotonic() + limit
    while True:
        result = probe()
        if result:
            return result
        assert time.monotonic() < deadline, f"still not after {limit} s: {what}"
        time.sleep(0.01)
