"""Ports of tests, of which several run at once on one machine.

Whoever is given a port listens on it only later, and perhaps several times: that it is taken is
noted by a socket with its number as its name, which is gone when the process ends, however it does.
tests/group/etcd_servers.h takes part in that.
"""
from __future__ import annotations

import contextlib
import random
import socket

# Below those that the kernel gives to connections: a port of a part that is down must not become
# the other end of somebody's connection meanwhile.
FIRST, END = 12_000, 32_000

_taken: list[socket.socket] = []  # until this process ends


def _take(port: int) -> bool:
    """Unless another test has it, or somebody listens on it."""
    with contextlib.ExitStack() as stack:
        note = stack.enter_context(socket.socket(socket.AF_UNIX))
        try:
            note.bind(f"\0metaset-test-port-{port}")
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(type=kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        _taken.append(note)
        stack.pop_all()
    return True


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and that no other test is given."""
    found: set[int] = set()
    while len(found) < count:
        port = random.SystemRandom().randrange(FIRST, END)
        if _take(port):
            found.add(port)
    return sorted(found)


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
