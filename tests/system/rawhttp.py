"""A raw HTTP/1.1 client: sends exactly the target it is given and hides nothing of the answer."""
from __future__ import annotations

import gzip
import json
import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any

Address = tuple[str, int]
TIMEOUT = 60.0  # of a machine that has much to do


@dataclass
class Reply:
    """One answer; header fields in the order they came."""

    status: int
    reason: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> str | None:
        """The value of a header field, several joined as RFC 9110 says; None if there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def decoded(self) -> bytes:
        """The body without its content coding."""
        return gzip.decompress(self.body) if self.get("Content-Encoding") == "gzip" else self.body

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.decoded())

    def message(self) -> str | None:
        """The text of an error page."""
        found = re.search(r"<p>(.*?)</p>", self.body.decode(), re.S)
        return found.group(1) if found else None


class BrokenAnswer(Exception):
    """The connection ended before the answer was whole."""


def parse_head(head: bytes) -> Reply:
    """The status line and header fields, without the empty line."""
    lines = head.decode("latin-1").split("\r\n")
    _, _, status = lines[0].partition(" ")
    code, _, reason = status.partition(" ")
    reply = Reply(int(code), reason)
    for line in lines[1:]:
        name, _, value = line.partition(":")
        reply.headers.append((name, value.strip()))
    return reply


class Connection:
    """A connection that is kept until it is closed; requests may be pipelined."""

    def __init__(self, address: Address, timeout: float = TIMEOUT,
                 tls: ssl.SSLContext | None = None, source: str = "") -> None:
        """`source`: the address to come from."""
        self.socket = socket.create_connection(address, timeout, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        self._buffer = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, method: str, target: str, headers: dict[str, str] | None = None,
             body: bytes = b"") -> None:
        fields = {"Host": "depot.test", **(headers or {})}
        lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {value}" for n, value in fields.items())]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def receive_head(self) -> Reply:
        """Status line and header fields, all there is of "100 Continue"."""
        return parse_head(self._until(b"\r\n\r\n"))

    def receive(self, method: str = "GET") -> Reply:
        """The answer to a request of that method."""
        reply = self.receive_head()
        length = reply.get("Content-Length")
        if method == "HEAD" or reply.status in (204, 304):
            return reply
        if reply.get("Transfer-Encoding") == "chunked":
            reply.body = self._chunks()
        elif length is not None:
            reply.body = self._exactly(int(length))
        else:
            reply.body = self._rest()
        return reply

    def receive_end(self) -> None:
        """Nothing may come any more."""
        rest = self._rest()
        if rest:
            raise BrokenAnswer(f"the connection goes on with {rest!r}")

    def ask(self, method: str, target: str, headers: dict[str, str] | None = None,
            body: bytes = b"") -> Reply:
        self.send(method, target, headers, body)
        return self.receive(method)

    def _more(self) -> bytes:
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError as error:
            raise BrokenAnswer("the connection was reset") from error
        return data

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            data = self._more()
            if not data:
                raise BrokenAnswer(f"the connection ended after {self._buffer!r}")
            self._buffer += data
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _exactly(self, size: int) -> bytes:
        parts = [self._buffer[:size]]
        self._buffer = self._buffer[size:]
        left = size - len(parts[0])
        while left > 0:
            data = self._more()
            if not data:
                raise BrokenAnswer(f"{left} of {size} bytes are missing")
            parts.append(data[:left])
            self._buffer = data[left:]
            left -= len(parts[-1])
        return b"".join(parts)

    def _chunks(self) -> bytes:
        body = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            body += self._exactly(size)
            self._exactly(2)
            if size == 0:
                return body

    def _rest(self) -> bytes:
        body = self._buffer
        while data := self._more():
            body += data
        return body


def ask(address: Address, method: str, target: str, headers: dict[str, str] | None = None,
        body: bytes = b"", timeout: float = TIMEOUT, tls: ssl.SSLContext | None = None) -> Reply:
    """One request on a connection of its own."""
    with Connection(address, timeout, tls) as connection:
        return connection.ask(method, target, {"Connection": "close", **(headers or {})}, body)
