"""An nginx that gives each request to the next depot, as a balancer without session persistence."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

import rawhttp
from parts import Part
from ports import free_port
from waiting import eventually

# Each request takes a new connection to the next member, and its answer is the client's: whatever
# a member does wrong, or whoever is dead, is seen by clients.
PLAIN = "proxy_next_upstream off;"

# As an administrator would have it: a member that does not answer, or says that it takes no part
# (504) or has no workers (502), costs the client nothing, because the next one is asked at once;
# other statuses are answers. A member is left alone for a second after each such failure. All
# requests of clients only read; nginx does not repeat POST. A request may be held by one member
# for as long as the group allows and then be refused: the next one gets its time, too.
CAREFUL = """\
proxy_next_upstream error timeout http_502 http_504;
      proxy_next_upstream_tries 4;
      proxy_next_upstream_timeout 20s;
      proxy_connect_timeout 1s;
      proxy_read_timeout 5s;"""

CONFIGURATION = """\
daemon off; worker_processes 1; pid {top}/nginx.pid; error_log {top}/error.log crit; {user}
events {{ worker_connections 4096; }}
http {{
  log_format failures '$msec $remote_addr $status $upstream_addr $upstream_status "$request"';
  map $status $failed {{ ~^[23] ""; default 1; }}
  access_log {top}/access.log failures if=$failed;
  client_body_temp_path {top}/body; fastcgi_temp_path {top}/fastcgi; proxy_temp_path {top}/proxy;
  scgi_temp_path {top}/scgi; uwsgi_temp_path {top}/uwsgi;
  upstream group {{
{servers}
  }}
  server {{
    listen 127.0.0.1:{port};
    keepalive_requests 100000;
    location / {{
      proxy_pass http://group;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      {way}
    }}
  }}
}}
"""


class Balancer:
    """On a free port, in front of these depots; `way`: PLAIN or CAREFUL."""

    def __init__(self, directory: Path, depots: list[rawhttp.Address], way: str = PLAIN) -> None:
        directory = directory.resolve()  # nginx takes its -c from its -p
        directory.mkdir(parents=True)
        port = free_port()
        self.address: rawhttp.Address = ("127.0.0.1", port)
        more = "max_fails=1 fail_timeout=1s" if way == CAREFUL else "max_fails=0"
        servers = "\n".join(f"    server {host}:{port} {more};" for host, port in depots)
        configuration = directory / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            top=directory, port=port, servers=servers, way=way,
            user="user root;" if os.geteuid() == 0 else ""))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.part = Part("balancer", [nginx, "-p", str(directory), "-c", str(configuration), "-e",
                                      str(directory / "start.log")], directory / "log")
        self._failures = directory / "access.log"

    def __enter__(self) -> Balancer:
        self.part.start()
        eventually(self.is_up, "the balancer answers")
        return self

    def __exit__(self, *_: object) -> None:
        self.part.stop()

    def is_up(self) -> bool:
        """Whether a depot answers through it."""
        try:
            return self.get("/versions/0/").status == 200
        except OSError:
            return False

    def get(self, path: str, **fields: str) -> rawhttp.Reply:
        """One request from this machine."""
        return rawhttp.ask(self.address, "GET", path,
                           {name.replace("_", "-"): value for name, value in fields.items()})

    def failures(self) -> str:
        """The requests that did not end well, and whose fault it was."""
        return self._failures.read_text() if self._failures.exists() else ""
