"""Apache with a configuration of the benchmark's own."""
from __future__ import annotations

import re
import socket
from pathlib import Path

from servers import Depot, Server, wait_for

# Logs nothing, as the depot's.
CONFIGURATION = """ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/apache.pid
Mutex file:{directory}
ErrorLog {directory}/log
LogLevel error
ServerName localhost
{common}
Listen 127.0.0.1:{port}
{server}"""
# What says how many there are of it, who they are, and which modules they have.
COMMON = r"^(?:(?:User|Group|StartServers|ServerLimit|Thread\w+|M\w+Workers|M\w+Threads|Async\w+|" \
         r"ListenBacklog) .*|<IfModule .*|  LoadModule .*|</IfModule>)$"


class Apache(Server):
    """On a free port, with the processes, threads and modules of a depot's. `server`: the rest."""

    def __init__(self, program: Path, directory: Path, depot: Depot, server: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = directory / "apache.conf"
        common = "\n".join(re.findall(COMMON, depot.config, re.MULTILINE))
        config.write_text(CONFIGURATION.format(directory=directory, common=common, port=self.port,
                                               server=server))
        super().__init__([str(program), "-DFOREGROUND", "-f", str(config)], directory / "errors")
        self.url = f"http://127.0.0.1:{self.port}"
        wait_for(("127.0.0.1", self.port))
