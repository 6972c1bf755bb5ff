"""metaset-serve and metaset-publish as a service manager runs them."""
from __future__ import annotations

import os
import signal
import socket
import uuid
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Iterator

import pytest

import processes
from depot import BUILD, METASET
from etcd import EtcdCluster
from fastcgi import Client
from load import Asking
from manager import Manager, listen
from ports import free_port
from rawhttp import BrokenAnswer
from repositories import create
from waiting import eventually

WATCHDOG = 4.0
AGENT_WATCHDOG = 3.0  # longer than what agents wait for, in these tests
PATHS = ["/fruit/catalog/1/catalog.attrs", "/fruit/catalog/1/catalog.base.C", "/publisher/0"]


class Service:
    """One of the programs with two workers, on a socket that it inherits."""

    def __init__(self, program: str, directory: Path, manager: Manager) -> None:
        self.path = directory / "service.sock"
        self.errors = directory / "errors"
        self.manager = manager
        with listen(self.path) as listener:
            self.process: Popen[bytes] = manager.start(
                [str(BUILD / program), "--workers", "2", "--threads", "2"], self.errors, listener)

    def workers(self) -> list[int]:
        return processes.children(self.process.pid)


@pytest.fixture(params=["metaset-serve", "metaset-publish"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """Ready, and stopped at the end."""
    manager = Manager(f"@metaset-test-{uuid.uuid4()}", WATCHDOG)
    one = Service(request.param, tmp_path, manager)
    try:
        manager.hear("READY=1")
        yield one
    finally:
        one.process.terminate()
        status = one.process.wait(60)
        manager.close()
    assert status == 0, one.errors.read_text()


class SocketClients(Asking):
    """Clients of the socket that keep their connections, as a web server does: one that is closed
    before anything of an answer came is no failure, the request goes to a new one."""

    def __init__(self, path: Path, repository: Path) -> None:
        super().__init__()
        self.path = path
        self.repository = repository

    def _run(self, number: int) -> None:
        turn = number
        client = Client(self.path)
        while not self._stop.is_set():
            turn += 1
            uri = PATHS[turn % len(PATHS)]
            try:
                try:
                    reply = client.ask(self.repository, uri)
                except (BrokenAnswer, OSError):
                    client.close()
                    client = Client(self.path)
                    reply = client.ask(self.repository, uri)
                with self._lock:
                    self.statuses[reply.status] += 1
            except (BrokenAnswer, OSError) as error:
                self.broken.append(f"{uri}: {error!r}")
                return
        client.close()


def test_ready_means_that_it_answers(service: Service, imported: dict[str, Path]) -> None:
    assert len(service.workers()) == 2
    with Client(service.path, timeout=5.0) as client:
        assert client.ask(imported["utf8"], "/versions/0").status == 200
    ready = next(text for text in service.manager.messages if "READY=1" in text)
    assert ready == "READY=1\nSTATUS=2 workers answer"


def test_reload_under_load(service: Service, imported: dict[str, Path]) -> None:
    """The manager is told of its beginning and its end, and no request is lost."""
    with SocketClients(service.path, imported["utf8"]) as asking:
        for _ in range(5):
            asking.more(50)
            old = service.workers()
            service.process.send_signal(signal.SIGHUP)
            service.manager.hear("RELOADING=1")
            service.manager.hear("READY=1")
            new = [pid for pid in service.workers() if pid not in old]
            assert len(new) == 2
        asking.more(50)
    assert asking.broken == []
    assert set(asking.statuses) == {200}, service.errors.read_text()


def test_the_watchdog_hears_of_workers(service: Service, imported: dict[str, Path]) -> None:
    service.manager.hear("WATCHDOG=1")
    service.manager.hear("WATCHDOG=1")
    killed = service.workers()[0]
    os.kill(killed, signal.SIGKILL)
    service.manager.hear("STATUS=1 of 2 workers answer")
    service.manager.hear("STATUS=2 workers answer")
    service.manager.hear("WATCHDOG=1")
    # All of them stand still, and are replaced.
    stopped = service.workers()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: len(service.workers()) == 2 and not set(stopped) & set(service.workers()),
               "all workers were replaced")
    assert f"worker {stopped[0]} shows no sign of life" in service.errors.read_text()
    service.manager.hear("STATUS=2 workers answer")
    service.manager.hear("WATCHDOG=1")
    with Client(service.path, timeout=5.0) as client:
        assert client.ask(imported["utf8"], "/versions/0").status == 200


def test_the_end_is_announced(tmp_path: Path) -> None:
    """Requests that have begun are finished after it. The socket of the manager has a path here."""
    manager = Manager(str(tmp_path / "notify"))
    service = Service("metaset-serve", tmp_path, manager)
    manager.hear("READY=1")
    service.process.terminate()
    manager.hear("STOPPING=1")
    assert service.process.wait(60) == 0
    assert "WATCHDOG=1" not in manager.messages
    manager.close()


def test_what_cannot_start_is_never_ready(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    process = manager.start([str(BUILD / "metaset-serve")], tmp_path / "errors")
    assert process.wait(60) == 2
    assert "no socket to listen on" in (tmp_path / "errors").read_text()
    with pytest.raises(AssertionError, match="no READY=1"):
        manager.hear("READY=1", 0.1)
    manager.close()


def start_agent(tmp_path: Path, manager: Manager, etcd: str, *options: str) -> Popen[bytes]:
    return manager.start(
        [str(METASET), "agent", "-d", str(tmp_path / "repository"), "--group", "web", "--member",
         "one", "--etcd", etcd, "--gate", str(tmp_path / "gate"), "--listen",
         f"127.0.0.1:{free_port()}", "--ttl", "2", *options], tmp_path / "errors")


@contextmanager
def running_agent(tmp_path: Path, manager: Manager) -> Iterator[tuple[Popen[bytes], EtcdCluster]]:
    """That of the only member of a group, until it has to end in order."""
    create(tmp_path / "repository", "demo")
    with EtcdCluster(tmp_path / "etcd", size=1) as etcd:
        agent = start_agent(tmp_path, manager, ",".join(etcd.endpoints))
        try:
            manager.hear("READY=1")
            manager.hear("STATUS=member one takes part in group web")
            yield agent, etcd
        finally:
            etcd.resume(0)
            agent.send_signal(signal.SIGCONT)
            agent.terminate()
            status = agent.wait(60)
    assert status == 0, (tmp_path / "errors").read_text()


def test_an_agent_tells_what_it_does(tmp_path: Path) -> None:
    """Ready when it runs; which part it takes is its status. Nobody wants to hear that it lives."""
    manager = Manager(str(tmp_path / "notify"))
    with running_agent(tmp_path, manager) as (agent, _):
        agent.terminate()
        manager.hear("STOPPING=1")
        assert agent.wait(60) == 0
    assert "WATCHDOG=1" not in manager.messages
    manager.close()


def test_the_watchdog_hears_of_an_agent(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"), AGENT_WATCHDOG)
    with running_agent(tmp_path, manager) as (agent, _):
        said = manager.listen_for(3 * AGENT_WATCHDOG)
        assert 3 <= said.count("WATCHDOG=1") <= 6
        agent.send_signal(signal.SIGSTOP)
        eventually(lambda: processes.is_stopped(agent.pid), "it is stopped")
        assert silence(manager)
        agent.send_signal(signal.SIGCONT)
        manager.hear("WATCHDOG=1")
    manager.close()


def silence(manager: Manager) -> bool:
    """Whether a manager would end the service: it has not heard in time that it lives. That which
    all threads have done before may still be told of, once."""
    manager.listen_for(AGENT_WATCHDOG / 2 + 0.5)
    return "WATCHDOG=1" not in manager.listen_for(AGENT_WATCHDOG)


def test_an_agent_of_which_a_part_hangs(tmp_path: Path) -> None:
    """The watchdog hears nothing if one of its threads hangs that its member needs: the first, and
    those for the state of the group, heartbeats and datagrams. The others may take their time: the
    one that watches etcd and the one that fetches metasets."""
    manager = Manager(str(tmp_path / "notify"), AGENT_WATCHDOG)
    with running_agent(tmp_path, manager) as (agent, _):
        hanging = []
        for thread in (threads := processes.threads(agent.pid)):
            with processes.standing_still(thread):
                hanging.append(silence(manager))
            manager.hear("WATCHDOG=1")
        assert threads[0] == agent.pid and hanging[0]
        assert sorted(hanging) == [False, False, True, True, True, True]
    manager.close()


def test_an_agent_without_etcd_lives(tmp_path: Path) -> None:
    """It asks again and again: another start would not help."""
    manager = Manager(str(tmp_path / "notify"), WATCHDOG)
    with running_agent(tmp_path, manager) as (_, etcd):
        etcd.stop(0)
        for _ in range(5):
            manager.hear("WATCHDOG=1", WATCHDOG)
    manager.close()


def test_an_agent_that_fetches_its_repository_lives(tmp_path: Path) -> None:
    """That may take hours. Here nobody answers."""
    manager = Manager(str(tmp_path / "notify"), AGENT_WATCHDOG)
    with socket.create_server(("127.0.0.1", 0)) as source:
        agent = start_agent(tmp_path, manager, "http://127.0.0.1:1", "--from",
                            f"http://127.0.0.1:{source.getsockname()[1]}/")
        try:
            manager.hear("STATUS=the repository is fetched")
            said = manager.listen_for(3 * AGENT_WATCHDOG)
            assert 3 <= said.count("WATCHDOG=1") <= 6
            agent.send_signal(signal.SIGSTOP)
            assert silence(manager)
        finally:
            agent.kill()
            agent.wait(60)
    manager.close()
