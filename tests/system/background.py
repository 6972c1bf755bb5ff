"""What goes on in threads while a test does something else."""
from __future__ import annotations

import threading
from typing import Self


class Background:
    """Threads that run, each in _run(), from the beginning of a `with` until its end."""

    def __init__(self, threads: int = 1) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        """Until _stop is set."""
        raise NotImplementedError
