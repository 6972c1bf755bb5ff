"""Starting and stopping `metaset serve`: one line when it is ready, one line when it cannot be."""
from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

import processes
import rawhttp
from depot import (METASET, WEB_NAME, WEB_PROGRAM, Depot, StartDepot, all_gone, clean_environment,
                   metaset, process_names)
from ports import free_port
from waiting import eventually


def test_the_ready_line(start: StartDepot, small: Path) -> None:
    depot = start(small)
    assert depot.ready_line == f"metaset: serving {small} on http://127.0.0.1:{depot.address[1]}/\n"
    assert depot.log() == "", "nothing to complain about"
    # It is true: the first request is answered.
    assert depot.get("/versions/0").status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_and_leaves_nothing(start: StartDepot, small: Path, number: int) -> None:
    depot = start(small)
    below = processes.descendants(depot.pid)
    assert {processes.name_of(pid) for pid in below} == process_names("metaset-serve")
    with depot.connect() as idle:
        assert idle.ask("GET", "/versions/0").status == 200
        assert depot.stop(number) == 0
    all_gone(below)
    assert list(depot.temporary.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        rawhttp.ask(depot.address, "GET", "/versions/0")
    assert depot.log() == ""


def test_a_request_under_way_is_finished(start: StartDepot, small: Path) -> None:
    depot = start(small)
    depot.freeze()
    with depot.connect() as connection:
        connection.send("GET", "/demo/catalog/1/catalog.attrs", {"Cache-Control": "no-cache"})
        # The web server has it when it has accepted the connection and has nothing left to read.
        eventually(lambda: established(depot.address[1]) and received(depot.address[1]),
                   "the web server took the request")
        depot.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(depot.address), "it does not listen any more")
        depot.thaw()
        assert connection.receive().status == 200
    assert depot.process.wait(60) == 0


def sockets(port: int) -> list[list[str]]:
    """The lines of /proc/net/tcp about connections that the web server has accepted on the port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return [line for line in fields if line[1].endswith(f":{port:04X}") and line[3] == "01"]


def established(port: int) -> bool:
    return len(sockets(port)) == 1


def received(port: int) -> bool:
    """Nothing waits in the receive queue, and the kernel knows a process for the socket."""
    return all(line[4].endswith(":00000000") and line[9] != "0" for line in sockets(port))


def refuses(address: rawhttp.Address) -> bool:
    try:
        socket.create_connection(address, 1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_second_signal_does_not_wait(start: StartDepot, small: Path) -> None:
    depot = start(small)
    below = processes.descendants(depot.pid)
    depot.freeze()
    with depot.connect() as connection:
        connection.send("GET", "/demo/catalog/1/catalog.attrs", {"Cache-Control": "no-cache"})
        eventually(lambda: established(depot.address[1]) and received(depot.address[1]),
                   "the web server took the request")
        depot.process.send_signal(signal.SIGINT)
        eventually(lambda: refuses(depot.address), "it began to stop")
        assert depot.process.poll() is None
        depot.process.send_signal(signal.SIGINT)
        # Less than it would wait for requests.
        depot.process.wait(9)
    all_gone(below)


def test_killed_without_warning(start: StartDepot, small: Path) -> None:
    """Nobody is left who serves a repository that its owner thinks is not served."""
    depot = start(small)
    below = processes.descendants(depot.pid)
    depot.process.kill()
    depot.process.wait(10)
    all_gone(below)
    eventually(lambda: refuses(depot.address), "the port is free")


def test_a_web_server_that_dies_ends_it(start: StartDepot, small: Path) -> None:
    depot = start(small)
    below = processes.descendants(depot.pid)
    server = next(pid for pid in processes.children(depot.pid)
                  if processes.name_of(pid) == WEB_PROGRAM)
    os.kill(server, signal.SIGKILL)
    assert depot.process.wait(60) == 1
    all_gone(below)
    assert depot.log() == f"metaset: serve: {WEB_NAME} was killed by signal 9\n"


def fails(*arguments: object, **environment: str) -> tuple[int, str]:
    """Runs `metaset serve`, which must end by itself: exit status and standard error."""
    done = subprocess.run([str(METASET), "serve", *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, env=clean_environment(**environment), check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_port_that_is_taken(start: StartDepot, small: Path) -> None:
    depot = start(small)
    port = depot.address[1]
    status, text = fails("-d", small, "-p", port)
    assert status == 1
    assert text == (f"metaset: serve: port {port} of 127.0.0.1 is taken by another process: choose "
                    "one with -p, or -p 0 for any that is free\n")
    assert depot.get("/versions/0").status == 200


@pytest.mark.parametrize("what", ["missing", "empty", "file", "stock"])
def test_not_a_repository(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    if what == "file":
        path.write_text("x")
    elif what != "missing":
        path.mkdir()
    if what == "stock":
        (path / "pkg5.repository").write_text("[repository]\n")
    status, text = fails("-d", path, "-p", "0")
    assert status == 1
    assert text.startswith("metaset: serve: ") and str(path) in text
    assert text.count("\n") == 1 and "metaset init" in text


@pytest.mark.parametrize("arguments,word", [
    (["-p", "x"], "--port"),
    (["-p", "70000"], "--port"),
    (["-a", "nowhere.example"], "nowhere.example"),
    (["--workers", "0"], "--workers"),
    (["--mode", "other"], "--mode"),
    (["--disable-ops", "nosuchop"], "nosuchop"),
    (["--disable-ops", "file/9"], "'9'"),
    (["--base", "/a b"], "--base"),
    (["--nginx", "/nonexistent"], "/nonexistent"),
])
def test_wrong_options(small: Path, arguments: list[str], word: str) -> None:
    status, text = fails("-d", small, "-p", "0", *arguments)
    assert status in (1, 2)
    assert word in text
    assert len(text.splitlines()) <= 2


def test_nothing_is_left_of_a_start_that_failed(small: Path, tmp_path: Path) -> None:
    broken = tmp_path / "nginx"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    status, text = fails("-d", small, "-p", "0", "--nginx", broken, TMPDIR=str(temporary),
                         XDG_RUNTIME_DIR="")
    assert (status, text) == (1, "metaset: serve: nginx ended with status 3\n")
    assert list(temporary.iterdir()) == []


def test_requests_before_it_is_ready_wait(small: Path) -> None:
    """From the moment that connections are taken, none is refused and none gets an error."""
    address = ("127.0.0.1", free_port())
    with subprocess.Popen([str(METASET), "serve", "-d", str(small), "-p", str(address[1])],
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: not refuses(address), "the port is open")
            replies = [rawhttp.ask(address, "GET", "/demo/catalog/1/catalog.attrs")
                       for _ in range(3)]
            assert [reply.status for reply in replies] == [200] * 3
        finally:
            process.terminate()
        assert process.wait(60) == 0


def test_any_directory_and_link(start: StartDepot, small: Path, tmp_path: Path) -> None:
    """A repository behind a link, and a path with blanks."""
    link = tmp_path / "a link; with blanks"
    link.symlink_to(small)
    depot = start(link)
    assert depot.get("/demo/catalog/1/catalog.attrs").status == 200
    payload = next(small.glob("file/??/*")).name
    assert depot.get(f"/demo/file/1/{payload}").status == 200


def test_serving_makes_no_metaset(start: StartDepot, small: Path) -> None:
    """Serving changes nothing but catalog files and the lock file."""
    before = metaset("log", "-d", small).stdout
    depot = start(small)
    assert depot.get("/demo/catalog/1/catalog.base.C").status == 200
    assert depot.stop() == 0
    assert metaset("log", "-d", small).stdout == before


STATUS_LINE = '"GET /status/0 HTTP/1.1" 200 '


def test_the_access_log(small: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with Depot(small, tmp_path / "logged", "--access-log", str(log)) as depot:
        depot.get("/versions/0", User_Agent="pkg/test (logged)")
        depot.get("/demo/file/1/" + "0" * 40)
        eventually(lambda: log.read_text().count("\n") >= 2, "the lines are written")
        log.rename(tmp_path / "old.log")
        os.kill(depot.pid, signal.SIGHUP)
        eventually(log.exists, "a new log was opened")
        # What was on its way may still go into the old one.
        eventually(lambda: depot.get("/status/0") and STATUS_LINE in log.read_text(),
                   "the new log is written")
    old = (tmp_path / "old.log").read_text()
    assert '"GET /versions/0 HTTP/1.1" 200 ' in old and "pkg/test (logged)" in old
    assert f'"GET /demo/file/1/{"0" * 40} HTTP/1.1" 404 ' in old
