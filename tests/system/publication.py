"""A script of requests that goes through all that a publisher can do, one step at a time."""
from __future__ import annotations

import gzip
import hashlib
from typing import Callable, NamedTuple
from urllib.parse import quote

import rawhttp
from crash import SECONDS, fmri, read_catalog
from publisher import Tool

BINARY, TEXT, CERTIFICATE, DROPPED = (word * 100 for word in (b"binary", b"text", b"cert", b"drop"))


def sha1(content: bytes) -> str:
    """The name of a payload."""
    return hashlib.sha1(content).hexdigest()


def file_line(content: bytes, path: str) -> str:
    """The action that delivers it."""
    return (f"file {sha1(content)} path={path} owner=root group=bin mode=0755 "
            f"pkg.size={len(content)}\n")


class Step(NamedTuple):
    """One request. If it is repeated because its answer was lost, it may be told `settled`."""
    name: str
    act: Callable[[], rawhttp.Reply]
    settled: str = ""
    publishes: str = ""  # the package that is in the catalog when the answer is 200

    def is_settled_by(self, reply: rawhttp.Reply) -> bool:
        """Whether the answer to a repetition means that the first attempt had done it."""
        return bool(self.settled) and reply.status == 400 and self.settled in str(reply.message())


class Script:
    """The steps for a set of packages whose names end in `suffix`."""

    def __init__(self, tool: Tool, suffix: str = "") -> None:
        self.tool = tool
        self.hello, self.waiting = f"hello{suffix}", f"waiting{suffix}"
        self.dropped = f"dropped{suffix}"
        self.packages = {self.hello, self.waiting}

    def steps(self) -> list[Step]:
        """In order."""
        return [*self._at_once(), *self._staged(), *self._signed(), *self.abandoned(),
                Step("catalog", lambda: read_catalog(self.tool)),
                Step("refresh", lambda: self.tool.ask("GET", "admin/0?cmd=refresh-packages"),
                     publishes=self.waiting),
                Step("catalog again", lambda: read_catalog(self.tool))]

    def _at_once(self) -> list[Step]:
        name = self.hello
        return [self._open(name), self._send(name, BINARY),
                self._post("gzip", name, "file/1", gzip.compress(TEXT, mtime=0),
                           X_IPkg_SetAttr0=f"basename={sha1(TEXT)}"),
                self._post("add", name, "add/0", TEXT, "/file", X_IPkg_SetAttr0="path=etc/text",
                           X_IPkg_SetAttr1="owner=root", X_IPkg_SetAttr2="group=bin",
                           X_IPkg_SetAttr3="mode=0644"),
                self._post("manifest", name, "manifest/1",
                           ("set name=pkg.summary value=Hello\n"
                            + file_line(BINARY, "usr/bin/hello")).encode()),
                self._close(name)._replace(publishes=name)]

    def _staged(self) -> list[Step]:
        name = self.waiting
        return [self._open(name), self._send(name, BINARY),
                self._post("manifest", name, "manifest/1",
                           file_line(BINARY, f"usr/bin/{name}").encode()),
                self._close(name, X_IPkg_Add_To_Catalog="0")]

    def _signed(self) -> list[Step]:
        name = self.hello
        return [self._open(name, "append"), self._send(name, CERTIFICATE),
                self._post("manifest", name, "manifest/1",
                           f"signature {sha1(CERTIFICATE)} algorithm=rsa-sha256 value=00ff "
                           "version=0\n".encode()),
                self._close(name)]

    def abandoned(self) -> list[Step]:
        """What is opened and given up, which comes last."""
        name = self.dropped
        return [self._open(name), self._send(name, DROPPED),
                Step("abandon", lambda: self.tool.ask("GET", f"abandon/0/{self._id(name)}"),
                     "No transaction matching")]

    @staticmethod
    def _id(name: str) -> str:
        return f"{SECONDS}_{quote(fmri(name), safe='')}"

    def _open(self, name: str, operation: str = "open") -> Step:
        path = f"{operation}/0/{quote(fmri(name), safe='')}"
        return Step(f"{operation} {name}",
                    lambda: self.tool.ask("GET", path, Client_Release="5.11"), "is already open")

    def _post(self, what: str, name: str, operation: str, body: bytes, more: str = "",
              **headers: str) -> Step:
        path = f"{operation}/{self._id(name)}{more}"
        return Step(f"{what} {name}", lambda: self.tool.ask("POST", path, body, **headers))

    def _send(self, name: str, content: bytes) -> Step:
        return self._post("upload", name, "file/1", content)

    def _close(self, name: str, **headers: str) -> Step:
        return Step(f"close {name}", lambda: self.tool.close(self._id(name), **headers))
