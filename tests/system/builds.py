"""A repository that builds of a whole distribution are committed to, and what is known of it."""
from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from depot import Depot, metaset
from judge import Committed, History
from repositories import Package, create, publish

PUBLISHER = "demo"
STAMP = "20240501T100000Z"


def build(release: int, packages: int, payload: int = 200) -> list[Package]:
    """Every package of a release, with a payload of so many bytes that does not compress well."""
    made = []
    for number in range(packages):
        name = f"package-{number}"
        text = "".join(hashlib.sha1(f"{name} {release} {n}".encode()).hexdigest()
                       for n in range(payload // 40 + 1))
        made.append(Package(f"pkg://{PUBLISHER}/{name}@{release}.0,5.11-1:{STAMP}",
                            {f"etc/{name}": text[:payload].encode()},
                            ["depend type=require fmri=package-0",
                             f'set name=pkg.summary value="Release {release}"']))
    return made


class Source:
    """Where the builds come from. Each becomes a metaset, which is active here at once."""

    def __init__(self, directory: Path, packages: int = 20) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._packages = packages
        self._release = 0
        self.repository = create(directory / "repository", PUBLISHER)

    def publish_build(self, packages: int | None = None, payload: int = 200) -> int:
        """A new version of each package; the number of the metaset."""
        self._release += 1
        scratch = self._directory / f"build{self._release}"
        publish(self.repository, scratch,
                build(self._release, packages or self._packages, payload))
        shutil.rmtree(scratch)
        metaset("commit", "-d", self.repository, "--warn", "dependencies", "-m",
                f"release {self._release}")
        return self.numbers()[0]

    def numbers(self) -> list[int]:
        """Of all metasets, the newest first."""
        text = metaset("log", "-d", self.repository, "--json").stdout
        return [int(one["number"]) for one in json.loads(text)]

    def copy_to(self, target: Path) -> Path:
        """A repository with the same history. Nobody may be writing."""
        return Path(shutil.copytree(self.repository, target, symlinks=True))

    def bundle(self, first: int, last: int) -> Path:
        """What was committed between the two."""
        file = self._directory / f"{first}-{last}.bundle"
        metaset("bundle", "-d", self.repository, first, last, file)
        return file


def identify(depot: Depot, number: int) -> tuple[str, Committed] | None:
    """How a metaset that the depot has is to be recognised; None for that of a repository without
    packages."""
    reply = depot.get(f"/metaset/{number}/{PUBLISHER}/catalog/1/catalog.attrs")
    if reply.status != 200:
        return None
    body = reply.decoded()
    return hashlib.sha1(body).hexdigest(), Committed(number, json.loads(body)["last-modified"])


def history(depot: Depot, source: Source) -> History:
    """That of all metasets of the source, of which the depot shows the repository."""
    return dict(filter(None, (identify(depot, number) for number in source.numbers())))
