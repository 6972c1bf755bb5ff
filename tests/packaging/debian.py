"""Debian's tools: a fresh system in a directory, and packages of a commit."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Beside a minimal system: what the tests use in it.
WANTED = ["systemd", "nginx", "apache2", "libapache2-mod-xsendfile", "curl", "lmdb-utils", "rsync"]
IN_ROOT = ["unshare", "--mount", "--pid", "--fork"]


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What it prints; an error with all of that if it fails."""
    done = subprocess.run([str(one) for one in command], cwd=cwd, text=True, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{command}: {done.stdout[-6000:]}"
    return done.stdout


def release() -> str:
    """The code name of this machine's Debian."""
    found = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    assert found
    return found[1]


def mirror() -> str:
    """Where this machine's own packages come from."""
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                "Component: main", f"Codename: {release()}").splitlines()
    assert lines, "apt knows no mirror of this release"
    return lines[0]


def in_root(root: Path, command: str) -> str:
    """A command of a system that is not running."""
    return run(*IN_ROOT, f"--mount-proc={root}/proc", "chroot", root, "env", "-i",
               "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
               "LC_ALL=C.UTF-8", "/bin/sh", "-ec", command)


def make_base(base: Path) -> None:
    """A minimal system with WANTED, unless it is there already."""
    if base.is_dir():
        return
    making = base.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    run("debootstrap", "--variant=minbase", release(), making, mirror())
    in_root(making, f"apt-get install -q -y --no-install-recommends {' '.join(WANTED)}")
    making.rename(base)


def export(directory: Path) -> Path:
    """The files of the last commit."""
    source = directory / "metaset"
    source.mkdir(parents=True)
    run("sh", "-ec", 'git archive HEAD | tar -x -C "$0"', source, cwd=ROOT)
    return source


def build_package(directory: Path) -> Path:
    """The .deb of the last commit."""
    source = export(directory)
    run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=source,
        env={**os.environ, "DEB_BUILD_OPTIONS": "nocheck noautodbgsym parallel=2"})
    found = [one for one in directory.glob("metaset_*.deb")]
    assert len(found) == 1, found
    return found[0]


def next_version(package: Path, directory: Path) -> Path:
    """The same package with a higher version."""
    tree = directory / "next"
    run("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN/control"
    text = re.sub(r"^(Version: .*)$", r"\1+1", control.read_text(), flags=re.M)
    control.write_text(text)
    made = directory / "metaset_next.deb"
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, made)
    return made


def depends(package: Path) -> str:
    return run("dpkg-deb", "--field", package, "Depends").strip()
