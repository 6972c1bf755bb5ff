"""What a publisher cannot do: send too much, or make the worker keep it."""
from __future__ import annotations

import gzip
import os
import re
import time
from pathlib import Path
from typing import Iterator

import pytest

import processes
from depot import IS_APACHE, WEB, Depot, metaset
from fastcgi import Client
from publisher import Publisher, Tool
from rawhttp import Connection
from repositories import create
from waiting import eventually

FMRI = "pkg://demo/large@1.0,5.11:20240601T080000Z"
BLOCK = os.urandom(1 << 20)
BLOCKS = 96
ALWAYS = 15_500  # bytes of attributes that every web server hands on
TOO_MUCH = 60_000  # for mod_fcgid altogether, which has its own way to say so
ALLOWED_GROWTH = 24 << 20  # buffers of eight threads, and pages of the database


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Publisher]:
    """Of an empty repository with publisher `demo`, on which `build` may publish."""
    repository = create(tmp_path / "repository", "demo")
    metaset("grant", "add", "token:build", "publish,commit,activate", "-d", repository)
    running = Publisher(repository, tmp_path / "endpoint")
    yield running
    running.stop()


@pytest.fixture
def tool(endpoint: Publisher, tmp_path: Path) -> Tool:
    """What `build` uses."""
    text = metaset("token", "create", "build", "-d", tmp_path / "repository").stdout
    token = next(word for word in text.split() if word.startswith("mst_"))
    return Tool(endpoint, Authorization=f"Bearer {token}")


def peak(pid: int) -> int:
    """The most memory that the process has had since forget_peak(), in bytes."""
    return processes.status_kilobytes(pid, "VmHWM") << 10


def forget_peak(pid: int) -> None:
    """Makes the present use the peak (proc(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def stream(endpoint: Publisher, tool: Tool, path: str, blocks: int) -> None:
    """Uploads so many blocks, which are nowhere together."""
    with Connection(("127.0.0.1", endpoint.port), timeout=300) as connection:
        connection.send("POST", "/publish/" + path, {
            **tool.headers, "Content-Length": str(blocks * len(BLOCK)), "Connection": "close"})
        for _ in range(blocks):
            connection.socket.sendall(BLOCK)
        reply = connection.receive()
        assert reply.status == 200, reply


@pytest.mark.long
def test_memory_does_not_grow_with_the_body(endpoint: Publisher, tool: Tool) -> None:
    transaction = tool.begin(FMRI)
    stream(endpoint, tool, f"file/1/{transaction}", 1)
    if not endpoint.worker:
        pytest.skip("the web server starts the programs")
    worker = processes.children(endpoint.worker.pid)[0]
    forget_peak(worker)
    before = peak(worker)
    stream(endpoint, tool, f"file/1/{transaction}", BLOCKS)
    assert peak(worker) - before < ALLOWED_GROWTH, f"{before} -> {peak(worker)}"
    assert tool.close(transaction).status == 200


def test_a_body_above_the_limit_is_refused_before_it_is_sent(tool: Tool) -> None:
    transaction = tool.begin(FMRI)
    reply = tool.ask("POST", f"file/1/{transaction}", Content_Length=str((16 << 30) + 1))
    assert reply.status == 400
    assert "longer than the web server allows" in str(reply.message())
    assert tool.close(transaction).status == 200


def test_a_search_above_the_limit(depot: Depot) -> None:
    announced = depot.ask("POST", "/search/1/", {"Content-Length": str((1 << 20) + 1)})
    assert announced.status == 413
    with depot.connect() as connection:
        connection.send("POST", "/search/1/", {"Transfer-Encoding": "chunked"})
        connection.socket.sendall(b"%x\r\n" % len(BLOCK) + BLOCK + b"\r\n3\r\nabc\r\n0\r\n\r\n")
        # metaset-apache(7), DIFFERENCES
        assert connection.receive().status == (411 if IS_APACHE else 413)
    assert depot.ask("POST", "/search/1/", body=BLOCK).status == 400  # there is no query in it


def test_what_a_web_server_lets_pass(workers: Path, imported: dict[str, Path]) -> None:
    """The limit of the program itself."""
    with Client(workers) as client:
        reply = client.ask(imported["utf8"], "/search/1/", REQUEST_METHOD="POST",
                           CONTENT_TYPE="application/x-www-form-urlencoded",
                           CONTENT_LENGTH=str((1 << 20) + 1))
        assert reply.status == 413


# So many values of this length.
@pytest.mark.parametrize(("count", "length"), [
    (1, 15_000), (1, 16_200), (1, 17_000), (1, 40_000), (1, 60_000), (1, 120_000),
    (20, 1_000), (60, 1_000), (70, 1_000), (150, 1_000), (400, 1_000), (8, 14_000), (990, 10)])
def test_header_fields_arrive_or_are_refused(tmp_path: Path, tool: Tool, count: int,
                                             length: int) -> None:
    """No web server may keep an attribute from the program and let the rest pass."""
    transaction = tool.begin(FMRI)
    values = [f"{number}".ljust(length, "x") for number in range(count)]
    fields = {f"X_IPkg_SetAttr{number}": f"value={text}" for number, text in enumerate(values)}
    reply = tool.ask("POST", f"add/0/{transaction}/set", X_IPkg_SetAttr9999="name=a", **fields)
    if WEB == "apache-fcgid" and reply.status == 500:
        assert length * count > TOO_MUCH
        values = []
    elif reply.status != 200:
        assert reply.status == 400
        assert "header fields" in str(reply.message())
        values = []
        assert length * count > ALWAYS
    assert tool.close(transaction).status == 200
    manifest = metaset("contents", "-d", tmp_path / "repository", "-m", FMRI).stdout
    assert sorted(re.findall(r"value=(\d\w*)", manifest)) == sorted(values)


@pytest.mark.parametrize(("lines", "reason"), [
    (b"set a=1\n" * 2_000_001, "more than 2000000 actions"),
    (b"set name=a" + b" value=1" * 100_001 + b"\n", "100000"),
    (b"set name=a value=" + b"x" * (5 << 20) + b"\n", "4194304"),
    (b"#" + b"x" * (64 << 20), "67108864"),
], ids=["actions", "attributes", "action", "manifest"])
def test_manifests_above_a_limit(tool: Tool, lines: bytes, reason: str) -> None:
    transaction = tool.begin(FMRI)
    # Compressed, so that it is the worker that has to notice.
    reply = tool.ask("POST", f"manifest/1/{transaction}", gzip.compress(lines, 6))
    assert reply.status == 400
    assert reason in str(reply.message()), reply.message()
    assert tool.ask("POST", f"manifest/1/{transaction}", b"set name=a value=1\n").status == 200
    assert tool.close(transaction).status == 200


def test_idle_transactions_expire(endpoint: Publisher, tool: Tool, tmp_path: Path) -> None:
    idle = tool.begin(FMRI, files=(b"idle",))
    used = tool.begin(FMRI.replace("large", "small"))
    endpoint.kill_worker()
    open_ = tmp_path / "repository/staging/open"
    long_ago = time.time() - 2 * 24 * 3600
    for record in open_.glob("*/record"):
        if "large" in record.read_text():
            os.utime(record, (long_ago, long_ago))
    endpoint.start_worker()
    assert tool.ask("POST", f"manifest/1/{used}", b"set name=a value=1\n").status == 200
    eventually(lambda: len(list(open_.iterdir())) == 1, "the idle transaction is gone")
    gone = tool.close(idle)
    assert gone.status == 400 and "No transaction matching" in str(gone.message())
    assert tool.close(used).status == 200
    # Its package can be published anew.
    assert tool.close(tool.begin(FMRI)).status == 200
