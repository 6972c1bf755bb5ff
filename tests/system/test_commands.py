"""What all commands have in common: how a repository is named, and --help."""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from depot import BUILD, METASET
from repositories import create

PROGRAMS = sorted(path for path in BUILD.glob("metaset*") if os.access(path, os.X_OK))
COLUMNS, SCREEN = 80, 24
# A line for each option: with more of them than this, two screens.
MANY, SCREENS = 15, 40


def help_of(*command: str | Path, flag: str = "--help") -> list[str]:
    done = subprocess.run([*command, flag], check=True, text=True, capture_output=True)
    return done.stdout.splitlines()


def commands() -> list[str]:
    """All that can be run, and those that have others below them."""
    found = [re.match(r"  ([a-z]+(?: [a-z]+)?)(?:  |$)", line) for line in
             help_of(METASET, flag="--help-all")]
    names = [one[1] for one in found if one]
    return sorted({*names, *(name.partition(" ")[0] for name in names)})


@pytest.mark.parametrize("command", commands())
def test_help_of_a_command_fits_a_screen(command: str) -> None:
    lines = help_of(METASET, *command.split())
    options = [line for line in lines if line.startswith("  -")]
    assert len(lines) <= (SCREEN if len(options) <= MANY else SCREENS)
    assert not [line for line in lines if len(line) > COLUMNS]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_help_of_a_program_fits_a_screen(program: Path) -> None:
    lines = help_of(program)
    assert len(lines) <= SCREEN
    assert not [line for line in lines if len(line) > COLUMNS]


def test_help_lists_every_command_in_a_group() -> None:
    lines = help_of(METASET)
    listed = [name for line in lines if re.fullmatch(r"  [a-z]+(?: [a-z]+)*", line)
              for name in line.split()]
    assert sorted(listed) == sorted(name for name in commands() if " " not in name)
    assert "Metasets:" in lines and "Commands:" not in lines
    assert not [line for line in help_of(METASET, flag="--help-all") if len(line) > COLUMNS]


def test_the_option_counts_and_not_the_variable(tmp_path: Path) -> None:
    named, other = (create(tmp_path / name, name) for name in ("named", "other"))
    environment = {**os.environ, "METASET_ROOT": str(other)}

    def publishers(*options: str | Path) -> str:
        return subprocess.run([METASET, "status", *options], env=environment, check=True, text=True,
                              capture_output=True).stdout

    assert "named" in publishers("-d", named) and "other" not in publishers("-d", named)
    assert "other" in publishers()
    del environment["METASET_ROOT"]
    assert subprocess.run([METASET, "status"], env=environment, check=False, text=True,
                          capture_output=True).returncode == 2
