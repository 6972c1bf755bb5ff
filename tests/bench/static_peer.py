"""A plain nginx with the depot's bytes as files."""
from __future__ import annotations

import urllib.parse
from pathlib import Path

from nginx import Nginx

# Everything that makes nginx fast at files, as the shipped configuration has it.
SERVER = """    root {directory}/root;
    default_type text/plain;
    sendfile on;
    tcp_nopush on;
    gzip_static on;
    open_file_cache max=10000 inactive=60s;
    open_file_cache_valid 10s;
"""


class StaticPeer(Nginx):
    """nginx with files only, as many workers as the depot's."""

    def __init__(self, nginx: Path, directory: Path, workers: int) -> None:
        directory = directory.resolve()
        self.root = directory / "root"
        self.root.mkdir(parents=True, exist_ok=True)
        super().__init__(nginx, directory, workers, SERVER.format(directory=directory))

    def put(self, path: str, content: bytes, gzip: bytes | None = None) -> None:
        """A file, and what clients get of it that take gzip."""
        file = self.root / urllib.parse.unquote(path).lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if gzip is not None:
            file.with_name(file.name + ".gz").write_bytes(gzip)
