"""A service manager for its services: the socket they report to, and the one they inherit."""
from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

# systemd hands sockets over from descriptor 3 on, to the process whose number it says.
INHERIT = 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<&0 </dev/null'


class Manager:
    """Hears what a service reports (sd_notify(3))."""

    def __init__(self, name: str, watchdog: float | None = None) -> None:
        """`name`: as in NOTIFY_SOCKET, a path or an abstract name with an @ before it."""
        self.name = name
        self.watchdog = watchdog
        self.messages: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def close(self) -> None:
        self._socket.close()

    def environment(self) -> dict[str, str]:
        """That of the service."""
        extra = {"NOTIFY_SOCKET": self.name}
        if self.watchdog:
            extra["WATCHDOG_USEC"] = str(int(self.watchdog * 1e6))
        return {**os.environ, **extra}

    def start(self, command: list[str], errors: Path,
              listener: socket.socket | None = None) -> subprocess.Popen[bytes]:
        """The service, with the socket to listen on."""
        if listener:
            command = ["/bin/sh", "-c", INHERIT, "service", *command]
        with errors.open("ab") as log:
            return subprocess.Popen(command, env=self.environment(),
                                    stdin=listener or subprocess.DEVNULL, stderr=log)

    def hear(self, wanted: str, limit: float = 30.0) -> None:
        """Waits for a line; what comes before it is kept in `messages`."""
        deadline = time.monotonic() + limit
        while True:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                message = self._socket.recv(4096).decode()
            except TimeoutError:
                raise AssertionError(f"no {wanted} within {limit} s, but {self.messages}") from None
            self.messages.append(message)
            if wanted in message.splitlines():
                return

    def listen_for(self, seconds: float) -> list[str]:
        """All that comes in that time."""
        before = len(self.messages)
        try:
            self.hear("nothing that anybody says", seconds)
        except AssertionError:
            pass
        return self.messages[before:]


def listen(path: Path) -> socket.socket:
    """A socket as a socket unit opens it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(4096)
    return listener
