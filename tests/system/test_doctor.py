"""`metaset doctor` finds what was broken on purpose, and nothing in a depot that is in order."""
from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest

from depot import METASET, Depot, StartDepot, metaset
from etcd import EtcdCluster
from gate import Gate
from processes import is_running
from repositories import Package, commit, create, publish
from test_metrics import ask_all_workers
from waiting import eventually


@pytest.fixture
def slashed(tmp_path: Path) -> Path:
    """A repository with a package that has a slash in its name."""
    repository = create(tmp_path / "slashed", "demo")
    publish(repository, tmp_path / "scratch",
            [Package("pkg://demo/library/first@1.0,5.11-1:20240501T100000Z",
                     {"etc/first": b"first\n"})])
    commit(repository)
    os.chmod(repository / "staging", 0o700)
    return repository


def doctor(*options: object) -> tuple[int, dict[tuple[str, str], Any]]:
    """The exit status, and the findings by topic and name: of several the worst."""
    result = metaset("doctor", "--json", *options, check=False)
    assert result.returncode in (0, 1), result.stderr
    order = ("ok", "skipped", "warning", "error")
    findings: dict[tuple[str, str], Any] = {}
    for one in json.loads(result.stdout)["findings"]:
        assert bool(one["advice"]) == (one["verdict"] in ("warning", "error")), one
        key = (one["topic"], one["check"])
        if key not in findings or order.index(one["verdict"]) > order.index(
                findings[key]["verdict"]):
            findings[key] = one
    return result.returncode, findings


def url_of(depot: Depot) -> str:
    return f"http://{depot.address[0]}:{depot.address[1]}{depot.base}"


@pytest.mark.parametrize("base", ("", "/r"))
def test_a_depot_in_order(base: str, slashed: Path, start: StartDepot) -> None:
    depot = start(slashed, "--metrics", "on", "--publish-port", "0",
                  *(("--base", base) if base else ()))
    assert depot.publish_address
    publish_url = "http://%s:%d%s" % (*depot.publish_address, base)
    status, findings = doctor("-d", slashed, "--url", url_of(depot), "--publish-url", publish_url)
    assert status == 0
    wrong = {key: one for key, one in findings.items() if one["verdict"] != "ok"}
    # Of the machine that the tests run on.
    wrong = {key: one for key, one in wrong.items() if key[0] not in ("disk", "limits")}
    assert not wrong, wrong
    for name in ("versions/0", "catalog", "compression", "payloads", "missing payloads",
                 "encoded slash", "no-cache", "internal files", "clock"):
        assert ("web server", name) in findings
    assert ("publication", "authentication") in findings
    assert ("limits", "open files") in findings
    text = metaset("doctor", "-d", slashed, "--url", url_of(depot)).stdout
    assert text.splitlines()[-1].startswith("0 errors, ")


def test_what_is_wrong_with_files(slashed: Path) -> None:
    os.chmod(slashed / "committed" / "data.mdb", 0o666)
    status, findings = doctor("-d", slashed)
    assert status == 1
    assert "chmod o-w" in findings["repository", "permissions"]["advice"]
    os.chmod(slashed / "committed" / "data.mdb", 0o644)
    os.chmod(slashed / "staging", 0o755)
    status, findings = doctor("-d", slashed)
    assert status == 0 and findings["repository", "permissions"]["verdict"] == "warning"
    if os.geteuid() == 0:
        os.chown(slashed / "file", 12345, -1)
        assert doctor("-d", slashed)[1]["repository", "owner"]["verdict"] == "warning"
    status, findings = doctor("-d", slashed / "catalog")
    assert status == 1 and findings["repository", "repository"]["verdict"] == "error"


def test_directories_within_that_everybody_may_write_to(slashed: Path) -> None:
    for place in (slashed, next((slashed / "file").iterdir())):
        mode = place.stat().st_mode & 0o7777
        os.chmod(place, 0o777)
        status, findings = doctor("-d", slashed)
        assert status == 1
        assert str(place) in findings["repository", "permissions"]["found"]
        os.chmod(place, mode)
    assert doctor("-d", slashed)[0] == 0


@pytest.mark.parametrize("name", ("file", "catalog", "staging"))
def test_a_directory_that_is_not_there(name: str, slashed: Path) -> None:
    os.rename(slashed / name, slashed / "away")
    status, findings = doctor("-d", slashed)
    assert status == 1
    assert findings["repository", "directories"]["found"] == f"{slashed / name} is not there"


@pytest.fixture
def public(slashed: Path) -> Iterator[Path]:
    """The repository where every user can get to it."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        repository = Path(directory) / "slashed"
        shutil.copytree(slashed, repository)
        yield repository


def test_what_nobody_lets_us_look_at(public: Path) -> None:
    """Whoever runs it hears that, and what else there is to say."""
    other = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(METASET))
    if subprocess.run([*other, "--version"], check=False, capture_output=True).returncode != 0:
        pytest.skip("nobody else can run it")
    os.chmod(public / "committed", 0o700)
    result = subprocess.run([*other, "doctor", "-d", str(public)], text=True, capture_output=True,
                            check=False, timeout=60)
    assert result.returncode == 1 and not result.stderr
    assert f"{public / 'committed'}/data.mdb: Permission denied" in result.stdout
    assert "run this as the user that serves it" in result.stdout
    assert "limits: this shell: " in result.stdout


def test_file_systems_that_are_full_or_read_only(slashed: Path) -> None:
    """Parts of a repository may be on file systems of their own."""
    def mount(*arguments: object) -> None:
        done = subprocess.run(["mount", *map(str, arguments)], check=False, capture_output=True)
        if done.returncode != 0:
            pytest.skip("mounting is not permitted")

    place = slashed / "catalog"
    mount("-t", "tmpfs", "-o", "size=64k,mode=755", "none", place)
    try:
        status, findings = doctor("-d", slashed)
        assert status == 1
        assert findings["disk", "space"]["found"].endswith(f" are free for {place}")
        mount("-o", "remount,ro", place)
        status, findings = doctor("-d", slashed)
        assert status == 1 and "read-only" in findings["repository", "access"]["found"]
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_map_that_is_nearly_full_and_stale_readers(slashed: Path, start: StartDepot,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    depot = start(slashed, "--workers", "2", "--metrics", "on")
    ask_all_workers(depot)  # the last one to have the database open leaves it as new
    # Nobody starts another one, which would look after the readers.
    master, worker = depot.master(), depot.workers()[0]
    os.kill(master, signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not is_running(worker), "it is dead")
    findings = doctor("-d", slashed)[1]
    os.kill(master, signal.SIGCONT)
    assert findings["database", "stale readers"]["verdict"] == "warning"
    used = (slashed / "committed" / "data.mdb").stat().st_size
    monkeypatch.setenv("METASET_MAP_SIZE", str(used))
    assert doctor("-d", slashed)[1]["database", "map size"]["verdict"] == "warning"


def test_open_files(slashed: Path) -> None:
    result = subprocess.run(["/bin/sh", "-c", f"ulimit -n 256; exec {METASET} doctor -d {slashed}"],
                            text=True, capture_output=True, check=False, timeout=60)
    assert "warning  limits: this shell: ulimit -n is 256" in result.stdout


class Careless(BaseHTTPRequestHandler):
    """A web server that gets much wrong in front of a real depot."""

    def do_GET(self) -> None:
        depot: Depot = self.server.depot  # type: ignore[attr-defined]
        path = self.path.replace("%2F", "/")  # a proxy that decodes
        if path.startswith("/file/1/" + "0" * 40):
            status, fields, body = 503, {}, b"later"
        elif path.startswith("/.metaset/"):
            status, fields, body = 200, {}, b"a secret"
        else:
            reply = depot.ask("GET", path)
            status, body = reply.status, reply.body
            fields = {"Cache-Control": "max-age=60"}
            if path.startswith("/file/"):
                body = body[:-1]
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Wed, 01 May 2024 10:00:00 GMT"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def careless(slashed: Path, start: StartDepot) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Careless)
    server.depot = start(slashed, "--metrics", "on")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_web_server_that_is_set_up_wrongly(slashed: Path, careless: str) -> None:
    status, findings = doctor("-d", slashed, "--url", careless)
    assert status == 1
    for name, verdict in (("clock", "error"), ("catalog", "error"), ("compression", "warning"),
                          ("payloads", "error"), ("missing payloads", "error"),
                          ("no-cache", "error"), ("internal files", "error")):
        assert findings["web server", name]["verdict"] == verdict, findings["web server", name]


def test_payloads_that_go_through_workers(slashed: Path, start: StartDepot) -> None:
    # Switched off for nginx' own locations, "file" is refused; other versions go to the workers.
    depot = start(slashed, "--metrics", "on", "--disable-ops", "file/2")
    findings = doctor("-d", slashed, "--url", url_of(depot))[1]
    assert findings["web server", "payloads"]["verdict"] == "warning"
    assert "payloads.conf" in findings["web server", "payloads"]["advice"]


def test_a_mirror_is_in_order(slashed: Path, start: StartDepot) -> None:
    depot = start(slashed, "--metrics", "on", "--mode", "mirror")
    status, findings = doctor("-d", slashed, "--url", url_of(depot))
    assert status == 0, findings
    assert findings["web server", "payloads"]["verdict"] == "ok"
    assert findings["web server", "catalog"]["verdict"] == "skipped"
    assert findings["web server", "manifests"]["verdict"] == "skipped"


def answered(*answers: bytes) -> Any:
    """What is found of a web server that says this, the last of it to all that follows."""
    left = list(answers)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(left.pop(0) if len(left) > 1 else left[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return doctor("--url", "http://127.0.0.1:%d" % listener.getsockname()[1])[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_web_server_that_means_harm() -> None:
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    findings = answered(head + b"pkg-server x\ncatalog 1\n", head + b"[" * 2_000_000)
    assert findings["web server", "catalog"]["verdict"] == "error"


def test_a_web_server_that_says_nothing() -> None:
    findings = answered(b"")
    assert "does not answer" in findings["web server", "versions/0"]["advice"]


def test_nobody_answers(slashed: Path) -> None:
    status, findings = doctor("--url", "http://127.0.0.1:1", "--publish-url", "http://127.0.0.1:1")
    assert status == 1
    assert "start the web server" in findings["web server", "versions/0"]["advice"]
    assert findings["publication", "authentication"]["verdict"] == "error"


def test_everybody_may_publish(slashed: Path, start: StartDepot) -> None:
    metaset("grant", "add", "anonymous", "publish,commit,activate", "-d", slashed)
    depot = start(slashed, "--publish-port", "0", "--publish-anonymous")
    assert depot.publish_address
    publish_url = "http://%s:%d" % depot.publish_address
    status, findings = doctor("--url", url_of(depot), "--publish-url", publish_url)
    assert status == 1
    assert "anonymous" in findings["publication", "authentication"]["advice"]
    # The depot itself takes nothing.
    findings = doctor("--url", url_of(depot), "--publish-url", url_of(depot))[1]
    assert findings["publication", "authentication"]["verdict"] == "error"


def test_a_group(slashed: Path, gate: Gate, tmp_path: Path) -> None:
    gate.close()
    status, findings = doctor("-d", slashed, "--gate", gate.path, "--group", "g",
                              "--etcd", "http://127.0.0.1:1")
    assert status == 1
    assert findings["group", "agent"]["verdict"] == "error"
    assert findings["group", "etcd"]["verdict"] == "warning"
    assert findings["group", "quorum"]["verdict"] == "error"
    gate.open(2)
    with EtcdCluster(tmp_path, 1) as etcd:
        status, findings = doctor("-d", slashed, "--gate", gate.path, "--group", "g",
                                  "--etcd", ",".join(etcd.endpoints))
    assert status == 0, findings
    for name in ("agent", "etcd", "quorum", "clock"):
        assert findings["group", name]["verdict"] == "ok", findings


def test_wrong_usage() -> None:
    assert metaset("doctor", check=False).returncode == 2
    assert metaset("doctor", "--url", "ftp://x", check=False).returncode in (1, 2)
