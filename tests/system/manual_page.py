"""The commands that a manual page shows, in order.

A literal display (.Bd -literal, .Dl) is a transcript if a line of it begins with a prompt: "$ ",
"# " or either with the name of a machine before it ("b# "). What follows up to the next prompt is
what the command prints; "..." stands for anything, as a line or in one. A command goes on in the
next line after a backslash, and up to the end of a here-document. Other displays are text, or
configuration of nginx.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

PROMPT = re.compile(r"(\w*)[$#] (.+)")
HERE_DOCUMENT = re.compile(r"<<\s*(['\"]?)(\w+)\1")
PROGRAMS = re.compile(r"(?:(?:sudo|runuser) (?:-u \w+ )?(?:-- )?)?"
                      r"(?:metaset|metaset-\w+|pkg|pkg\w+|curl|nginx) (?!bundle 1$)[a-z-]")
CONFIGURATION = re.compile(r"(?:location|upstream|server) ?.*\{")
ESCAPES = {r"\e": "\\", r"\&": "", r"\-": "-", r"\(aq": "'"}


@dataclass
class Step:
    """A command, and what the page shows of its output: nothing if `output` is empty."""

    page: str
    line: int
    section: str
    command: str
    output: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """For who looks for it."""
        return f"{self.page}:{self.line}"


@dataclass
class Display:
    """Literal lines, with the number of the first one."""

    section: str
    line: int
    lines: list[str]

    def is_transcript(self) -> bool:
        """Whether commands are in it."""
        return any(PROMPT.fullmatch(line) for line in self.lines)

    def is_configuration(self) -> bool:
        """Whether it is a part of nginx' configuration."""
        return CONFIGURATION.match(self.lines[0]) is not None


def plain(line: str) -> str:
    """Without the escapes of roff. ValueError for one that is not known here."""
    def one(match: re.Match[str]) -> str:
        if match[0] not in ESCAPES:
            raise ValueError(f"{match[0]} in a display: write \\e for a backslash")
        return ESCAPES[match[0]]
    return re.sub(r"\\\(..|\\.|\\$", one, line)


def displays(page: Path) -> list[Display]:
    """All literal displays."""
    found: list[Display] = []
    section, inside = "", False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith(".Sh "):
            section = line[4:]
        elif line.startswith(".Bd -literal"):
            found.append(Display(section, number + 1, []))
            inside = True
        elif line == ".Ed":
            inside = False
        elif line.startswith(".Dl "):
            found.append(Display(section, number, [plain(line[4:])]))
        elif inside:
            found[-1].lines.append(plain(line))
    return found


def commands_in_text(display: Display) -> list[str]:
    """What looks like a command in a display without prompts: it would not be run."""
    return [line for line in display.lines if PROGRAMS.match(line)]


def steps_of(page: str, display: Display) -> list[Step]:
    """The commands of a transcript."""
    steps: list[Step] = []
    end = ""  # of the here-document that is open
    goes_on = False
    for number, line in enumerate(display.lines, display.line):
        if steps and (goes_on or end):
            steps[-1].command += "\n" + line
        elif prompt := PROMPT.fullmatch(line):
            steps.append(Step(page, number, display.section, prompt[2]))
        elif steps:
            steps[-1].output.append(line)
            continue
        else:
            raise ValueError(f"{page}:{number}: a transcript begins with a prompt")
        if end:
            end = "" if line == end else end
        elif here := HERE_DOCUMENT.search(line):
            end = here[2]
        goes_on = not end and line.endswith("\\")
    if end or goes_on:
        raise ValueError(f"{steps[-1].place}: the command has no end")
    return steps


def steps(page: Path) -> list[Step]:
    """Of all transcripts of a page."""
    return [step for display in displays(page) if display.is_transcript()
            for step in steps_of(page.name, display)]


def markdown_steps(page: Path, section: str) -> list[Step]:
    """The commands of a section of a Markdown file, in its indented blocks, without prompts."""
    found: list[Step] = []
    inside, end = False, ""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("## "):
            inside = line == f"## {section}"
        elif inside and line.startswith("    "):
            text = line[4:]
            if end:
                found[-1].command += "\n" + text
                end = "" if text == end else end
            else:
                found.append(Step(page.name, number, section, text))
                here = HERE_DOCUMENT.search(text)
                end = here[2] if here else ""
    return found
