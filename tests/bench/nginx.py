"""nginx with a configuration of the benchmark's own."""
from __future__ import annotations

import os
import socket
from pathlib import Path

from servers import Server, wait_for

SHIPPED = Path(__file__).resolve().parents[2] / "nginx"

# Logs nothing, as the depot's.
CONFIGURATION = """{user}daemon off;
pcre_jit on;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {directory}/client_body;
  fastcgi_temp_path {directory}/fastcgi;
  proxy_temp_path {directory}/proxy;
  scgi_temp_path {directory}/scgi;
  uwsgi_temp_path {directory}/uwsgi;
{includes}  server {{
    listen 127.0.0.1:{port};
    server_tokens off;
    keepalive_requests 100000;
{server}  }}
}}
"""


# After put_shipped.
SHIPPED_INCLUDES = """  include metaset/http.conf;
  include paths.conf;
"""


class Nginx(Server):
    """On a free port. `server` is for its server { }, `includes` for what is around that."""

    def __init__(self, program: Path, directory: Path, workers: int, server: str,
                 includes: str = "") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = directory / "nginx.conf"
        config.write_text(CONFIGURATION.format(
            directory=directory, workers=workers, port=self.port, server=server,
            includes=includes, user="user root;\n" if os.geteuid() == 0 else ""))
        super().__init__([str(program), "-p", str(directory), "-c", str(config), "-e",
                          str(directory / "start.log")], directory / "log")
        self.url = f"http://127.0.0.1:{self.port}"
        wait_for(("127.0.0.1", self.port))


def put_shipped(directory: Path, serve: Path, publish: Path) -> None:
    """The shipped files and their paths.conf where a configuration in the directory finds them.

    `serve`, `publish`: sockets.
    """
    (directory / "metaset").symlink_to(SHIPPED)
    paths = (SHIPPED / "paths.conf").read_text()
    for shipped, ours in {"/run/metaset/publish.sock": publish, "/run/metaset/serve.sock": serve,
                          "/var/cache/nginx/metaset": directory / "cache"}.items():
        paths = paths.replace(shipped, str(ours))
    (directory / "paths.conf").write_text(paths)
