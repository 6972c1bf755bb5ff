"""What README.md and the manual pages tell an administrator to type."""
from __future__ import annotations

import re

import debian
from manual_page import Step, displays, steps_of
from manual_rules import statuses_for


def readme_steps(after: str) -> list[str]:
    """What README.md tells to do as root, behind some words."""
    text = (debian.ROOT / "README.md").read_text()
    found = re.search(rf"{after}:\n\n((?:    .*\n)+)", text)
    assert found
    return found[1].splitlines()


def steps_behind(page: str, heading: str) -> list[Step]:
    """Those of the section (.Sh) or part (.Ss) of a page."""
    path = debian.ROOT / "man" / page
    lines = path.read_text().splitlines()
    begins = [number for number, line in enumerate(lines, 1)
              if re.fullmatch(rf"\.S[sh] {re.escape(heading)}", line)]
    assert len(begins) == 1, f"{page}: {heading}"
    kind = lines[begins[0] - 1][:3]
    ends = [number for number, line in enumerate(lines, 1) if number > begins[0]
            and (line.startswith(kind) or line.startswith(".Sh"))]
    return [step for display in displays(path) if display.is_transcript()
            and begins[0] < display.line < ends[0] for step in steps_of(page, display)]


def script(steps: list[Step]) -> str:
    """For a shell that ends when a command does not end as it should."""
    lines = []
    for step in steps:
        allowed = "|".join(map(str, sorted(statuses_for(step.command))))
        lines.append(step.command if allowed == "0" else
                     f"{step.command} || case $? in {allowed}) ;; *) exit 1 ;; esac")
    return "\n".join(lines)


def root_example(page: str, heading: str) -> str:
    """The commands of the first example for root."""
    steps = steps_behind(page, heading)
    first = next(display for display in displays(debian.ROOT / "man" / page)
                 if display.lines[0].startswith("# ") and display.line >= steps[0].line)
    return script(steps_of(page, first))


def group_drop_in() -> str:
    """What metaset-serve(8) says for workers in a group."""
    text = (debian.ROOT / "man/metaset-serve.8").read_text()
    found = re.search(r"^\[Service\]\n(?:\w+=.*\n)+", text, re.M)
    assert found
    return found[0]
