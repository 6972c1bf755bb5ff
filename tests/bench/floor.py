"""What nginx can ask: the shipped way to a FastCGI worker, in front of one that does nothing."""
from __future__ import annotations

import subprocess
from pathlib import Path

from nginx import SHIPPED_INCLUDES, Nginx, put_shipped
from servers import Depot, Server, wait_for

THREADS = 8  # as many as the depot's two workers have
ACCEL = "/.metaset/repository"  # as in fastcgi.conf

# Connections, parameters and buffers of depot.conf, but nothing that chooses between requests.
LOCATION = """    location / {{
      set $metaset_root {repository};
      include metaset/fastcgi.conf;
      fastcgi_pass metaset;
    }}
    include metaset/internal.conf;
"""


class Floor(Nginx):
    """nginx, as many workers as the depot's, and the responder once it was told what to answer."""

    def __init__(self, nginx: Path, responder: Path, depot: Depot, directory: Path) -> None:
        self.directory = directory.resolve()
        self.directory.mkdir(parents=True)
        self.program = responder
        self.depot = depot
        self.socket = self.directory / "socket"
        self.responder: Server | None = None
        put_shipped(self.directory, serve=self.socket, publish=self.directory / "none")
        super().__init__(nginx, self.directory, depot.nginx_workers,
                         LOCATION.format(repository=depot.repository), SHIPPED_INCLUDES)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.responder:
            self.responder.__exit__()

    def cpu_seconds(self) -> float:
        return super().cpu_seconds() + (self.responder.cpu_seconds() if self.responder else 0.0)

    def answer_as_depot(self, path: str, fields: dict[str, str]) -> None:
        """From now on: what the depot's worker answers to this."""
        if self.responder:
            self.responder.__exit__()
        response = ask_worker(self.depot, path, fields)
        (self.directory / "response").write_bytes(response)
        command = [str(self.program), str(self.socket), str(self.directory / "response"),
                   str(THREADS)]
        if b"\nX-Accel-Redirect:" in response.partition(b"\r\n\r\n")[0]:
            command.append("close")
        self.responder = Server(command, self.directory / "responder.log")
        wait_for(str(self.socket))


def ask_worker(depot: Depot, path: str, fields: dict[str, str]) -> bytes:
    """The response that nginx gets: metaset-serve gives the same to CGI as to FastCGI."""
    environment = {
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in fields.items()},
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": path,
        "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_SCHEME": "http", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": depot.url.partition("//")[2], "METASET_ROOT": str(depot.repository),
        "METASET_ACCEL": ACCEL}
    done = subprocess.run([str(depot.metaset.with_name("metaset-serve"))], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return done.stdout
