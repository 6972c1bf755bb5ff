"""Runs the commands of a manual page, one after the other, in one shell."""
from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import BinaryIO

from depot import BUILD, ROOT
from manual_page import Step
from manual_rules import STOCK_DIRECTORY, Place, matches, rule_for, statuses_for

FILES = ROOT / "tests/manual"  # shell.sh, and PAGE.sh: what a page takes for granted
LIMIT = 120.0
# They run until they are stopped.
SERVES = re.compile(r"(?:metaset (?:serve|agent)|metaset-(?:serve|publish)|pkg\.depotd) [^<]*$")


def environment(place: Place, out: Path) -> dict[str, str]:
    """Of the shell: nothing of who runs the test but where programs are."""
    path = [str(BUILD), STOCK_DIRECTORY, os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]
    return {"PATH": ":".join(filter(None, path)), "HOME": str(place.root / "home"),
            "TMPDIR": str(place.root / "tmp"), "ROOT": str(place.root), "OUT": str(out),
            "SOURCE": str(ROOT), "PORT_80": str(place.ports[80]), "LC_ALL": "C.UTF-8",
            "USER": "jane"}


def script(place: Place, steps: list[Step]) -> str:
    """Each step in its place; the first that fails ends it."""
    lines = [f". {FILES}/shell.sh", f"cd {place.root}/home", "start_nginx"]
    page = FILES / f"{steps[0].page}.sh"
    if page.exists():
        lines.append(f"step prepare\n{{\n{place.adapted(page.read_text())}\n}} "
                     ">$OUT/prepare 2>&1 </dev/null || exit 1")
    for number, step in enumerate(steps):
        command = step.command
        if rule := rule_for(command):
            command = rule.instead or ":"
        command = place.adapted(command)
        if SERVES.match(command):
            command = "serve_in_background " + command
        wanted = "|".join(map(str, statuses_for(step.command)))
        lines.append(f"step {number}\n{{\n{command}\n}} >$OUT/{number} 2>&1 </dev/null\n"
                     f"case $? in {wanted}) ;; *) exit 1 ;; esac")
    return "\n".join([*lines, "step end", ""])


def nginx_says(configuration: str, directory: Path) -> str:
    """What is wrong with an example of configuration; empty if nothing is."""
    place = Place(directory / "root")
    etc = place.root / "etc/nginx"
    (etc / "metaset").symlink_to(ROOT / "nginx")
    (etc / "fastcgi_params").write_bytes(Path("/etc/nginx/fastcgi_params").read_bytes())
    paths = place.adapted((ROOT / "nginx/paths.conf").read_text())
    text = place.adapted(configuration)
    if configuration.startswith("location"):
        text = f"server {{ include metaset/internal.conf;\n{text}\n}}"
    file = etc / "nginx.conf"
    file.write_text(f"pid {directory}/pid; events {{}}\n"
                    f"http {{ include metaset/http.conf;\n{paths}\n{text}\n}}\n")
    done = subprocess.run(["nginx", "-t", "-q", "-p", str(directory), "-c", str(file), "-e",
                           str(directory / "log")], env=environment(place, directory), check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def run_shell(file: Path, variables: dict[str, str], log: BinaryIO) -> int:
    """Its exit status. Whatever it has started does not outlive it."""
    with subprocess.Popen(["bash", str(file)], env=variables, stdin=subprocess.DEVNULL, stdout=log,
                          stderr=log, start_new_session=True) as shell:
        try:
            return shell.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return 1
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)


def run(steps: list[Step], directory: Path) -> list[str]:
    """What is wrong: a command that failed, or printed something else than the page shows."""
    place = Place(directory / "root")
    out = directory / "out"
    for made in (out, place.root / "home", place.root / "tmp", place.root / "run"):
        made.mkdir(exist_ok=True)
    (place.root / "usr/local/share/metaset/nginx").symlink_to(ROOT / "nginx")
    file = directory / "commands.sh"
    file.write_text(script(place, steps))
    with (directory / "log").open("wb") as log:
        status = run_shell(file, environment(place, out), log)
    last = (out / "last").read_text().strip() if (out / "last").exists() else "nothing"
    problems = []
    if status or last != "end":
        name = steps[int(last)] if last.isdigit() else None
        text = (out / last).read_text() if (out / last).exists() else ""
        problems.append(f"{name.place if name else last}: failed: {name.command if name else ''}\n"
                        f"{place.as_shown(text)}{(directory / 'log').read_text()}")
    done = len(steps) if last == "end" else int(last) if last.isdigit() else 0
    for number, step in enumerate(steps[:done]):
        printed = place.as_shown((out / str(number)).read_text()).splitlines()
        if step.output and not rule_for(step.command) and not matches(step.output, printed):
            problems.append(f"{step.place}: printed something else: {step.command}\n"
                            + "\n".join(printed))
    return problems
