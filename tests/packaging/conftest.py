"""One package, and one machine that it is installed on. The tests of a file are one story."""
from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import debian  # noqa: E402
from machine import Machine  # noqa: E402


# What can be used again by the next run, or by somebody else.
KEPT = debian.ROOT / "build/packaging"


@pytest.fixture(scope="session")
def package() -> Path:
    """METASET_DEB, or built from the last commit; then it stays in build/packaging/package."""
    given = os.environ.get("METASET_DEB")
    if given:
        return Path(given)
    shutil.rmtree(KEPT / "package", ignore_errors=True)
    return debian.build_package(KEPT / "package")


@pytest.fixture(scope="session")
def machine(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Has what the package depends on, but not the package, which is in /root."""
    base = KEPT / "base"
    KEPT.mkdir(parents=True, exist_ok=True)
    debian.make_base(base)
    top = tmp_path_factory.mktemp("machine")
    root = top / "root"
    debian.run("cp", "-a", "--reflink=auto", base, root)
    debian.in_root(root, "apt-get satisfy -q -y --no-install-recommends "
                         f"'{debian.depends(package)}, {', '.join(debian.WANTED)}'")
    debian.in_root(root, "systemctl disable apache2")  # nginx has the port
    debian.run("cp", package, root / "root/metaset_first.deb")
    editor = root / "usr/local/bin/editor"
    editor.write_text('#!/bin/sh\nexec test -f "$1"\n')
    editor.chmod(0o755)
    (editor.parent / "vi").symlink_to("editor")
    (root / "etc/apt/apt.conf.d/90yes").write_text('APT::Get::Assume-Yes "true";\n')
    (root / "etc/hosts").write_text("127.0.0.1 localhost pkg.example.com\n")
    with Machine(root) as running:
        yield running
    debian.run("rm", "-rf", root)
