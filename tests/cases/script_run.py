"""Running a script: its repository, its processes, and what it has captured."""
from __future__ import annotations

import re
import shutil
from pathlib import Path

from case_check import problems
from case_file import Case
from depot import Depot, metaset
from publisher import Publisher
from rawhttp import Connection, Reply
from script_file import Exchange, Script, substitute

BLOCK = 1000


def make_identities(repository: Path) -> dict[str, str]:
    """Two that may do everything; the Authorization field of each."""
    fields = {}
    for name in ("build", "other"):
        metaset("grant", "add", f"token:{name}", "publish,commit,activate,remove,admin", "-d",
                repository)
        text = metaset("token", "create", name, "-d", repository).stdout
        fields[name] = "Bearer " + next(word for word in text.split() if word.startswith("mst_"))
    return fields


def send(address: tuple[str, int], case: Case, way: str) -> Reply:
    """One request on a connection of its own, its body sent as `way` says."""
    headers = {"Connection": "close", **case.headers}
    with Connection(address) as connection:
        if way == "chunked":
            pieces = [case.body[i:i + BLOCK] for i in range(0, len(case.body), BLOCK)]
            connection.send(case.method, case.target, {**headers, "Transfer-Encoding": "chunked"})
            for piece in [*pieces, b""]:
                connection.socket.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        elif way == "expect":
            connection.send(case.method, case.target, {
                **headers, "Expect": "100-continue", "Content-Length": str(len(case.body))})
            reply = connection.receive_head()
            assert reply.status == 100, reply
            connection.socket.sendall(case.body)
        else:
            connection.send(case.method, case.target, headers, case.body)
        return connection.receive(case.method)


class ScriptRun:
    """One script in one mode. Everything it started ends with stop()."""

    def __init__(self, script: Script, mode: str, prepared: Path, identities: dict[str, str],
                 directory: Path, web: str) -> None:
        self._script = script
        self._mode = mode
        self._directory = directory
        self._identities = identities
        self._values: dict[str, str] = {}
        self.repository = directory / "repository"
        shutil.copytree(prepared, self.repository, symlinks=True)
        self._endpoint = Publisher(self.repository, directory / "endpoint", close=mode, web=web)
        self._depot: Depot | None = None

    def stop(self) -> None:
        """Stops the processes."""
        self._endpoint.stop()
        if self._depot:
            self._depot.stop()

    def run(self) -> None:
        """Every exchange; the first that is not as expected is an AssertionError."""
        for exchange in self._script.exchanges:
            if exchange.value("only", self._mode) != self._mode:
                continue
            if exchange.has("run"):
                command, *arguments = substitute(exchange.value("run"), self._values).split()
                metaset(command, "-d", self.repository, *arguments)
            else:
                self._ask(exchange)

    def _ask(self, exchange: Exchange) -> None:
        case = exchange.case(self._values)
        who = exchange.value("as", "build")
        if exchange.has("depot"):
            self._depot = self._depot or Depot(self.repository, self._directory / "depot",
                                               "--workers", "1")
            address = self._depot.address
        else:
            address = ("127.0.0.1", self._endpoint.port)
            case.target = "/publish" + case.target
            if who != "nobody":
                case.headers["Authorization"] = self._identities[who]
        reply = send(address, case, exchange.value("send"))
        found = problems(case, reply)
        assert not found, (f"{exchange.title} ({self._mode}): {case.method} {case.target}: "
                           + "; ".join(found) + f"\n{reply}")
        self._capture(exchange, reply)

    def _capture(self, exchange: Exchange, reply: Reply) -> None:
        for word, rest in exchange.directives:
            name, _, more = rest.partition(" ")
            if word == "capture":
                value = reply.get(more)
                assert value is not None, f"{exchange.title}: no header field {more}"
                self._values[name] = value
            elif word == "check":
                assert re.fullmatch(more, self._values[name]), (
                    f"{exchange.title}: {name} is {self._values[name]}")
