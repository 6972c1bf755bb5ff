"""`metaset replicate`: a repository gets the metasets of other depots and repositories."""
from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Iterator

import pytest

import damage
from depot import METASET, Depot, StartDepot, metaset
from repositories import Package, commit, create, publish
from test_bundle import STAMP, exported, grow, is_clean, log, package
from test_publish import make_token
from test_statements import make_key


def url_of(depot: Depot) -> str:
    return "http://%s:%d%s/" % (*depot.address, depot.base)


def replicate(site: Path, *arguments: object, status: int = 0) -> dict[str, object]:
    """What it reports."""
    done = metaset("replicate", "-d", site, "--json", *arguments, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def refused(site: Path, *arguments: object, status: int = 1) -> str:
    """Why it failed."""
    done = metaset("replicate", "-d", site, *arguments, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr


def same(site: Path, source: Path, tmp_path: Path, *numbers: int) -> None:
    """Every metaset, its catalogs and manifests, byte for byte; payloads and their links."""
    assert log_without_activity(site) == log_without_activity(source)
    for number in numbers:
        copies = [exported(repository, number, tmp_path / f"{repository.name}-{number}")
                  for repository in (site, source)]
        assert copies[0] == copies[1]
        for repository in (site, source):
            shutil.rmtree(tmp_path / f"{repository.name}-{number}")
    assert is_clean(site)


def log_without_activity(repository: Path) -> list[dict[str, object]]:
    entries = log(repository)
    assert isinstance(entries, list)
    return [{key: value for key, value in entry.items() if key != "active"} for entry in entries]


def active(repository: Path) -> int:
    status = json.loads(metaset("status", "-d", repository, "--json").stdout)
    return int(status["active"]) if isinstance(status["active"], int) else int(
        status["active"]["number"])


@pytest.mark.parametrize("way", ["http", "directory"])
def test_a_new_site_and_what_comes_later(way: str, small: Path, tmp_path: Path,
                                         start: StartDepot) -> None:
    site = tmp_path / "site"
    depot = start(small)
    source = url_of(depot) if way == "http" else str(small)
    first = replicate(site, "--from", source)
    assert (first["from"], first["to"], first["applied"], first["created"]) == (0, 2, 2, True)
    assert first["active"] == 1 and first["problems"] == []
    same(site, small, tmp_path, 2)
    grow(small, tmp_path)
    there = start(site)
    held = replicate(site, "--from", source)
    assert (held["from"], held["to"], held["applied"], held["active"]) == (2, 6, 4, 1)
    assert held["new-tags"] == 2
    same(site, small, tmp_path, *range(2, 7))
    # What is held is served at once by its name, and not in catalogs.
    assert there.get(f"/manifest/0/tool@2{STAMP}").status == 200
    for payload in (small / "file").glob("??/*"):
        assert there.get(f"/file/1/{payload.name}").body == payload.read_bytes()
    active_now = replicate(site, "--from", source, "--activate")
    assert (active_now["applied"], active_now["active"]) == (0, 6)
    assert replicate(site, "--from", source, "--activate", status=4)["new-payloads"] == 0
    for path in ("demo/catalog/1/catalog.attrs", "demo/catalog/1/catalog.base.C",
                 "demo/catalog/1/catalog.dependency.C", "demo/publisher/1/", "publisher/0/"):
        ours, theirs = (one.get(f"/{path}") for one in (depot, there))
        assert (ours.status, ours.body) == (theirs.status, theirs.body), path
    assert "replicate" in metaset("audit", "-d", site).stdout
    links = [p.stat().st_nlink for p in (site / "file").glob("??/*")]
    assert len(links) == len(list((small / "file").glob("??/*")))
    if way == "directory":
        assert all((small / "file" / p.name[:2] / p.name).samefile(p)
                   for p in (site / "file").glob("??/*"))
