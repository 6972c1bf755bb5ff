"""Searches of a running depot: long answers, answers that take too long, other metasets."""
from __future__ import annotations

import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator

import pytest

import damage

from depot import METASET_SERVE, StartDepot
from fastcgi import Client
from rawhttp import BrokenAnswer
from repositories import Package, commit, create, publish
from waiting import eventually, listens

DIRECTORIES = 10_000
ALL_PATHS = "/search/1/False_2_None_None_:dir::*"
FIRST_LINE = b"Return from search v1\n"


def result_of(number: int, key: bytes) -> bytes:
    return (b"0 2 pkg:/large@1,5.11:20240501T100000Z %s dir group=bin mode=0755 owner=root "
            b"path=opt/large/%05d\n" % (key, number))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Metaset 2 has a package with many actions, metaset 3 also another one."""
    directory = tmp_path_factory.mktemp("search")
    repository = create(directory / "repository", "fruit")
    lines = [f"dir path=opt/large/{number:05} owner=root group=bin mode=0755"
             for number in range(DIRECTORIES)]
    publish(repository, directory / "one",
            [Package("pkg://fruit/large@1,5.11:20240501T100000Z", lines=lines)])
    commit(repository)
    publish(repository, directory / "two", [Package("pkg://fruit/late@1,5.11:20240501T100001Z")])
    commit(repository)
    return repository


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "serve.sock"
    with subprocess.Popen([str(METASET_SERVE), "--socket", str(path), "--workers", "1"],
                          stderr=subprocess.DEVNULL) as process:
        eventually(lambda: listens(path), "somebody listens")
        yield path
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_long_answer_is_whole(repository: Path, start: StartDepot) -> None:
    depot = start(repository)
    reply = depot.get(ALL_PATHS)
    assert reply.status == 200
    assert reply.get("Content-Length") is None
    wanted = [result_of(number, key) for number in range(DIRECTORIES)
              for key in (b"basename", b"path")]
    assert reply.body.startswith(FIRST_LINE)
    assert sorted(reply.body.splitlines(keepends=True)[1:]) == sorted(wanted)


def test_an_answer_that_takes_too_long_breaks_off(repository: Path, workers: Path) -> None:
    """The worker waits for who does not read; then there is no end of the answer."""
    with Client(workers) as client:
        client.send(repository, ALL_PATHS, METASET_SEARCH_SECONDS="1")
        time.sleep(3)
        with pytest.raises(BrokenAnswer):
            client.receive()
    with Client(workers) as client:
        reply = client.ask(repository, ALL_PATHS, METASET_SEARCH_SECONDS="60")
        assert reply.body.count(b"\n") == 1 + 2 * DIRECTORIES


def test_a_search_is_one_of_a_metaset(repository: Path, start: StartDepot) -> None:
    depot = start(repository)
    query = "search/1/False_1_None_None_late"
    found = depot.get(f"/{query}")
    assert found.body == FIRST_LINE + b"0 1 pkg:/late@1,5.11:20240501T100001Z\n"
    assert depot.get(f"/metaset/3/{query}").body == found.body
    assert "max-age=31536000" in depot.get(f"/metaset/3/{query}").get("Cache-Control")
    assert depot.get(f"/metaset/2/{query}").status == 204


def test_a_repository_without_an_index(tmp_path: Path, small: Path, start: StartDepot) -> None:
    """An older program has committed there: nothing is found, which is no lie, however it is
    asked."""
    latest = b"search-metaset".hex()
    damage.edit_table(small, "meta", lambda key, value: None if key == latest else value)
    depot = start(small)
    for path in ("search/1/False_2_None_None_first", "search/0/first", "find?q=first",
                 "api/1/search?q=first", "demo/find?q=first"):
        reply = depot.get(f"/{path}")
        assert (reply.status, reply.get("Retry-After")) == (503, "60"), path
    assert depot.get("/find").status == 200
    publish(small, tmp_path / "next", [Package("pkg://demo/next@1,5.11:20240501T100000Z")])
    commit(small)
    assert depot.get("/search/0/first").status == 200
    assert depot.get("/find?q=first").status == 200


def slow_search(number: int) -> str:
    """A pattern that takes long to compare with the package `slow`."""
    return f"/search/1/False_2_None_None_*{'a' * (3000 + number)}%3Fb"


@pytest.mark.parametrize("most,parameters", [(1, {"METASET_SLOW_SEARCHES": "1"}), (2, {})])
def test_few_searches_take_long(small: Path, tmp_path: Path, workers: Path, most: int,
                                parameters: dict[str, str]) -> None:
    """More of them give up, so that some threads are always free."""
    publish(small, tmp_path / "slow", [Package("pkg://demo/slow@1,5.11:20240501T100000Z", lines=[
        f"set name=x value={'a' * 2_000_000}"])])
    commit(small)
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(workers)) for _ in range(most + 1)]
        for number, client in enumerate(clients[:-1]):
            client.send(small, slow_search(number), METASET_SEARCH_SECONDS="6", **parameters)
        time.sleep(2)
        refused = clients[-1].ask(small, slow_search(most), METASET_SEARCH_SECONDS="6",
                                  **parameters)
        assert (refused.status, refused.get("Retry-After")) == (503, "10")
        with Client(workers) as quick:
            found = quick.ask(small, "/search/1/False_1_None_None_first", **parameters)
            assert found.status == 200 and found.body.startswith(FIRST_LINE)
        assert not any(client.is_answered() for client in clients[:-1]), "they have not ended yet"
        for client in clients[:-1]:
            reply = client.receive()
            assert reply.status == 503 and b"too long" in reply.body
            assert reply.get("Retry-After") is None
    with Client(workers) as client:
        reply = client.ask(small, slow_search(0), METASET_SEARCH_SECONDS="2", **parameters)
        assert b"too long" in reply.body, "their places are free again"


def test_queries_of_one_request_are_limited(repository: Path, start: StartDepot) -> None:
    depot = start(repository)
    fields = [f"{number}=False_2_None_None_zzz" for number in range(101)]
    reply = depot.get("/search/1/?" + "&".join(fields[:100]))
    assert (reply.status, reply.body) == (200, FIRST_LINE)
    assert depot.get("/search/1/?" + "&".join(fields)).status == 400
