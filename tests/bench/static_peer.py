"""A plain web server with the depot's bytes as files."""
from __future__ import annotations

import urllib.parse
from pathlib import Path

from apache import Apache
from nginx import Nginx
from servers import Depot, Server

# Everything that makes nginx fast at files, as the shipped configuration has it.
SERVER = """    root {directory}/root;
    default_type text/plain;
    sendfile on;
    tcp_nopush on;
    gzip_static on;
    open_file_cache max=10000 inactive=60s;
    open_file_cache_valid 10s;
"""


# The same for Apache. Compressed files lie beside the others.
APACHE = """AllowEncodedSlashes On
DocumentRoot {directory}/root
EnableSendfile On
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<Directory {directory}/root>
  Require all granted
  AllowOverride None
  Options FollowSymLinks
  ForceType text/plain
</Directory>
RewriteEngine On
RewriteCond "%{{HTTP:Accept-Encoding}}" gzip
RewriteCond "{directory}/root%{{REQUEST_URI}}.gz" -f
RewriteRule ^ "{directory}/root%{{REQUEST_URI}}.gz" [E=coded:1,L]
Header set Content-Encoding gzip env=coded
"""


class StaticFiles(Server):
    """What both have in common: the place of the files."""

    root: Path

    def put(self, path: str, content: bytes, gzip: bytes | None = None) -> None:
        """A file, and what clients get of it that take gzip."""
        file = self.root / urllib.parse.unquote(path).lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if gzip is not None:
            file.with_name(file.name + ".gz").write_bytes(gzip)


class StaticPeer(Nginx, StaticFiles):
    """nginx with files only, as many workers as the depot's."""

    def __init__(self, nginx: Path, directory: Path, workers: int) -> None:
        directory = directory.resolve()
        self.root = directory / "root"
        self.root.mkdir(parents=True, exist_ok=True)
        super().__init__(nginx, directory, workers, SERVER.format(directory=directory))


class ApacheStaticPeer(Apache, StaticFiles):
    """Apache with files only, with the processes and threads of the depot's."""

    def __init__(self, apache: Path, directory: Path, depot: Depot) -> None:
        directory = directory.resolve()
        self.root = directory / "root"
        self.root.mkdir(parents=True, exist_ok=True)
        super().__init__(apache, directory, depot, APACHE.format(directory=directory))
