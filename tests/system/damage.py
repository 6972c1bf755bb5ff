"""Ways to damage a repository behind the program's back."""
from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable


def payload(repository: Path, name: str, publisher: str = "") -> Path:
    """Where a payload lies, or the link of a publisher to it."""
    top = repository / "publisher" / publisher if publisher else repository
    return top / "file" / name[:2] / name


def replace(path: Path, content: bytes) -> None:
    """Gives the name another file: links to the one that was there keep it."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    os.replace(new, path)


def flip(path: Path, offset: int = -12) -> None:
    """One bit, in the file itself, so that all of its links have it."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    with path.open("r+b") as file:
        file.write(content)


def sha256(text: bytes) -> str:
    """The key of a manifest."""
    return hashlib.sha256(text).hexdigest()


def edit_manifests(repository: Path, edit: Callable[[str, str], str | None]) -> None:
    """Writes the database anew, with other manifests."""
    edit_table(repository, "manifests", edit)


def edit_table(repository: Path, name: str, edit: Callable[[str, str], str | None]) -> None:
    """Writes the database anew; edit(key, value) gives another value, or None to leave it out.

    Both are hexadecimal digits. Nobody may have the repository open.
    """
    committed = repository / "committed"
    dump = subprocess.run(["mdb_dump", "-a", str(committed)], check=True, text=True,
                          capture_output=True).stdout.splitlines()
    lines: list[str] = []
    table, key = "", ""
    for line in dump:
        if line.startswith("database="):
            table = line.partition("=")[2]
        if table != name or not line.startswith(" "):
            lines.append(line)
        elif not key:
            key = line.strip()
        else:
            value = edit(key, line.strip())
            if value is not None:
                lines += [" " + key, " " + value]
            key = ""
    fresh = repository / "fresh"
    fresh.mkdir()
    subprocess.run(["mdb_load", str(fresh)], input="\n".join(lines) + "\n", check=True, text=True,
                   capture_output=True)
    shutil.move(fresh / "data.mdb", committed / "data.mdb")
    (committed / "lock.mdb").unlink(missing_ok=True)
    shutil.rmtree(fresh)
