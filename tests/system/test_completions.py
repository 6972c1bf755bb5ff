"""Completions: each shell offers every command and option that --help-all shows, and no other."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from depot import BUILD, metaset
from repositories import Package, create, publish
from shells import COMPLETIONS, Terminal, offered
from waiting import eventually

SHELLS = ("bash", "zsh", "fish")
# How a shell without configuration loads them, as if they were installed.
INTERACTIVE = {
    "bash": (["bash", "--norc", "-i"], f"source {COMPLETIONS}/metaset.bash"),
    "zsh": (["zsh", "-f", "-i"], f"fpath=({COMPLETIONS} $fpath); autoload -Uz compinit; "
                                 "compinit -u -D"),
    "fish": (["fish", "--no-config", "-i"], f"source {COMPLETIONS}/metaset.fish"),
}


WORKERS = ("metaset-serve", "metaset-publish")


def help_of(*arguments: str, program: str = "metaset") -> str:
    return subprocess.run([BUILD / program, *arguments], check=True, text=True,
                          capture_output=True).stdout


def commands() -> list[str]:
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?:  |$)", help_of("--help-all"), re.MULTILINE)


def options(command: str, program: str = "metaset") -> set[str]:
    """All spellings."""
    lines = re.findall(r"^  (-\S+)", help_of(*command.split(), "--help-all", program=program),
                       re.MULTILINE)
    return {name for line in lines for name in line.split(",")}


@pytest.mark.parametrize("shell", SHELLS)
def test_options_are_those_of_help(shell: str, tmp_path: Path) -> None:
    wanted = {command: options(command) for command in ["", *commands()]}
    assert {"-d", "--repository", "--hold"} <= wanted["commit"]
    assert {"-p", "--help-all", "--templates"} <= wanted["serve"]
    lines = [f"metaset {command} -".replace("  ", " ") for command in wanted]
    assert dict(zip(wanted, offered(shell, tmp_path, lines))) == wanted


@pytest.mark.parametrize("shell", SHELLS)
def test_workers(shell: str, tmp_path: Path) -> None:
    (tmp_path / "serve.sock").touch()
    wanted = {}
    for program in WORKERS:
        wanted[f"{program} -"] = options("", program)
        wanted[f"{program} --workers 2 --socket ser"] = {"serve.sock"}
        wanted[f"{program} --threads "] = set()
    assert {"-w", "--socket-mode"} <= wanted["metaset-publish -"]
    assert dict(zip(wanted, offered(shell, tmp_path, list(wanted)))) == wanted


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_are_those_of_help(shell: str, tmp_path: Path) -> None:
    wanted = {"": {name.partition(" ")[0] for name in commands()}}
    for name in commands():
        above, _, below = name.partition(" ")
        if below:
            wanted.setdefault(above, set()).add(below)
    assert {"stage", "commit"} <= wanted[""] and wanted["stage"] == {"list", "show", "abandon"}
    lines = [f"metaset {command} ".replace("  ", " ") for command in wanted]
    assert dict(zip(wanted, offered(shell, tmp_path, lines))) == wanted


@pytest.mark.parametrize("shell", SHELLS)
def test_values(shell: str, tmp_path: Path) -> None:
    depot = create(tmp_path / "depot", "demo")
    publish(depot, tmp_path / "scratch", [Package("pkg://demo/a@1,5.11-1:20240501T100000Z")],
            "-a", "nightly")
    metaset("tag", "-d", depot, 1, "golden")
    (tmp_path / "key.pem").touch()
    wanted = {
        "metaset serve --mode ": {"default", "readonly", "mirror"},
        f"metaset commit -d {depot} -a ": {"nightly"},
        f"metaset stage show -d {depot} n": {"nightly"},
        f"metaset activate -d {depot} g": {"golden"},
        f"metaset list -p demo -d {depot} --metaset g": {"golden"},
        f"metaset list -d {depot} -p ": {"demo"},
        "metaset commit --sign ke": {"key.pem"},
        "metaset status -d dep": {"depot"},
        "metaset import sc": {"scratch"},
        "metaset nonsense ": set(),
        "metaset commit -m ": set(),
    }
    found = offered(shell, tmp_path, list(wanted))
    assert {line: {name.rstrip("/") for name in names}
            for line, names in zip(wanted, found)} == wanted


@pytest.mark.parametrize("shell", SHELLS)
def test_typed_with_tab_and_run(shell: str, tmp_path: Path) -> None:
    depot = create(tmp_path / "depot", "demo")
    metaset("tag", "-d", depot, 1, "golden")
    command, load = INTERACTIVE[shell]
    with Terminal(command, tmp_path, {}) as terminal:
        terminal.type(f"{load}\necho rea''dy\n")
        eventually(lambda: "ready" in terminal.read(), "the shell has begun")
        terminal.type(f"metaset activ\t-d {depot} gol\t --json >done\n")

        def is_done() -> bool:
            terminal.read()
            return (tmp_path / "done").exists() and (tmp_path / "done").read_text() != ""

        eventually(is_done, f"the command has run: {terminal.shown}")
    assert '"golden"' in (tmp_path / "done").read_text()
