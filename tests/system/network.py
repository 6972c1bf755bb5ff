"""Where the members of a group live: on loopback, or each in a network namespace of its own.

With namespaces a member has two links: one to the balancer, and one to etcd and the other members,
which can be cut while the first goes on. Made by root only; what is left when a test is killed is
the bridge.

    member N:  198.18.(100+N).2 -- .1  balancer
               198.18.77.(10+N) -- bridge 198.18.77.1, where its relay to etcd listens
"""
from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

from depot import STOP_LIMIT

LOOPBACK = "127.0.0.1"
HUB = "198.18.77.1"


@dataclass
class Home:
    """Of one member. `prefix`: what its commands begin with."""

    prefix: list[str] = field(default_factory=list)
    depot: str = LOOPBACK  # the address that its depot listens on
    balancer: str = LOOPBACK  # the address that the balancer comes from
    agent: str = LOOPBACK  # the address that its agent listens on
    hub: str = LOOPBACK  # the address that it finds etcd at


class NotPermitted(Exception):
    """There are no network namespaces here, or not for us."""


def ip(*arguments: str) -> None:
    """The command `ip`."""
    try:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPermitted(f"ip {arguments}: {getattr(error, 'stderr', error)!r}") from error


class Network:
    """Namespaces for so many members; NotPermitted. Gone when it is closed."""

    def __init__(self, members: int) -> None:
        self._bridge = f"mst{os.getpid()}"
        self._holders: list[subprocess.Popen[bytes]] = []
        self.homes: list[Home] = []
        if os.geteuid() != 0:
            raise NotPermitted("only root can make them")
        try:
            ip("link", "add", self._bridge, "type", "bridge")
            ip("addr", "add", f"{HUB}/24", "dev", self._bridge)
            ip("link", "set", self._bridge, "up")
            for number in range(members):
                self._add(number)
        except NotPermitted:
            self.close()
            raise

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cut(self, number: int) -> None:
        """Nothing that a member and its agent send to etcd or to other members arrives, and
        nothing that they are sent."""
        ip("link", "set", self._near(number), "down")

    def mend(self, number: int) -> None:
        """After cut()."""
        ip("link", "set", self._near(number), "up")

    def close(self) -> None:
        """What runs in the namespaces should have ended."""
        for holder in self._holders:
            holder.kill()
            holder.wait(STOP_LIMIT)
        subprocess.run(["ip", "link", "del", self._bridge], check=False, capture_output=True)
        self._holders.clear()

    def _near(self, number: int) -> str:
        return f"{self._bridge}h{number}"

    def _add(self, number: int) -> None:
        """A namespace, which exists as long as a process is in it, and its links."""
        try:
            holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 1000000"],
                                      stdout=subprocess.PIPE)
        except OSError as error:
            raise NotPermitted(str(error)) from error
        self._holders.append(holder)
        assert holder.stdout
        if not holder.stdout.readline():
            raise NotPermitted("there can be no network namespaces")
        home = Home(["nsenter", "-t", str(holder.pid), "--net"], f"198.18.{100 + number}.2",
                    f"198.18.{100 + number}.1", f"198.18.77.{10 + number}", HUB)
        near, front = self._near(number), f"{self._bridge}c{number}"
        for outside, inside in ((near, f"{near}i"), (front, f"{front}i")):
            ip("link", "add", outside, "type", "veth", "peer", "name", inside)
            ip("link", "set", inside, "netns", str(holder.pid))
            ip("link", "set", outside, "up")
        ip("link", "set", near, "master", self._bridge)
        ip("addr", "add", f"{home.balancer}/30", "dev", front)
        for address, inside in ((f"{home.agent}/24", f"{near}i"), (f"{home.depot}/30",
                                                                   f"{front}i")):
            self._inside(home, "addr", "add", address, "dev", inside)
            self._inside(home, "link", "set", inside, "up")
        self._inside(home, "link", "set", "lo", "up")
        self.homes.append(home)

    @staticmethod
    def _inside(home: Home, *arguments: str) -> None:
        subprocess.run([*home.prefix, "ip", *arguments], check=True, capture_output=True)
