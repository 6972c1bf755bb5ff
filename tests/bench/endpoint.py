"""metaset-publish behind an nginx with the shipped publish.conf."""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from nginx import SHIPPED_INCLUDES, Nginx, put_shipped
from servers import Server, wait_for
from wrk import Broken

THREADS = 8

# /trivial/ answers what the load generator sends without doing anything: how fast that can be.
TRIVIAL = """    large_client_header_buffers 1 48k;
    location ^~ /trivial/ {
      add_header Transaction-ID 1714557600_pkg%3A%2F%2Fexample.com%2Fnone%401%3A20240501T100000Z;
      return 200;
    }
"""
LOCATION = """    location ^~ /{close}/ {{
      set $metaset_root {repository};
      set $metaset_base /{close};
      set $metaset_auth token;
      set $metaset_close {close};
      include metaset/publish.conf;
    }}
"""


class Endpoint:
    """Both processes, with a token that may do everything; stopped when left.

    /staged/ and /immediate/ are what a close does there.
    """

    def __init__(self, metaset: Path, nginx: Path, repository: Path, top: Path) -> None:
        self.top = top.resolve()
        self.repository = repository.resolve()
        self.top.mkdir(parents=True)
        self.token = self._allowed_token(metaset)
        self.socket = self.top / "socket"
        put_shipped(self.top, serve=self.top / "none", publish=self.socket)
        self.worker = Server([str(metaset.with_name("metaset-publish")), "--socket",
                              str(self.socket), "--threads", str(THREADS)], self.top / "worker.log")
        locations = [LOCATION.format(close=close, repository=self.repository)
                     for close in ("staged", "immediate")]
        self.nginx = Nginx(nginx, self.top, min(os.cpu_count() or 1, 4),
                           TRIVIAL + "".join(locations), SHIPPED_INCLUDES)
        self.port = self.nginx.port

    def __enter__(self) -> Endpoint:
        wait_for(str(self.socket))
        return self

    def __exit__(self, *_: object) -> None:
        self.nginx.__exit__()
        self.worker.__exit__()

    def _allowed_token(self, metaset: Path) -> str:
        def run(*command: str) -> str:
            return subprocess.run([str(metaset), *command, "-d", str(self.repository)], check=True,
                                  text=True, stdout=subprocess.PIPE).stdout
        found = re.search(r"mst_\S+", run("token", "create", "bench"))
        if not found:
            raise Broken("metaset token create printed no token")
        run("grant", "add", "token:bench", "publish,commit,activate")
        return found[0]
