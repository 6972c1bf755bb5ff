"""The library of faults sees every system call that changes a file: strace sees no other."""
from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from depot import METASET, STOP_LIMIT
from faults import CHANGES, Faults
from repositories import Package

CALLS = ("write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,"
         "sendfile,fsync,fdatasync,syncfs,sync,msync,sync_file_range,rename,renameat,renameat2,"
         "link,linkat,symlink,symlinkat,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rmdir,chmod,"
         "fchmod,fchmodat,utimensat,open,openat,openat2,creat")


def changes(log: str, top: Path) -> list[str]:
    """The lines of strace -y about calls that change something below `top`."""
    found = []
    for line in log.splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)
        if not call or str(top) not in line:
            continue
        if not call[1].startswith("open") or "O_CREAT" in line:
            found.append(line)
    return found


@pytest.mark.parametrize("command", ["publish", "commit", "abandon"])
def test_nothing_is_missed(command: str, small: Path, tmp_path: Path) -> None:
    """Of a payload that is new, an area, a metaset and its catalog files; of what is removed."""
    strace = shutil.which("strace")
    if not strace or subprocess.run([strace, "-o", "/dev/null", "true"], check=False,
                                    capture_output=True).returncode != 0:
        pytest.skip("strace cannot be used here")
    package = Package("pkg://demo/new@1.0,5.11-1:20240601T080000Z", {"etc/new": b"new" * 40})
    publish = [str(METASET), "publish", "-s", str(small), "-d", str(tmp_path / "scratch" / "root"),
               str(package.write(tmp_path / "scratch"))]
    commands = {"publish": publish, "commit": [str(METASET), "commit", "-d", str(small)],
                "abandon": [str(METASET), "stage", "abandon", "-d", str(small)]}
    if command != "publish":
        subprocess.run(publish, check=True, capture_output=True, timeout=STOP_LIMIT)
    faults = Faults(tmp_path / "faults", small)
    faults.count(CHANGES)
    log = tmp_path / "strace"
    subprocess.run([strace, "-f", "-y", "-s", "0", "-o", str(log), "-e", f"trace={CALLS}",
                    *commands[command]], check=True, capture_output=True, timeout=STOP_LIMIT,
                   env=faults.environment())
    seen = changes(log.read_text(), small)
    assert faults.calls == len(seen) > 5, "\n".join(seen)
