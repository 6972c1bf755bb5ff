"""An administrator's own web server with locations of a test."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Callable

import rawhttp
from apache import Apache
from depot import METASET_SERVE, has_services
from nginx import Nginx
from ports import free_port
from waiting import accepts, eventually, listens


class Site:
    """A web server with metaset-serve, if it does not start that itself."""

    def __init__(self, top: Path, content: str, web: str) -> None:
        """`web`: nginx, or one of apache.WAYS."""
        self.address = ("127.0.0.1", free_port())
        self.worker: subprocess.Popen[bytes] | None = None
        if has_services(web):
            self.worker = subprocess.Popen([str(METASET_SERVE), "-s", str(top / "serve"),
                                            "-w", "1"])
            eventually(lambda: listens(top / "serve"), "the worker listens")
        port = self.address[1]
        self.server = (Nginx(top, port, content) if web == "nginx"
                       else Apache(top, port, content, web))
        eventually(lambda: self.server.poll() is None and accepts(self.address), "it listens")

    def get(self, path: str, **headers: str) -> rawhttp.Reply:
        """GET; an underscore of a name is a hyphen."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return rawhttp.ask(self.address, "GET", path, fields)

    def stop(self) -> None:
        """All of it."""
        self.server.terminate()
        self.server.wait()
        if self.worker:
            self.worker.terminate()
            self.worker.wait(60)


StartSite = Callable[[str, str], Site]
