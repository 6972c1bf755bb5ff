"""What somebody who may only send requests cannot do (SECURITY.md tells what else was tried)."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

import pytest

import rawhttp
from depot import Depot, StartDepot
from repositories import Package, commit, create, publish

SECRET = b"only the owner of the machine may read this\n"

CLIMBS = [
    "../{}", "..%2f{}", "%2e%2e/{}", "%2e%2e%2f{}", "..%5c{}", "....//{}", "..%c0%af{}",
    "%252e%252e%252f{}", "..;/{}", "./../{}", "{}%00", "%00{}",
]
PLACES = [
    "/", "/file/0/", "/file/1/", "/fruit/file/0/", "/fruit/file/1/aa/", "/catalog/1/",
    "/fruit/catalog/1/", "/manifest/0/", "/fruit/manifest/0/", "/metaset/", "/metaset/1/file/0/",
    "/static/", "/p5i/0/", "/info/0/", "/.metaset/repository/", "/.metaset/repository/file/",
]


@pytest.fixture
def secret(depot: Depot) -> Iterator[Path]:
    """A file beside the repository, and one in it that is nobody's business."""
    path = depot.repository.parent / "secret"
    path.write_bytes(SECRET)
    yield path
    path.unlink()


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out_of_the_repository(depot: Depot, secret: Path, place: str) -> None:
    inside = [path.relative_to(depot.repository) for path in depot.repository.rglob("*")
              if path.is_file() and path.parent.name in ("committed", "staging")]
    assert inside
    ups = ["../" * n + secret.name for n in range(4)]
    targets = [str(secret), *ups, *map(str, inside)]
    for path in (place + climb.format(target) for target in targets for climb in CLIMBS):
        answer = depot.ask("GET", path)
        assert SECRET not in answer.body, path
        assert answer.status in (301, 302, 400, 404, 405), path


@pytest.mark.parametrize("target", [
    "/.metaset/manifest", "/.metaset/repository/catalog/aa/" + "a" * 40,
    "/.metaset/repository/file/aa/" + "a" * 40, "/.metaset/repository/committed/data.mdb",
    "/committed/data.mdb", "/staging/open/record", "/keys/current", "//.metaset/manifest",
    "/%2emetaset/manifest",
])
def test_what_is_internal_stays_so(depot: Depot, target: str) -> None:
    answer = depot.ask("GET", target)
    assert answer.status in (400, 404), target
    assert depot.get("/versions/0").status == 200


@pytest.mark.parametrize("path", [
    "/manifest/0/apple{}@1.0", "/fruit/file/1/{}", "/p5i/0/apple{}", "/info/0/{}",
    "/en/index.shtml{}", "/en/search.shtml?token={}", "/find?q={}", "/search/0/{}",
    "/fruit/packages?pattern={}", "/metaset/{}/versions/0", "/{}/versions/0", "/catalog/1/{}",
])
@pytest.mark.parametrize("end", ["%0d%0a", "%0a", "%0d", "%e5%98%8a%e5%98%8d", "%00%0d%0a"])
def test_no_header_field_is_smuggled(depot: Depot, path: str, end: str) -> None:
    answer = depot.ask("GET", path.format(f"{end}X-Injected:%20yes{end}{end}<b>body</b>"))
    assert answer.status < 500
    assert answer.get("X-Injected") is None
    assert b"<b>body</b>" not in answer.body
    for name, value in answer.headers:
        assert not set(name + value) & {"\r", "\n", "\0"}, (name, value)


def test_fields_of_requests_cannot_set_parameters(depot: Depot, secret: Path) -> None:
    """A field Metaset-Root is HTTP_METASET_ROOT, and nothing else."""
    fields = {"METASET_ROOT": str(secret.parent), "Metaset-Root": str(secret.parent),
              "METASET-MODE": "fast", "Metaset_Mode": "fast", "Request-Uri": "/nowhere",
              "Metaset-Accel": "/etc"}
    answer = depot.ask("GET", "/versions/0", fields)
    assert answer.status == 200
    assert answer.body == depot.get("/versions/0").body


@pytest.mark.parametrize("operation", ["file/0", "file/1"])
def test_a_payload_that_is_a_link_elsewhere(start: StartDepot, small: Path,
                                            operation: str) -> None:
    """Somebody who may write to the repository does not read by it what belongs to others."""
    others = Path("/etc/passwd")
    payload = next(path for path in (small / "publisher/demo/file").rglob("*") if path.is_file())
    payload.unlink()
    payload.symlink_to(others)
    if os.getuid() == others.stat().st_uid:
        os.chown(payload, 65534, 65534, follow_symlinks=False)
    depot = start(small)
    answer = depot.get(f"/demo/{operation}/{payload.name}")
    assert answer.status in (403, 404, 500, 504)
    assert others.read_bytes() not in answer.body


@pytest.mark.parametrize("place", ["file", "publisher/demo/file"])
@pytest.mark.parametrize("size", [100, 1 << 20], ids=["small", "large"])  # sent, and handed over
def test_a_link_elsewhere_by_way_of_a_worker(start: StartDepot, tmp_path: Path, place: str,
                                             size: int) -> None:
    """The web server sends what a worker names: the same has to hold."""
    repository = create(tmp_path / "repository", "demo")
    publish(repository, tmp_path / "first", [Package(
        "pkg://demo/first@1.0,5.11-1:20240501T100000Z", {"etc/first": os.urandom(size)})])
    commit(repository)
    # Switched off for locations of the web server's own, "file" goes to the workers.
    depot = start(repository, "--disable-ops", "file/2")
    payload = next(path for path in (repository / place).rglob("*") if path.is_file())
    wanted = payload.read_bytes()
    assert depot.get(f"/demo/file/1/{payload.name}").body == wanted
    others = tmp_path / "others"
    others.write_bytes(SECRET * (2 * size // len(SECRET) + 2))
    if os.getuid() == 0:
        os.chown(others, 12345, -1)
    else:
        others = Path("/etc/services")
    payload.unlink()
    payload.symlink_to(others)
    if os.getuid() == 0:
        os.chown(payload, 65534, 65534, follow_symlinks=False)
    for path in (f"/demo/file/1/{payload.name}", f"/file/1/{payload.name}",
                 f"/demo/file/0/{payload.name}"):
        answer = depot.get(path)
        assert answer.status != 200 or answer.body == wanted, path
        assert others.read_bytes()[:20] not in answer.body
    assert depot.get("/versions/0").status == 200


@pytest.mark.parametrize("request_line", [
    b"GET /versions/0 HTTP/9.9\r\n\r\n", b"G\0T /versions/0 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET " + b"/a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /search/1/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /search/1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /search/1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /versions/0 HTTP/1.1\r\nHost: x\r\nRange: bytes=" + b"0-1," * 3000 + b"0-1\r\n\r\n",
], ids=["version", "method", "long", "negative", "huge", "smuggled", "ranges"])
def test_malformed_requests(depot: Depot, request_line: bytes) -> None:
    with depot.connect() as connection:
        connection.socket.sendall(request_line)
        try:
            answer = connection.receive()
        except (rawhttp.BrokenAnswer, OSError):
            return  # refused without a word
        assert answer.status < 500 or answer.status == 505
        assert b"smuggled" not in answer.body
    assert depot.get("/versions/0").status == 200
