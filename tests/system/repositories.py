"""Repositories to serve: imported from the stock fixture, or published with metaset itself."""
from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

from depot import ROOT, metaset

FIXTURE = ROOT / "tests/data/repo.tar.gz"
LARGE_NAMES = 250  # enough for catalog parts of more than 64 KiB, also compressed


def unpack_stock(directory: Path) -> dict[str, Path]:
    """The stock repositories of the fixture, by short name."""
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(directory)
    return {"utf8": directory / "repo-utf8", "ascii": directory / "repo-ascii"}


def import_stock(stock: Path, target: Path) -> Path:
    """A repository of our own with the content of a stock one."""
    metaset("import", "-d", target, stock)
    return target


def create(target: Path, *publishers: str) -> Path:
    """An empty repository."""
    metaset("init", "-d", target, *publishers)
    return target


class Package:
    """A package to publish: a manifest and the files it delivers."""

    def __init__(self, fmri: str, files: dict[str, bytes] | None = None,
                 lines: list[str] | None = None) -> None:
        self.fmri = fmri
        self.files = files or {}
        self.lines = lines or []

    def write(self, directory: Path) -> Path:
        """Writes the manifest, and the files below `root`; the path of the manifest."""
        directory.mkdir(parents=True, exist_ok=True)
        text = [f"set name=pkg.fmri value={self.fmri}", *self.lines]
        for path, content in self.files.items():
            file = directory / "root" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            text.append(f"file {path} path={path} owner=root group=bin mode=0644")
        manifest = directory / (hashlib.sha1(self.fmri.encode()).hexdigest() + ".p5m")
        manifest.write_text("\n".join(text) + "\n")
        return manifest

    def payloads(self) -> list[str]:
        """The names that its files have in a depot."""
        return [hashlib.sha1(content).hexdigest() for content in self.files.values()]


def publish(repository: Path, scratch: Path, packages: list[Package], *options: str) -> None:
    """Stages the packages; what is served stays as it is until commit()."""
    manifests = [package.write(scratch) for package in packages]
    (scratch / "root").mkdir(exist_ok=True)
    metaset("publish", "-s", repository, "-d", scratch / "root", "--keep-timestamp", *options,
            *manifests)


def commit(repository: Path, message: str = "test") -> None:
    metaset("commit", "-d", repository, "-m", message)
