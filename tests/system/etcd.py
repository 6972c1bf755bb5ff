"""Clusters of etcd on loopback, with directories and ports of their own.

Debian's package may run a service of its own: that one is neither used nor touched.
"""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ports import free_ports
from processes import is_running, is_stopped
from waiting import eventually

ETCD = shutil.which("etcd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
ETCDCTL = shutil.which("etcdctl", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")

# Short, so that tests of leader changes need not wait long; not so short that a busy machine
# changes leaders by itself.
HEARTBEAT_MS = 50
ELECTION_MS = 500


@dataclass(frozen=True)
class Tls:
    """Files of PEM: what the members show to clients, and who vouches for them."""
    authority: Path
    certificate: Path
    key: Path
    client_certificates: bool = False  # wanted from clients


class EtcdCluster:
    """Members 0 to size-1. start() it, and stop_all() it at the end; or use it in `with`."""

    def __init__(self, directory: Path, size: int = 3, tls: Tls | None = None,
                 options: tuple[str, ...] = ()) -> None:
        self._directory = directory / "etcd"
        self._directory.mkdir(parents=True, exist_ok=True)
        self._tls = tls
        self._options = options
        ports = free_ports(2 * size)
        scheme = "https" if tls else "http"
        self.endpoints = [f"{scheme}://127.0.0.1:{port}" for port in ports[:size]]
        self._peers = [f"http://127.0.0.1:{port}" for port in ports[size:]]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * size
        self.user: str | None = None  # NAME:PASSWORD, once authentication is on

    # Members

    def start(self) -> None:
        """Starts all members, and waits until they are one healthy cluster."""
        for number in range(len(self.endpoints)):
            self.start_member(number)
        self.wait_healthy()

    def start_member(self, number: int) -> None:
        """Starts one that does not run, with what is in its directory."""
        assert self._processes[number] is None, f"member {number} runs already"
        cluster = ",".join(f"m{i}={url}" for i, url in enumerate(self._peers))
        arguments = [
            ETCD or "etcd", "--name", f"m{number}",
            "--data-dir", str(self._directory / f"m{number}"),
            "--listen-client-urls", self.endpoints[number],
            "--advertise-client-urls", self.endpoints[number],
            "--listen-peer-urls", self._peers[number],
            "--initial-advertise-peer-urls", self._peers[number],
            "--initial-cluster", cluster, "--initial-cluster-state", "new",
            "--heartbeat-interval", str(HEARTBEAT_MS), "--election-timeout", str(ELECTION_MS),
            "--logger", "zap", *self._tls_options(), *self._options]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("ETCD_")}
        with open(self.log(number), "ab") as log:
            self._processes[number] = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                cwd=self._directory)

    def _tls_options(self) -> list[str]:
        if not self._tls:
            return []
        options = ["--cert-file", str(self._tls.certificate), "--key-file", str(self._tls.key)]
        if self._tls.client_certificates:
            options += ["--client-cert-auth", "--trusted-ca-file", str(self._tls.authority)]
        return options

    def log(self, number: int) -> Path:
        return self._directory / f"m{number}.log"

    def pid(self, number: int) -> int:
        process = self._processes[number]
        assert process, f"member {number} does not run"
        return process.pid

    def is_up(self, number: int) -> bool:
        process = self._processes[number]
        return process is not None and is_running(process.pid)

    def kill(self, number: int) -> None:
        """kill -9. A paused one, too."""
        process = self._processes[number]
        assert process, f"member {number} does not run"
        process.kill()
        process.wait(timeout=60)
        self._processes[number] = None

    def restart(self, number: int) -> None:
        """Starts it anew, after kill -9 if it runs. Does not wait until it is healthy."""
        if self._processes[number]:
            self.kill(number)
        self.start_member(number)

    def stop(self, number: int) -> None:
        """SIGSTOP: it keeps its connections and says nothing."""
        os.kill(self.pid(number), signal.SIGSTOP)
        eventually(lambda: is_stopped(self.pid(number)), f"member {number} is paused")

    def resume(self, number: int) -> None:
        os.kill(self.pid(number), signal.SIGCONT)

    def stop_all(self) -> None:
        for number, process in enumerate(self._processes):
            if process:
                self.kill(number)

    def __enter__(self) -> EtcdCluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    # What etcdctl does

    def control(self, *arguments: str, endpoints: list[str] | None = None,
                check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs etcdctl, by default with the endpoints of the members that run."""
        urls = endpoints or [url for i, url in enumerate(self.endpoints) if self.is_up(i)]
        options = ["--endpoints", ",".join(urls), "--command-timeout", "5s", "--dial-timeout", "2s"]
        if self._tls:
            options += ["--cacert", str(self._tls.authority)]
            if self._tls.client_certificates:
                options += ["--cert", str(self._tls.certificate), "--key", str(self._tls.key)]
        if self.user:
            options += ["--user", self.user]
        environment = {**os.environ, "ETCDCTL_API": "3"}
        done = subprocess.run([ETCDCTL or "etcdctl", *options, *arguments], text=True, timeout=60,
                              capture_output=True, check=False, env=environment)
        assert not check or done.returncode == 0, f"etcdctl {arguments}: {done.stderr}"
        return done

    def wait_healthy(self, *numbers: int, limit: float = 30.0) -> None:
        """Until these members (default: all that run) answer what needs a leader."""
        wanted = numbers or tuple(i for i in range(len(self.endpoints)) if self.is_up(i))
        for number in wanted:
            eventually(lambda one=number: self._is_healthy(one), f"member {number} is healthy",
                       limit)

    def _is_healthy(self, number: int) -> bool:
        assert self.is_up(number), f"member {number} ended: {self.log(number).read_text()[-2000:]}"
        endpoint = [self.endpoints[number]]
        return self.control("endpoint", "health", endpoints=endpoint, check=False).returncode == 0

    def status(self) -> list[dict[str, Any]]:
        """What the running members say of themselves, with their number."""
        found = json.loads(self.control("endpoint", "status", "-w", "json").stdout)
        return [{"number": self.endpoints.index(one["Endpoint"]), **one["Status"]} for one in found]

    def leader(self) -> int:
        """The number of the member that leads."""
        def find() -> list[int]:
            try:
                return [one["number"] + 1 for one in self.status()
                        if one["leader"] == one["header"]["member_id"]]
            except AssertionError:  # a member that is asked is not ready
                return []
        return eventually(find, "there is a leader")[0] - 1

    def move_leader(self, number: int) -> None:
        """Makes a member the leader."""
        members = {one["number"]: one["header"]["member_id"] for one in self.status()}
        self.control("move-leader", f"{members[number]:x}")
        eventually(lambda: self.leader() == number, f"member {number} leads")
