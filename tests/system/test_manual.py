"""The commands in the manual pages are run as they stand there.

tests/manual/PAGE.sh makes what a page takes for granted; tests/system/manual_rules.py says what is
replaced and what is not run. METASET_PKG: a stock pkg command, beside which the other tools are.
"""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from depot import ROOT
from manual_page import Display, Step, commands_in_text, displays, markdown_steps, steps, steps_of
from manual_rules import CHANGES, NOT_RUN, STATUSES, TEXTS, matches, rule_for
from manual_run import nginx_says, run

PAGES = sorted((ROOT / "man").glob("*.[1-9]"))
WITH_STEPS = [page for page in PAGES if steps(page)]


@pytest.mark.parametrize("page", WITH_STEPS, ids=lambda page: page.name)
def test_commands(page: Path, tmp_path: Path) -> None:
    problems = run(steps(page), tmp_path)
    assert not problems, "\n".join(problems)


def test_there_are_commands() -> None:
    assert len(WITH_STEPS) > 5


def test_the_tour_of_the_readme(tmp_path: Path) -> None:
    tour = markdown_steps(ROOT / "README.md", "A five-minute tour")
    assert len(tour) > 20
    problems = run(tour, tmp_path)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_found(page: Path) -> None:
    """One without a prompt would not be run; and a page whose examples are none is not covered."""
    examples = [display for display in displays(page) if display.section == "EXAMPLES"]
    for display in displays(page):
        if not display.is_transcript():
            assert not commands_in_text(display), f"{page.name}:{display.line}: no prompt"
    for display in examples:
        assert display.is_transcript() or display.is_configuration() or is_text(display), (
            f"{page.name}:{display.line}: no command, no configuration, not in TEXTS")
    if re.search(r"^\.Sh EXAMPLES", page.read_text(), re.MULTILINE):
        assert examples, "there is nothing in EXAMPLES"
        run_here = [step for step in steps(page) if step.section == "EXAMPLES"
                    and not rule_for(step.command)]
        assert run_here or not any(map(Display.is_transcript, examples)), "nothing is run"


def is_text(display: Display) -> bool:
    return any(display.lines[0].startswith(begin) for begin, _ in TEXTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nginx_takes_the_configuration(page: Path, tmp_path: Path) -> None:
    for display in displays(page):
        if display.is_configuration():
            (tmp_path / str(display.line)).mkdir()
            problem = nginx_says("\n".join(display.lines), tmp_path / str(display.line))
            assert not problem, f"{page.name}:{display.line}: {problem}"


def test_every_rule_is_needed() -> None:
    """A rule that no page needs is forgotten; so is a file for a page that is not there."""
    commands = [step.command for page in WITH_STEPS for step in steps(page)]
    files = [path.read_text() for path in (ROOT / "tests/manual").glob("*.sh")]
    for rule in NOT_RUN:
        assert any(rule_for(command) == rule for command in commands), rule
    for status in STATUSES:
        assert any(re.match(status.pattern, command) for command in commands), status
    for change in CHANGES:
        assert any(re.search(change.pattern, text) for text in commands + files), change
    for path in (ROOT / "tests/manual").glob("*.[1-9].sh"):
        assert ROOT / "man" / path.stem in WITH_STEPS, path


def one(*lines: str) -> list[Step]:
    return steps_of("page.1", Display("EXAMPLES", 1, list(lines)))


def test_transcripts_are_understood() -> None:
    found = one("$ one \\", "  two", "printed", "b# cat <<'END'", "$ three", "END", "# four")
    assert [step.command for step in found] == ["one \\\n  two", "cat <<'END'\n$ three\nEND",
                                                "four"]
    assert [step.output for step in found] == [["printed"], [], []]
    for wrong in (["text", "$ one"], ["$ one \\"], ["$ cat <<END", "x"]):
        with pytest.raises(ValueError):
            one(*wrong)


def test_output_is_compared() -> None:
    shown = ["metaset 2  2026-11-24T12:00:00Z jane@build1", "...", "last: 3 things"]
    printed = ["metaset 2 2027-01-01T00:00:00Z root@host", "a", "b", "last:  3 things"]
    assert matches(shown, printed)
    assert not matches(shown, [*printed, "more"])
    assert not matches(shown, [printed[0].replace("2 ", "3 ", 1), *printed[1:]])
    assert not matches(shown, printed[:1])
