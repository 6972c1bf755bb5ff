"""A web server between a depot and who asks it: it counts, changes, refuses or redirects."""
from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from typing import Callable

# Path, body -> another body; None: a connection that ends at once.
Change = Callable[[str, bytes], bytes | None]


class WebRelay:
    """Stops when the block ends."""

    def __init__(self, target: str) -> None:
        self.target = target.rstrip("/")
        self.asked: list[tuple[str, str]] = []  # path, Authorization
        self.change: Change = lambda path, body: body
        self.redirect = ""  # to where everything leads
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                relay.asked.append((self.path, self.headers.get("Authorization", "")))
                relay.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/" % self.server.server_address[1]

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        if self.redirect:
            handler.send_response(302)
            handler.send_header("Location", self.redirect.rstrip("/") + handler.path)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        wanted = urllib.request.Request(self.target + handler.path)
        if "Authorization" in handler.headers:
            wanted.add_header("Authorization", handler.headers["Authorization"])
        try:
            with urllib.request.urlopen(wanted, timeout=60) as reply:
                status, body = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except urllib.error.URLError:
            status, body = 502, b""
        changed = self.change(handler.path, body)
        if changed is None:
            handler.close_connection = True
            return
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(changed)))
        handler.end_headers()
        handler.wfile.write(changed)

    def __enter__(self) -> WebRelay:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def payloads(self) -> int:
        """How many were asked for."""
        return sum("/file/1/" in path for path, _ in self.asked)
