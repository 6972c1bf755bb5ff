"""The ways to a depot that the cases are sent through. Others (Apache, ...) can be added here."""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from case_file import Case, Settings
from depot import METASET_SERVE, Depot
from rawhttp import Connection, Reply, ask, parse_head


class NginxBackend:
    """`metaset serve`: nginx with the shipped configuration and FastCGI workers."""

    name = "nginx"

    def __init__(self, repositories: dict[str, Path], directory: Path) -> None:
        self._repositories = repositories
        self._directory = directory
        self._depots: dict[Settings, Depot] = {}

    def _depot(self, settings: Settings) -> Depot:
        if settings not in self._depots:
            options = []
            for option, value in (("--base", settings.base), ("--mode", settings.mode),
                                  ("--disable-ops", settings.disable)):
                options += [option, value] if value else []
            directory = self._directory / f"nginx{len(self._depots)}"
            self._depots[settings] = Depot(self._repositories[settings.repository], directory,
                                           "--workers", "1", *options)
        return self._depots[settings]

    def ask(self, case: Case) -> Reply:
        depot = self._depot(case.settings)
        if case.method != "HEAD":
            return ask(depot.address, case.method, case.target, case.headers, case.body)
        # Whatever comes between the answer to HEAD and the next one would be a body.
        with Connection(depot.address) as connection:
            connection.send("HEAD", case.target, case.headers)
            connection.send("GET", "/robots.txt", {"Connection": "close"})
            reply = connection.receive("HEAD")
            connection.receive("GET")
            return reply

    def close(self) -> None:
        for depot in self._depots.values():
            depot.stop()


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
