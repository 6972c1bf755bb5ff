"""The packages to measure with: those of METASET_CORPUS, or as many of the same shape, made up."""
from __future__ import annotations

import os
import random
import shutil
import tarfile
from bisect import bisect
from pathlib import Path

PACKAGES = 1752
# How many actions of a kind packages have: that of the smallest, of the one a twentieth up, ...
FILES = (0, 1, 2, 2, 3, 4, 5, 8, 10, 15, 21, 29, 39, 57, 80, 116, 173, 273, 452, 1145, 42205)
LINKS = (0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 4, 4, 4, 8, 12, 28, 6901)
DEPENDS = (0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 5, 6, 8, 9, 11, 13, 16, 22, 88)
CATEGORIES = ("archiver", "database", "desktop", "developer", "editor", "library", "library/perl-5",
              "library/python", "network", "runtime", "shell", "system", "text", "web")
WORDS = ("archive", "base", "client", "core", "data", "engine", "format", "graph", "http", "image",
         "json", "kit", "lang", "math", "net", "object", "parser", "query", "render", "server",
         "tool", "unicode", "view", "widget", "xml", "yaml", "zip")


def find_corpus(work: Path) -> tuple[Path, str]:
    """A directory of manifests and what it is."""
    given = Path(os.environ.get("METASET_CORPUS", "../shared/corpus"))
    for directory in (given, given / "corpus"):
        if any(directory.glob("*.p5m")):
            return directory, str(directory)
    archive = next(iter(sorted(given.glob("*.tar.xz"))), None)
    unpacked = work / "corpus"
    if archive:
        if not any(unpacked.glob("corpus/*.p5m")):
            unpack(archive, unpacked)
        return unpacked / "corpus", str(archive)
    made_up = work / "corpus-made-up"
    if not made_up.is_dir():
        write_made_up(made_up)
    return made_up, f"made up ({given} has no corpus)"


def unpack(archive: Path, target: Path) -> None:
    """All or nothing."""
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def write_made_up(target: Path) -> None:
    """As many packages as the real corpus has, with as many actions; the same ones every time."""
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    rng = random.Random(1)
    names = package_names(rng)
    # The order of sizes is not that of names, and not the same for files and dependencies.
    ranks = [rng.sample(range(PACKAGES), PACKAGES) for _ in range(3)]
    for index, name in enumerate(names):
        counts = [count_at(sizes, ranks[kind][index])
                  for kind, sizes in enumerate((FILES, LINKS, DEPENDS))]
        fmri = f"pkg://openindiana.org/{name}@{rng.randrange(12)}.{rng.randrange(30)}"
        fmri += ",5.11-2024.0.0.0"
        text = manifest(rng, fmri, name, names, *counts)
        (partial / (fmri.partition("org/")[2].replace("/", "%2F") + ".p5m")).write_text(text)
    partial.rename(target)


def package_names(rng: random.Random) -> list[str]:
    """Distinct names, sorted."""
    names: set[str] = set()
    while len(names) < PACKAGES:
        words = "-".join(rng.sample(WORDS, rng.choice((1, 2, 2, 3))))
        names.add(f"{rng.choice(CATEGORIES)}/{words}{rng.choice(('', '', '-39', '-312', '2'))}")
    return sorted(names)


def count_at(sizes: tuple[int, ...], rank: int) -> int:
    """The number of actions of the package that is the rank-th smallest."""
    steps = len(sizes) - 1
    position = rank / (PACKAGES - 1) * steps
    low = min(int(position), steps - 1)
    part = position - low
    if low == steps - 1:  # few are as large as the largest: grows by a factor, not by a sum
        return round(max(sizes[low], 1) * (sizes[-1] / max(sizes[low], 1)) ** (part ** 3))
    return round(sizes[low] + (sizes[low + 1] - sizes[low]) * part)


def manifest(rng: random.Random, fmri: str, name: str, names: list[str], files: int, links: int,
             depends: int) -> str:
    """The text of one package."""
    short = name.rpartition("/")[2]
    at = bisect(names, name)
    lines = [f"set name=pkg.fmri value={fmri}",
             f'set name=pkg.summary value="{short} - the {" ".join(rng.sample(WORDS, 5))}"',
             'set name=info.classification value="System/Libraries"',
             f"set name=info.source-url value=https://example.org/{short}/{short}.tar.gz",
             f"set name=info.upstream-url value=https://example.org/{short}/",
             "set name=org.opensolaris.consolidation value=userland",
             f"license NOHASH license=MIT pkg.size={rng.randrange(500, 36000)}"]
    lines += [f"depend type=require fmri=pkg:/{names[(at + step * 97) % PACKAGES]}"
              for step in range(depends)]
    for number in range(files):
        words = "/".join(rng.choices(WORDS, k=3))
        size = int(rng.lognormvariate(8, 2))
        lines.append(f"file NOHASH path=usr/share/{short}/{words}/{number:x}.html pkg.size={size}")
    lines += [f"link path=usr/lib/{short}.so.{number} target=./{short}.so" for number in
              range(links)]
    return "\n".join(lines) + "\n"
