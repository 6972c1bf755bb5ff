"""The ways to a depot that the cases are sent through."""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from apache import Apache
from case_file import Case, Settings
from depot import METASET_SERVE, Depot
from nginx import Nginx
from ports import free_port
from rawhttp import Address, Connection, Reply, ask, parse_head
from waiting import accepts, eventually


def ask_head(address: Address, target: str, headers: dict[str, str]) -> Reply:
    """HEAD; whatever comes between its answer and the next one, or the end, would be a body."""
    with Connection(address) as connection:
        connection.send("HEAD", target, headers)
        connection.send("GET", "/robots.txt", {"Connection": "close"})
        reply = connection.receive("HEAD")
        if reply.get("Connection") == "close":
            connection.receive_end()
        else:
            connection.receive("GET")
        return reply


class ServeBackend:
    """`metaset serve`: nginx or Apache with the shipped configuration."""

    def __init__(self, name: str, repositories: dict[str, Path], directory: Path) -> None:
        self.name = name
        self._repositories = repositories
        self._directory = directory
        self._depots: dict[Settings, Depot] = {}

    def _depot(self, settings: Settings) -> Depot:
        if settings not in self._depots:
            options = []
            for option, value in (("--base", settings.base), ("--mode", settings.mode),
                                  ("--disable-ops", settings.disable)):
                options += [option, value] if value else []
            directory = self._directory / f"{self.name}{len(self._depots)}"
            self._depots[settings] = Depot(self._repositories[settings.repository], directory,
                                           "--workers", "1", *options, web=self.name)
        return self._depots[settings]

    def ask(self, case: Case) -> Reply:
        depot = self._depot(case.settings)
        if case.method != "HEAD":
            return ask(depot.address, case.method, case.target, case.headers, case.body)
        return ask_head(depot.address, case.target, case.headers)

    def close(self) -> None:
        for depot in self._depots.values():
            depot.stop()


class ConfiguredBackend:
    """A web server that somebody has set up with the shipped files; it starts the programs."""

    def __init__(self, name: str, repositories: dict[str, Path], directory: Path) -> None:
        self.name = name
        self._repositories = repositories
        self._directory = directory
        self._servers: dict[Settings, tuple[Address, Nginx | Apache]] = {}

    def _address(self, settings: Settings) -> Address:
        if settings not in self._servers:
            top = self._directory / str(len(self._servers))
            top.mkdir()
            port = free_port()
            repository = self._repositories[settings.repository]
            server: Nginx | Apache
            if self.name.startswith("nginx"):
                server = Nginx(top, port, nginx_location(repository, settings), self.name)
            else:
                server = Apache(top, port, apache_location(repository, settings), self.name)
            address = ("127.0.0.1", port)
            self._servers[settings] = (address, server)
            eventually(lambda: server.poll() is None and accepts(address), "the server listens")
        return self._servers[settings][0]

    def ask(self, case: Case) -> Reply:
        address = self._address(case.settings)
        if case.method == "HEAD":
            return ask_head(address, case.target, case.headers)
        return ask(address, case.method, case.target, case.headers, case.body)

    def close(self) -> None:
        for _, server in self._servers.values():
            server.terminate()
            server.wait()


def nginx_location(repository: Path, settings: Settings) -> str:
    """A depot with these settings."""
    text = f"location ^~ {settings.base}/ {{\nset $metaset_root {repository};\n"
    for name, value in (("base", settings.base), ("mode", settings.mode),
                        ("disable_ops", settings.disable)):
        text += f'set $metaset_{name} "{value}";\n'
    return text + "include metaset/depot.conf;\n}\n"


def apache_location(repository: Path, settings: Settings) -> str:
    """The same."""
    macro = "MetasetDepotWithoutPayloads" if "file" in settings.disable else "MetasetDepot"
    text = f"Use {macro} {settings.base}/ {repository}\n<Location {settings.base}/>\n"
    for name, value in (("MODE", settings.mode), ("DISABLE_OPS", settings.disable)):
        text += f'SetEnv METASET_{name} "{value}"\n' if value else ""
    return text + "</Location>\n"


def environment_of(repository: Path, case: Case) -> dict[str, str]:
    """What a web server tells a CGI program (RFC 3875)."""
    variables = {
        "PATH": os.environ["PATH"],
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": case.method,
        "REQUEST_URI": case.target,
        "QUERY_STRING": case.target.partition("?")[2],
        "HTTP_HOST": "depot.test",
        "METASET_ROOT": str(repository),
        "METASET_BASE": case.settings.base,
        "METASET_MODE": case.settings.mode,
        "METASET_DISABLE_OPS": case.settings.disable,
    }
    if case.body:
        variables["CONTENT_LENGTH"] = str(len(case.body))
    for name, value in case.headers.items():
        if name == "Content-Type":
            variables["CONTENT_TYPE"] = value
        variables["HTTP_" + re.sub("[^A-Z0-9]", "_", name.upper())] = value
    return variables


class CgiBackend:
    """metaset-serve as a program that is started for one request."""

    name = "cgi"

    def __init__(self, repositories: dict[str, Path]) -> None:
        self._repositories = repositories

    def ask(self, case: Case) -> Reply:
        environment = environment_of(self._repositories[case.settings.repository], case)
        done = subprocess.run([str(METASET_SERVE)], env=environment, input=case.body,
                              capture_output=True, timeout=60, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, _, rest = head.partition(b"\r\n")
        assert status.startswith(b"Status: "), done.stdout
        reply = parse_head(b"CGI " + status.removeprefix(b"Status: ") + b"\r\n" + rest)
        length = reply.get("Content-Length")
        if case.method != "HEAD" and length is not None:
            assert int(length) == len(body), "Content-Length is not the length of the body"
        reply.body = body
        return reply

    def close(self) -> None:
        """Nothing is left running."""


Backend = ServeBackend | ConfiguredBackend | CgiBackend
# Those of `metaset serve`; those whose programs are started by the web server.
SERVED = ("nginx", "apache")
CONFIGURED = ("nginx-cgi", "apache-fcgid", "apache-cgi")
NAMES = (*SERVED, *CONFIGURED, "cgi")
