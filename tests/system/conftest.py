"""Repositories and running depots. Everything is on loopback, on free ports, in own directories."""
from __future__ import annotations

import hashlib
import re
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from depot import METASET_SERVE, Depot, StartDepot
from gate import Gate
from repositories import LARGE_NAMES, Package, commit, create, import_stock, publish, unpack_stock
from waiting import eventually, listens
from web_site import Site, StartSite


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """What the agent of a member says."""
    one = Gate(tmp_path / "gate")
    yield one
    one.stop()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes so long that others run beside it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that nothing has to wait for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As that of pytest, with a shorter name: below it are sockets, whose paths have a limit."""
    name = re.sub(r"\W+", "_", request.node.name.removeprefix("test_"))
    return tmp_path_factory.mktemp(name[:10])


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The stock repositories of the fixture, imported. Not to be changed."""
    top = tmp_path_factory.mktemp("stock")
    stock = unpack_stock(top / "stock")
    return {name: import_stock(path, top / name) for name, path in stock.items()}


@pytest.fixture(scope="session")
def depot(imported: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depot]:
    """A depot of the imported repository `utf8` for tests that only ask."""
    with Depot(imported["utf8"], tmp_path_factory.mktemp("depot")) as running:
        yield running


@pytest.fixture
def frozen(depot: Depot) -> Iterator[Depot]:
    """That depot, while its workers are stopped: only nginx can answer."""
    depot.freeze()
    yield depot
    depot.thaw()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Path]:
    """metaset-serve with 8 threads on a socket of its own, as a service would run it."""
    path = tmp_path / "serve.sock"
    with subprocess.Popen([str(METASET_SERVE), "--socket", str(path), "--workers", "2",
                           "--threads", "4"], stderr=subprocess.DEVNULL) as process:
        eventually(lambda: listens(path), "somebody listens")
        yield path
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not path.exists()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartDepot]:
    """Starts depots that are stopped when the test ends."""
    running: list[Depot] = []

    def start_one(repository: Path, *options: str) -> Depot:
        running.append(Depot(repository, tmp_path / f"depot{len(running)}", *options))
        return running[-1]

    yield start_one
    for one in running:
        one.stop()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[StartSite]:
    """Starts sites that end with the test."""
    running: list[Site] = []

    def start(content: str, web: str) -> Site:
        running.append(Site(tmp_path, content, web))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository that the test may change: publisher `demo` with one package."""
    repository = create(tmp_path / "small", "demo")
    package = Package("pkg://demo/first@1.0,5.11-1:20240501T100000Z", {"etc/first": b"first\n"})
    publish(repository, tmp_path / "first", [package])
    commit(repository)
    return repository


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with catalog parts above the size from which nginx sends them itself."""
    top = tmp_path_factory.mktemp("large")
    repository = create(top / "large", "demo")
    packages = []
    for number in range(LARGE_NAMES):
        # Digests do not compress well.
        words = [hashlib.sha256(b"%d %d" % (number, n)).hexdigest() for n in range(12)]
        packages.append(Package(f"pkg://demo/package-{number}@1.0,5.11-1:20240501T100000Z",
                                lines=[f'set name=pkg.summary value="{" ".join(words)}"']))
    publish(repository, top / "scratch", packages)
    commit(repository)
    return repository
