"""metaset-publish behind an nginx with the shipped publish.conf."""
from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

from servers import Server, wait_for
from wrk import Broken

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8

# /trivial/ answers what the load generator sends without doing anything: how fast that can be.
CONFIGURATION = """{user}daemon off;
worker_processes {workers};
pid {top}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {top}/client_body;
  fastcgi_temp_path {top}/fastcgi;
  proxy_temp_path {top}/proxy;
  scgi_temp_path {top}/scgi;
  uwsgi_temp_path {top}/uwsgi;
  include metaset/http.conf;
  include paths.conf;
  server {{
    listen 127.0.0.1:{port};
    server_tokens off;
    keepalive_requests 100000;
    large_client_header_buffers 8 64k;
    location ^~ /trivial/ {{
      add_header Transaction-ID 1714557600_pkg%3A%2F%2Fexample.com%2Fnone%401%3A20240501T100000Z;
      return 200;
    }}
{locations}  }}
}}
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
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._write_configuration()
        self.worker = Server([str(metaset.with_name("metaset-publish")), "--socket",
                              str(self.socket), "--threads", str(THREADS)], self.top / "worker.log")
        self.nginx = Server([str(nginx), "-p", str(self.top), "-c", str(self.top / "nginx.conf"),
                             "-e", str(self.top / "start.log")], self.top / "nginx.log")

    def __enter__(self) -> Endpoint:
        wait_for(("127.0.0.1", self.port))
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

    def _write_configuration(self) -> None:
        (self.top / "metaset").symlink_to(ROOT / "nginx")
        paths = (ROOT / "nginx/paths.conf").read_text()
        for shipped, ours in {"/run/metaset/publish.sock": self.socket,
                              "/run/metaset/serve.sock": self.top / "none",
                              "/var/cache/nginx/metaset": self.top / "cache"}.items():
            paths = paths.replace(shipped, str(ours))
        (self.top / "paths.conf").write_text(paths)
        locations = [LOCATION.format(close=close, repository=self.repository)
                     for close in ("staged", "immediate")]
        (self.top / "nginx.conf").write_text(CONFIGURATION.format(
            top=self.top, port=self.port, locations="".join(locations),
            workers=min(os.cpu_count() or 1, 4), user="user root;\n" if os.geteuid() == 0 else ""))
