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
DESCRIPTIONS = 30  # the column in which they begin


def help_of(*command: str | Path, flag: str = "--help") -> list[str]:
    done = subprocess.run([*command, flag], check=True, text=True, capture_output=True)
    return done.stdout.splitlines()


def commands() -> list[str]:
    """All that can be run, and those that have others below them."""
    found = [re.match(r"  ([a-z]+(?: [a-z]+)?)(?:  |$)", line) for line in
             help_of(METASET, flag="--help-all")]
    names = [one[1] for one in found if one]
    return sorted({*names, *(name.partition(" ")[0] for name in names)})


# What --help can be asked for: programs, and commands of them.
HELPS = [*([program] for program in PROGRAMS), *([METASET, *name.split()] for name in commands())]


def name_of(command: list[str | Path]) -> str:
    return " ".join(Path(word).name for word in command)


def described(lines: list[str]) -> dict[str, str]:
    """What is told of each option, by its spellings as they stand there."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        if match := re.match(r"  (-\S+)( \S+)*", line):
            beside = line if line != match[0] else lines[number + 1]
            assert beside[DESCRIPTIONS - 2:DESCRIPTIONS] == "  ", line
            found[match[1]] = beside[DESCRIPTIONS:]
    return found


@pytest.mark.parametrize("command", HELPS, ids=name_of)
def test_help_fits_a_screen(command: list[str | Path]) -> None:
    lines = help_of(*command)
    assert len(lines) <= SCREEN
    assert not [line for line in lines if len(line) > COLUMNS]


@pytest.mark.parametrize("command", HELPS, ids=name_of)
def test_help_names_all_that_help_all_describes(command: list[str | Path]) -> None:
    lines, whole = help_of(*command), help_of(*command, flag="--help-all")
    assert not [line for line in whole if len(line) > COLUMNS]
    options = described(whole)
    assert "-h,--help" in options and all(options.values())
    more = f"More options ({name_of(command)} --help-all):"
    if more in lines:
        begin = lines.index(more)
        told, named = described(lines[:begin]), " ".join(lines[begin + 1:]).split()
        assert "--help-all" in told and "More options:" in whole
        assert sorted([*told, *named]) == sorted(options)
        assert told.items() <= options.items()
    else:
        assert described(lines) == options
        assert whole == lines or command == [METASET]


def test_commands_with_many_options() -> None:
    """What everybody needs of them is described, what few need is named."""
    for command, needed, seldom in [("serve", "-p,--port", "--nginx"),
                                    ("agent", "--gate", "--etcd-ca"),
                                    ("doctor", "--url", "--proxy"),
                                    ("rollout start", "--within", "--etcd-password-file")]:
        text = "\n".join(help_of(METASET, *command.split()))
        above, more, below = text.partition(f"More options (metaset {command} --help-all):\n")
        assert more and f"\n  {needed} " in above
        assert seldom in below.split() and seldom not in above.split()


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
