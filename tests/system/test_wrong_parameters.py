"""METASET_ parameters that nobody knows, or that are malformed: who set them is told of them."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from apache import WAYS
from depot import METASET_SERVE, metaset
from waiting import eventually
from web_site import StartSite

WRONG = [
    ("METASET_BASS", "/r", "The parameter METASET_BASS is not known."),
    ("METASET_MODE", "mirorr", "The parameter METASET_MODE is 'mirorr': it must be default, "
                               "readonly or mirror.")]


def location(web: str, repository: Path, name: str, value: str) -> str:
    """A depot with that parameter."""
    if web != "nginx":
        return (f"Use MetasetDepot / {repository}\n"
                f"<Location />\nSetEnv {name} {value}\n</Location>")
    line = (f"set $metaset_mode {value};" if name == "METASET_MODE"
            else f"fastcgi_param {name} {value};")
    return f"location / {{ set $metaset_root {repository}; {line} include metaset/depot.conf; }}"


@pytest.mark.parametrize("web", ["nginx", *WAYS])
@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_it_is_named(imported: dict[str, Path], site: StartSite, web: str, name: str, value: str,
                     message: str) -> None:
    """By the page, by the log of the web server, and by metaset doctor."""
    running = site(location(web, imported["utf8"], name, value), web)
    reply = running.get("/versions/0")
    assert (reply.status, reply.message()) == (500, message)
    logged = message.rstrip(".")  # nginx drops it
    eventually(lambda: logged in running.server.log(), "the web server has logged it")
    done = metaset("doctor", "--url", "http://%s:%d/" % running.address, check=False)
    assert done.returncode == 1
    assert message in done.stdout and "metaset-parameters(5)" in done.stdout


def test_variables_of_a_worker(tmp_path: Path) -> None:
    """What was meant for a location has no effect there, and what nobody knows is a mistake."""
    environment = {"PATH": os.environ["PATH"], "METASET_MODE": "readonly", "METASET_BASS": "/r",
                   "METASET_ROOT": str(tmp_path), "METASET_LOG": "text"}
    for program in (METASET_SERVE, METASET_SERVE.with_name("metaset-publish")):
        log = tmp_path / program.name
        with log.open("wb") as errors, subprocess.Popen(
                [str(program), "-s", str(tmp_path / "socket"), "-w", "1"], env=environment,
                stderr=errors) as process:
            eventually(lambda log=log: "listening" in log.read_text(), "it has started")
            process.terminate()
        warnings = [line for line in log.read_text().splitlines() if "METASET_" in line]
        assert len(warnings) == 2, warnings
        assert any("METASET_MODE in the environment says nothing here" in line
                   for line in warnings)
        assert any("METASET_BASS in the environment is not known" in line for line in warnings)


def test_variables_of_mod_fcgid(imported: dict[str, Path], site: StartSite) -> None:
    running = site(f"FcgidInitialEnv METASET_MODE readonly\nUse MetasetDepot / {imported['utf8']}",
                   "apache-fcgid")
    assert running.get("/versions/0").status == 200
    eventually(lambda: "METASET_MODE in the environment" in running.server.log(), "it is logged")
