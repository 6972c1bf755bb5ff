"""The shipped nginx files in an administrator's own nginx: several depots in one server."""
from __future__ import annotations

import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

import rawhttp
from depot import METASET_SERVE, ROOT
from ports import free_port
from waiting import eventually

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") or "nginx"
PAYLOAD = "/file/1/9ef14f4e6db13a3ed9510a0f5eeb605b5514762b"


def configure(directory: Path, repositories: dict[str, Path], port: int) -> Path:
    """example.conf as its comments say, with paths of this test."""
    (directory / "metaset").symlink_to(ROOT / "nginx")
    (directory / "logs").mkdir()
    paths = (ROOT / "nginx/paths.conf").read_text()
    paths = paths.replace("/run/metaset/serve.sock", f"{directory}/serve.sock")
    paths = paths.replace("/var/cache/nginx/metaset", f"{directory}/cache")
    (directory / "paths.conf").write_text(paths)
    example = (ROOT / "nginx/example.conf").read_text()
    example = example.replace("listen 80;", f"listen 127.0.0.1:{port};")
    example = example.replace("/var/log/nginx/", f"{directory}/logs/")
    example = example.replace("/srv/metaset/release", str(repositories["utf8"]))
    example = example.replace("/srv/metaset/nightly", str(repositories["ascii"]))
    (directory / "example.conf").write_text(example)
    temporary = "".join(f"{kind}_temp_path {directory}/{kind};\n"
                        for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
    main = directory / "nginx.conf"
    main.write_text(f"daemon off;\nuser root;\npid {directory}/pid;\nerror_log stderr;\n"
                    "events { }\nhttp {\n" + temporary +
                    "include paths.conf;\ninclude example.conf;\n}\n")
    return main


@pytest.fixture(scope="module")
def server(imported: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
           ) -> Iterator[rawhttp.Address]:
    directory = tmp_path_factory.mktemp("server")
    port = free_port()
    main = configure(directory, imported, port)
    log = (directory / "stderr").open("wb")
    workers = subprocess.Popen([str(METASET_SERVE), "--socket", str(directory / "serve.sock")],
                               stderr=log)
    nginx = subprocess.Popen([NGINX, "-p", str(directory), "-c", str(main), "-e", "stderr"],
                             stderr=log)
    address = ("127.0.0.1", port)

    def answers() -> bool:
        assert nginx.poll() is None, (directory / "stderr").read_text()
        try:
            return rawhttp.ask(address, "GET", "/versions/0").status == 200
        except OSError:
            return False

    eventually(answers, "nginx answers")
    yield address
    nginx.send_signal(signal.SIGQUIT)
    nginx.wait(60)
    workers.send_signal(signal.SIGTERM)
    assert workers.wait(60) == 0
    log.close()


def versions(address: rawhttp.Address, base: str) -> dict[str, str]:
    reply = rawhttp.ask(address, "GET", f"{base}/versions/0")
    assert reply.status == 200
    return dict(line.split(" ", 1) for line in reply.body.decode().splitlines())


def test_each_location_has_its_repository(server: rawhttp.Address) -> None:
    for base, publisher in (("", b"fruit"), ("/nightly", b"north"), ("/mirror", b"fruit")):
        assert publisher in rawhttp.ask(server, "GET", f"{base}/publisher/0").body


def test_each_location_has_its_operations(server: rawhttp.Address) -> None:
    assert "search" in versions(server, "") and "catalog" in versions(server, "")
    assert "search" not in versions(server, "/nightly")
    assert set(versions(server, "/mirror")) == {"pkg-server", "file", "publisher", "status",
                                                "versions"}
    assert rawhttp.ask(server, "GET", "/mirror/catalog/1/catalog.attrs").status == 404


def test_payloads_of_each_location(server: rawhttp.Address) -> None:
    assert rawhttp.ask(server, "GET", PAYLOAD).status == 200
    assert rawhttp.ask(server, "GET", "/mirror" + PAYLOAD).status == 200
    assert rawhttp.ask(server, "GET", "/mirror/fruit" + PAYLOAD).status == 200
    missing = rawhttp.ask(server, "GET", "/nightly" + PAYLOAD)
    assert missing.status == 404
    assert "No file could be found" in (missing.message() or "")


def test_manifests_of_two_locations_are_kept_apart(server: rawhttp.Address) -> None:
    path = "/manifest/0/basket@3.1,5.11-1:20240501T130514Z"
    assert rawhttp.ask(server, "GET", path).status == 200
    assert rawhttp.ask(server, "GET", "/nightly" + path).status == 404
    assert rawhttp.ask(server, "GET", "/mirror" + path).status == 404


def test_every_shipped_file_is_commented() -> None:
    for path in (ROOT / "nginx").glob("*.conf"):
        assert re.match(r"# Metaset for nginx", path.read_text()), path


@pytest.mark.parametrize("file", ["depot.conf", "publish.conf", "preview.conf"])
def test_a_server_needs_no_other_kind_of_location(tmp_path: Path, file: str) -> None:
    """What a file refers to, the files that are always there define."""
    (tmp_path / "metaset").symlink_to(ROOT / "nginx")
    paths = (ROOT / "nginx/paths.conf").read_text()
    (tmp_path / "paths.conf").write_text(
        paths.replace("/var/cache/nginx/metaset", f"{tmp_path}/cache"))
    main = tmp_path / "nginx.conf"
    main.write_text(f"pid {tmp_path}/pid;\nevents {{ }}\nhttp {{\n"
                    "include metaset/http.conf;\ninclude paths.conf;\nserver {\n"
                    f"listen 127.0.0.1:{free_port()};\nlocation ^~ / {{\n"
                    f"set $metaset_root {tmp_path};\ninclude metaset/{file};\n}}\n"
                    "include metaset/internal.conf;\n}\n}\n")
    done = subprocess.run([NGINX, "-t", "-p", str(tmp_path), "-c", str(main), "-e", "stderr"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
