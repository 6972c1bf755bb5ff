"""The publish endpoint: metaset-publish behind a web server with the shipped files."""
from __future__ import annotations

import os
import signal
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote

import pytest

import rawhttp
from apache import Apache
from depot import BUILD, STOP_LIMIT, WEB, has_services
from nginx import Nginx
from ports import free_port
from waiting import eventually, listens

METASET_PUBLISH = BUILD / "metaset-publish"

NGINX = """\
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
"""
NGINX_TLS = """ ssl;
    ssl_certificate {own}; ssl_certificate_key {own};
    ssl_client_certificate {authority}; ssl_verify_client optional"""

APACHE = """\
{tls}
Use MetasetDepot / {repository}
Use MetasetPreview / {repository} {preview} {auth}
Use MetasetPublish /publish/ {repository} {auth}
<Location /publish/>
SetEnv METASET_CLOSE {close}
SetEnv METASET_PREVIEW {preview}
</Location>
"""
APACHE_TLS = """\
SSLEngine on
SSLCertificateFile {own}
SSLCACertificateFile {authority}
SSLVerifyClient optional"""


class Tls(NamedTuple):
    """Of a server that asks for client certificates, but does not demand them."""
    own: Path  # certificate and key
    authority: Path  # who has signed those of clients
    client: ssl.SSLContext  # how to ask it


class Publisher:
    """Both processes on a free port, until stop()."""

    def __init__(self, repository: Path, top: Path, auth: str = "token",
                 close: str = "immediate", preview: str = "granted", tls: Tls | None = None,
                 options: tuple[str, ...] = ("-t", "8"),
                 environment: dict[str, str] | None = None, web: str = WEB) -> None:
        """`options`, `environment`: of the worker; `web`: nginx, nginx-cgi, one of apache.WAYS."""
        top.mkdir()
        self.tls = tls.client if tls else None
        self.options = options
        self.worker: subprocess.Popen[bytes] | None = None
        self.environment = environment
        self.socket = top / "publish"
        self.port = free_port()
        self.log = top / "worker.log"
        if has_services(web):
            self.start_worker()
        values = {"repository": repository, "auth": auth, "close": close, "preview": preview}
        paths = tls._asdict() if tls else {}
        self.server: Nginx | Apache
        if web.startswith("nginx"):
            self.server = Nginx(top, self.port, NGINX.format(**values), web,
                                NGINX_TLS.format(**paths) if tls else "")
        else:
            text = APACHE.format(**values, tls=APACHE_TLS.format(**paths) if tls else "")
            self.server = Apache(top, self.port, text, web, ("ssl",) if tls else ())
        eventually(self.is_up, "the endpoint answers")

    def is_up(self) -> bool:
        """Whether the web server and the worker are there."""
        assert self.server.poll() is None, "the web server has ended"
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
        """As kill -9 of all its processes does. Skips the test if the web server starts them."""
        if not self.worker:
            pytest.skip("the web server starts the programs")
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
        self.server.terminate()
        self.server.wait(STOP_LIMIT)
        if self.worker:
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
