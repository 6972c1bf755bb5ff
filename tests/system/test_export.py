"""`metaset export`: a metaset as a repository that stock tools, and `metaset import`, read."""
from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

from depot import METASET, StartDepot, metaset
from repositories import Package, commit, import_stock, publish
from waiting import eventually


def catalogs(stock: Path) -> dict[str, bytes]:
    """Every catalog file of a stock repository."""
    return {str(path.relative_to(stock)): path.read_bytes()
            for path in sorted(stock.glob("publisher/*/catalog/*"))}


def test_an_export_has_the_catalogs_that_are_served(imported: dict[str, Path], tmp_path: Path,
                                                    start: StartDepot) -> None:
    for name, repository in imported.items():
        target = tmp_path / name
        summary = json.loads(metaset("export", "-d", repository, "--json", "2", target).stdout)
        assert summary["metaset"] == 2 and summary["missing"] == []
        depot = start(repository)
        exported = catalogs(target)
        assert exported
        for path, content in exported.items():
            _, publisher, _, file = path.split("/")
            assert depot.get(f"/{publisher}/catalog/1/{file}").body == content
        again = import_stock(target, tmp_path / f"{name}-again")
        metaset("export", "-d", again, "2", tmp_path / f"{name}-2")
        assert catalogs(tmp_path / f"{name}-2") == exported


def test_past_metasets_and_publishers(small: Path, tmp_path: Path) -> None:
    publish(small, tmp_path / "two", [Package("pkg://other/two@1.0,5.11-1:20240501T100000Z")])
    commit(small)
    metaset("tag", "-d", small, "2", "before")
    text = metaset("export", "-d", small, "before", tmp_path / "past").stdout
    assert text == ("publisher demo: 1 packages, 1 versions\n"
                    "1 manifests, 1 payloads: 1 linked, 0 copied (0 B)\n"
                    f"metaset 2 is in {tmp_path / 'past'}\n")
    assert os.listdir(tmp_path / "past" / "publisher") == ["demo"]
    metaset("export", "-d", small, "-p", "other", "3", tmp_path / "other")
    assert os.listdir(tmp_path / "other" / "publisher") == ["other"]
    refused = metaset("export", "-d", small, "3", tmp_path / "other", check=False)
    assert refused.returncode == 1 and "is there already" in refused.stderr


def test_missing_payloads(small: Path, tmp_path: Path) -> None:
    payload, = (small / "file").glob("??/*")
    payload.unlink()
    failed = metaset("export", "-d", small, "2", tmp_path / "out", check=False)
    assert failed.returncode == 1 and payload.name in failed.stderr
    assert not (tmp_path / "out").exists()
    partial = metaset("export", "-d", small, "2", tmp_path / "out", "--allow-missing-payloads",
                      check=False)
    assert partial.returncode == 3 and payload.name in partial.stderr
    assert (tmp_path / "out" / "pkg5.repository").exists()


def test_a_killed_export_leaves_nothing_under_the_name(large: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    with subprocess.Popen([str(METASET), "export", "-d", str(large), "2", str(target)],
                          stdout=subprocess.DEVNULL) as process:
        eventually(lambda: list(tmp_path.glob(".tmp-out-*/publisher/*/pkg")), "it is under way")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not target.exists()
    metaset("export", "-d", large, "2", target)
    assert (target / "pkg5.repository").exists()
