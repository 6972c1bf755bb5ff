"""The publish endpoint: metaset-publish behind a private nginx with the shipped publish.conf."""
from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import rawhttp
from depot import BUILD, ROOT, STOP_LIMIT
from ports import free_port
from waiting import eventually, listens

METASET_PUBLISH = BUILD / "metaset-publish"

CONFIGURATION = """\
daemon off; worker_processes 1; pid {top}/nginx.pid; error_log {top}/error.log warn; {user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {top}/body; fastcgi_temp_path {top}/fastcgi; proxy_temp_path {top}/proxy;
  scgi_temp_path {top}/scgi; uwsgi_temp_path {top}/uwsgi;
  include metaset/http.conf;
  include paths.conf;
  server {{
    listen 127.0.0.1:{port}{listen};
    {server}
    large_client_header_buffers 8 64k;
    location ^~ /publish/ {{
      location ~ "^(?<metaset_base>/publish(?:/(?<metaset_token>mst_[0-9a-f_]+))?)/" {{
        set $metaset_root {repository};
        set $metaset_auth {auth};
        set $metaset_close {close};
        set $metaset_preview {preview};
        include metaset/publish.conf;
      }}
    }}
    location ^~ /staging/ {{
      set $metaset_root {repository};
      set $metaset_auth {auth};
      set $metaset_preview {preview};
      include metaset/preview.conf;
    }}
    include metaset/internal.conf;
  }}
}}
"""


class Publisher:
    """Both processes on a free port, until stop()."""

    def __init__(self, repository: Path, top: Path, auth: str = "token",
                 close: str = "immediate", preview: str = "granted", server: str = "",
                 tls: ssl.SSLContext | None = None, options: tuple[str, ...] = ("-t", "8"),
                 environment: dict[str, str] | None = None) -> None:
        """`server`: more directives of the server; `tls`: how to ask it, if it speaks TLS;
        `options`, `environment`: of the worker."""
        top.mkdir()
        self.tls = tls
        self.options = options
        self.environment = environment
        (top / "metaset").symlink_to(ROOT / "nginx")
        self.socket = top / "socket"
        self.port = free_port()
        paths = (ROOT / "nginx/paths.conf").read_text()
        for shipped, ours in {"/run/metaset/publish.sock": str(self.socket),
                              "/run/metaset/serve.sock": str(top / "none"),
                              "/var/cache/nginx/metaset": str(top / "cache")}.items():
            assert shipped in paths
            paths = paths.replace(shipped, ours)
        (top / "paths.conf").write_text(paths)
        (top / "nginx.conf").write_text(CONFIGURATION.format(
            top=top, port=self.port, repository=repository, auth=auth, close=close,
            preview=preview, server=server, listen=" ssl" if tls else "",
            user="user root;" if os.geteuid() == 0 else ""))
        self.log = top / "worker.log"
        self.start_worker()
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.nginx = subprocess.Popen([nginx, "-p", str(top), "-c", str(top / "nginx.conf"), "-e",
                                       str(top / "start.log")])
        eventually(self.is_up, "the endpoint answers")

    def is_up(self) -> bool:
        """Whether nginx and the worker are there."""
        try:
            return self.ask("GET", "versions/0/").status == 200
        except OSError:
            return False

    def start_worker(self) -> None:
        """Starts metaset-publish, again after kill_worker()."""
        with self.log.open("ab") as log:
            self.worker = subprocess.Popen(
                [str(METASET_PUBLISH), "-s", str(self.socket), *self.options], stderr=log,
                env=self.environment)
        eventually(lambda: listens(self.socket), "the worker listens")

    def kill_worker(self) -> None:
        """As kill -9 of all its processes does."""
        for child in Path(f"/proc/{self.worker.pid}/task/{self.worker.pid}/children").read_text(
        ).split():
            os.kill(int(child), signal.SIGKILL)
        self.worker.kill()
        self.worker.wait(STOP_LIMIT)
        self.socket.unlink(missing_ok=True)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None,
            body: bytes = b"", tls: ssl.SSLContext | None = None) -> rawhttp.Reply:
        """A request below the endpoint's address; `tls`: with another certificate."""
        return rawhttp.ask(("127.0.0.1", self.port), method, "/publish/" + path, headers, body,
                           tls=tls or self.tls)

    def stop(self) -> None:
        """Stops both."""
        self.nginx.terminate()
        self.nginx.wait(STOP_LIMIT)
        self.worker.terminate()
        self.worker.wait(STOP_LIMIT)


class Endpoint(Protocol):
    """What can be published to."""

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None,
            body: bytes = b"") -> rawhttp.Reply:
        """A request below its address."""


class Tool:
    """What pkgsend does, with the credentials it was given."""

    def __init__(self, endpoint: Endpoint, **headers: str) -> None:
        self.endpoint = endpoint
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.prefix = ""  # of every path: "staging/AREA/"

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> rawhttp.Reply:
        """One request."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.endpoint.ask(method, self.prefix + path, {**self.headers, **more}, body)

    def open(self, fmri: str) -> rawhttp.Reply:
        """GET open/0."""
        return self.ask("GET", "open/0/" + quote(fmri, safe=""), Client_Release="5.11")

    def begin(self, fmri: str, manifest: str = "", files: tuple[bytes, ...] = ()) -> str:
        """All but the close; the transaction's id."""
        opened = self.open(fmri)
        assert opened.status == 200, opened.message()
        transaction = opened.get("Transaction-ID")
        assert transaction
        for content in files:
            assert self.ask("POST", f"file/1/{transaction}", content).status == 200
        sent = self.ask("POST", f"manifest/1/{transaction}", manifest.encode())
        assert sent.status == 200, sent.message()
        return transaction

    def close(self, transaction: str, **headers: str) -> rawhttp.Reply:
        """GET close/0."""
        return self.ask("GET", f"close/0/{transaction}", **headers)
