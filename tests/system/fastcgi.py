"""A FastCGI client: what a web server says to metaset-serve, without a web server between."""
from __future__ import annotations

import select
import socket
import struct
from pathlib import Path

from rawhttp import BrokenAnswer, Reply, parse_head

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER, KEEP_CONNECTION = 1, 1


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name: str, value: str) -> bytes:
    sizes = b"".join(struct.pack(">I", len(text.encode()) | 1 << 31) for text in (name, value))
    return sizes + name.encode() + value.encode()


class Client:
    """One connection that is kept."""

    def __init__(self, path: Path, timeout: float = 60.0) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, repository: Path, uri: str, **parameters: str) -> None:
        everything = {"REQUEST_METHOD": "GET", "REQUEST_URI": uri, "METASET_ROOT": str(repository),
                      **parameters}
        params = b"".join(pair(name, value) for name, value in everything.items())
        begin = struct.pack(">HB5x", RESPONDER, KEEP_CONNECTION)
        self.socket.sendall(record(BEGIN_REQUEST, begin) + record(PARAMS, params)
                            + record(PARAMS, b"") + record(STDIN, b""))

    def is_answered(self) -> bool:
        """Whether some of an answer is there."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def receive(self) -> Reply:
        output = b""
        while True:
            _, kind, _, size, padding = struct.unpack(">BBHHBx", self._exactly(8))
            content = self._exactly(size)
            self._exactly(padding)
            if kind == STDOUT:
                output += content
            elif kind == END_REQUEST:
                break
        head, _, body = output.partition(b"\r\n\r\n")
        status, _, rest = head.partition(b"\r\n")
        reply = parse_head(b"FCGI " + status.removeprefix(b"Status: ") + b"\r\n" + rest)
        reply.body = body
        return reply

    def ask(self, repository: Path, uri: str, **parameters: str) -> Reply:
        self.send(repository, uri, **parameters)
        return self.receive()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise BrokenAnswer("the connection ended within a record")
            data += piece
        return data
