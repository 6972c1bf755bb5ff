"""System calls that fail or kill: what libfaults.so, preloaded, does to a program.

The library counts the calls of chosen kinds below one directory, in all threads of the process,
and hits the one with the given number (tests/faults/control.h).
"""
from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

import pytest

from depot import BUILD

LIBRARY = BUILD / "libfaults.so"

OPEN, CREATE, DATA, SYNC, REMOVE, MODES = (1 << bit for bit in range(6))
CHANGES = CREATE | DATA | SYNC | REMOVE | MODES

NUMBERS = struct.Struct("=7Q")
LAST, TOP, SIZE = 56, 312, 1336


class Faults:
    """The faults of the processes that are started with environment()."""

    def __init__(self, file: Path, top: Path) -> None:
        if not LIBRARY.exists():
            pytest.skip(f"there is no {LIBRARY.name} for this build")
        file.write_bytes(bytes(SIZE))
        self._file = file
        with file.open("r+b") as shared:
            self._shared = mmap.mmap(shared.fileno(), SIZE)
        text = str(top).encode()
        self._shared[TOP:TOP + len(text)] = text

    def environment(self) -> dict[str, str]:
        """For the program that is to have faults."""
        return {**os.environ, "LD_PRELOAD": str(LIBRARY), "METASET_FAULTS": str(self._file)}

    def kill_at(self, number: int, torn: bool = False) -> None:
        """The process is killed before that call that changes something, or within a write."""
        self._set(number, 0, 0, int(torn), CHANGES)

    def fail_at(self, number: int, error: int, kinds: int, lasting: bool = False) -> None:
        """That call fails, and with `lasting` all after it, and a write() is cut in half first."""
        self._set(number, error, int(lasting), int(lasting), kinds)

    def count(self, kinds: int = CHANGES) -> None:
        """Nothing is hit; counts from 0."""
        self._set(0, 0, 0, 0, kinds)

    def stop(self) -> None:
        """The trouble is over. What was counted and hit can still be asked for."""
        self._shared[:8] = bytes(8)

    @property
    def calls(self) -> int:
        return self._numbers()[5]

    @property
    def hit(self) -> bool:
        return self._numbers()[6] > 0

    @property
    def last(self) -> str:
        """The first call that was hit, for messages."""
        return self._shared[LAST:TOP].partition(b"\0")[0].decode()

    def _numbers(self) -> tuple[int, ...]:
        return NUMBERS.unpack(self._shared[:NUMBERS.size])

    def _set(self, at: int, error: int, lasting: int, partial: int, kinds: int) -> None:
        # The number comes last: until then nothing is hit.
        self.stop()
        self._shared[LAST:TOP] = bytes(TOP - LAST)
        self._shared[8:56] = struct.pack("=6Q", error, lasting, partial, kinds, 0, 0)
        self._shared[:8] = struct.pack("=Q", at)
