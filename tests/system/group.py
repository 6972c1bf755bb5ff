"""A group of depots: etcd, members with workers, nginx and an agent each, a balancer."""
from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator

import processes
import rawhttp
from balancer import PLAIN, Balancer
from builds import PUBLISHER, Source, history, identify
from depot import METASET, WEB_PROGRAM, Depot
from etcd import EtcdCluster
from judge import History
from network import Home, Network
from parts import Part, kill_all
from ports import free_port, free_ports
from relay import PASS, Relay
from waiting import eventually

NAME = "group"
ROLLOUT_LIMIT = 120.0
TAIL = 6000  # characters of a log that are worth reading


class Member:
    """A depot and its agent; each part can be killed, paused and started again."""

    def __init__(self, name: str, repository: Path, directory: Path, relay: Relay, home: Home,
                 agent: list[str], joins: bool = True) -> None:
        """`agent`: more options of the agent. `joins`: False for a depot outside of any group."""
        directory.mkdir(parents=True)
        self.name = name
        self.repository = repository
        self.relay = relay
        port, datagrams = free_ports(2)
        self.address: rawhttp.Address = (home.depot, port)
        self.depot: Depot | None = None
        self._directory = directory
        gate = directory / "gate"
        self._home = home
        self._options = ["-a", home.depot]
        if joins:
            self._options += ["--group", str(gate), "--trusted-proxy", home.balancer]
        self.agent = Part(f"agent of {name}", [
            *home.prefix, str(METASET), "agent", "-d", str(repository), "--group", NAME,
            "--member", name, "--etcd", ",".join(relay.endpoints), "--gate", str(gate),
            "--listen", f"{home.agent}:{datagrams}", *agent,
        ], directory / "agent.log")

    def start_depot(self) -> None:
        """Again after kill_nginx(), too."""
        self.stop_depot()
        self.depot = Depot(self.repository, self._directory / "depot", *self._options,
                           port=self.address[1], prefix=tuple(self._home.prefix))

    def stop_depot(self) -> None:
        """What is left of it."""
        if self.depot:
            self.depot.stop()
            self.depot = None

    def workers(self) -> list[int]:
        """The processes that answer; not the one that looks after them."""
        return self.depot.workers() if self.depot else []

    def nginx(self) -> list[int]:
        """Its processes."""
        return [pid for pid in processes.descendants(self.depot.pid)
                if processes.name_of(pid) == WEB_PROGRAM] if self.depot else []

    def kill_worker(self, index: int) -> None:
        """SIGKILL to one; another takes its place."""
        workers = self.workers()
        kill_all(workers[index % len(workers):][:1])

    def kill_nginx(self) -> None:
        """SIGKILL to all of nginx; `metaset serve` ends, because there is nothing to serve with."""
        kill_all(self.nginx())

    def get(self, path: str) -> rawhttp.Reply:
        """Past the balancer, as a machine that has never been here."""
        return rawhttp.ask(self.address, "GET", path,
                           {"X-IPkg-UUID": str(uuid.uuid4())})

    def health(self) -> int:
        """What the balancer could ask; 0 if nobody answers."""
        try:
            return self.get("/healthz").status
        except (OSError, rawhttp.BrokenAnswer):
            return 0

    def identity(self) -> str:
        """Of the catalog that it gives to strangers, or why it gives none."""
        try:
            reply = self.get(f"/{PUBLISHER}/catalog/1/catalog.attrs")
        except (OSError, rawhttp.BrokenAnswer) as error:
            return repr(error)
        if reply.status != 200:
            return f"status {reply.status}"
        return hashlib.sha1(reply.decoded()).hexdigest()

    def stop_agent(self) -> None:
        """In order, if it runs."""
        if self.agent.is_running():
            self.agent.stop()

    def logs(self) -> dict[str, str]:
        """Of both."""
        depot = self._directory / "depot" / "stderr"
        return {self.agent.name: self.agent.text(),
                f"depot of {self.name}": depot.read_text() if depot.exists() else ""}


class Group:
    """Everything but etcd and the network, which are the caller's. `places`: where members have
    their repositories, if not below `directory`."""

    def __init__(self, directory: Path, etcd: EtcdCluster, members: int = 4, way: str = PLAIN,
                 packages: int = 20, ttl: int = 5, places: dict[int, Path] | None = None,
                 network: Network | None = None, joins: bool = True) -> None:
        self.etcd = etcd
        self.network = network
        self.joins = joins
        self._directory = directory
        self.source = Source(directory / "source", packages)
        self.first = self.source.publish_build()
        self.publisher: Depot | None = None
        self.publisher_port = free_port()
        self._ttl = ttl
        self.members: list[Member] = []
        for number in range(members):
            self.add_member((places or {}).get(number))
        self.balancer = Balancer(directory / "balancer", [one.address for one in self.members],
                                 way)

    def add_member(self, place: Path | None = None) -> Member:
        """One that has what the source has now, not started. The balancer knows only those that
        were there when it was made."""
        name = f"member{len(self.members)}"
        directory = self._directory / name
        repository = self.source.copy_to(place or directory.with_name(f"{name}-repository"))
        home = self.network.homes[len(self.members)] if self.network else Home()
        agent = ["--from", f"http://{home.hub}:{self.publisher_port}/", "--ttl", str(self._ttl)]
        self.members.append(Member(name, repository, directory,
                                   Relay(self.etcd.endpoints, home.hub), home, agent, self.joins))
        return self.members[-1]

    def __enter__(self) -> Group:
        try:
            self.publisher = Depot(self.source.repository, self._directory / "publisher", "-a",
                                   "0.0.0.0" if self.network else "127.0.0.1",
                                   port=self.publisher_port)
            for member in self.members:
                member.start_depot()
                if self.joins:
                    member.agent.start()
            self.wait_whole()
            self.balancer.__enter__()
        except BaseException:
            self.__exit__(BaseException)
            raise
        return self

    def __exit__(self, kind: object = None, *_: object) -> None:
        if kind:
            self.print_logs()
        with ExitStack() as stopping:  # each, whatever becomes of the others
            if self.publisher:
                stopping.callback(self.publisher.stop)
            for member in self.members:
                stopping.callback(member.relay.stop)
                stopping.callback(member.stop_depot)
                stopping.callback(member.stop_agent)
            if self.balancer.part.process:
                stopping.callback(self.balancer.part.stop)

    def wait_whole(self, limit: float = 120.0) -> None:
        """Until every member answers. Who was away may come back only when the last switch is
        longer ago than depots remember clients, a minute."""
        good = 200 if self.joins else 404
        eventually(lambda: all(member.health() == good for member in self.members),
                   "every member takes part", limit)

    def publish_build(self, packages: int | None = None) -> int:
        """The metaset, on the source only."""
        return self.source.publish_build(packages)

    @contextmanager
    def command(self, *arguments: object) -> Iterator[subprocess.Popen[str]]:
        """`metaset rollout ...` under way. It does not outlive this."""
        environment = {**os.environ, "METASET_GROUP_NAME": NAME,
                       "METASET_ETCD": ",".join(self.etcd.endpoints)}
        with subprocess.Popen([str(METASET), "rollout", *map(str, arguments)], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=environment) as running:
            try:
                yield running
            finally:
                running.kill()

    def rollout(self, number: int, *options: str,
                limit: float = ROLLOUT_LIMIT) -> tuple[bool, str]:
        """Whether the group was switched, and what the command said."""
        with self.command("start", number, *options) as running:
            try:
                text, _ = running.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                running.kill()
                text, _ = running.communicate()
                return False, f"not finished after {limit} s: {text}"
            return running.returncode == 0, text

    def switch(self, number: int) -> None:
        """A rollout that has to succeed."""
        switched, text = self.rollout(number)
        assert switched, text

    def abort(self) -> str:
        """Whatever rollout is there; what the command said."""
        with self.command("abort") as running:
            return running.communicate(timeout=ROLLOUT_LIMIT)[0]

    def wait_serving(self, number: int, limit: float = 30.0) -> None:
        """Until all members give that metaset to strangers."""
        self.wait_serving_by(number, list(range(len(self.members))), limit)

    def wait_serving_by(self, number: int, members: list[int], limit: float = 30.0) -> None:
        """The same of some of them."""
        assert self.publisher
        known = identify(self.publisher, number)
        assert known
        wanted = [known[0]] * len(members)
        eventually(lambda: [self.members[n].identity() for n in members] == wanted,
                   f"members {members} serve metaset {number}", limit)

    def history(self) -> History:
        """All that was committed."""
        assert self.publisher
        return history(self.publisher, self.source)

    def heal(self) -> None:
        """Whatever was done to its members is undone."""
        for number, member in enumerate(self.members):
            member.relay.become(PASS)
            if self.network:
                self.network.mend(number)
            member.agent.resume()
            kill_all([*member.workers(), *member.nginx()], signal.SIGCONT)
            if not member.depot or member.depot.process.poll() is not None:
                member.start_depot()
            if self.joins and not member.agent.is_running():
                member.agent.start()
        self.wait_whole()

    def logs(self) -> dict[str, str]:
        """Of all parts."""
        texts = {name: text for member in self.members for name, text in member.logs().items()}
        if self.publisher:
            texts["publisher"] = self.publisher.log()
        return {**texts, "balancer": self.balancer.failures()}

    def print_logs(self) -> None:
        """For who looks for the reason of a failure."""
        for name, text in self.logs().items():
            print(f"---- {name}\n{text[-TAIL:]}")
