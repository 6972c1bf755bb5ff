"""Reading .case files: the interface of the depot as data.

    # a comment; lines before the first case may set where the requests go:
    @repository utf8        utf8 or ascii: which repository of the fixture (default utf8)
    @base /r                path of the depot, METASET_BASE
    @mode mirror            METASET_MODE
    @disable search,file/2  METASET_DISABLE_OPS

    %% title of a case
    GET /fruit/versions/0       method and target, exactly as they are sent
    Accept-Encoding: gzip       header fields of the request
    > name=value                the body of the request, one line
    ---
    200                         the status; several with commas; then what must hold of the answer:
    Content-Type: text/plain    a header field has this value; "*": it is there; "~ REGEX"
    !ETag                       a header field is not there
    message TEXT                the text of an error page, which must be well-formed XML
    length N                    bytes of the body as it came
    sha256 HEX                  of the body, without its content coding
    contains TEXT               TEXT is in the body, without its content coding; \\n is a line end
    starts TEXT                 the body begins with TEXT, as above
    count N                     how many lines the body has
    json a.b.0 = VALUE          what is at that place of a JSON body; "\\." is a dot in a name
    body                        everything after this line is the body, "$" at a line's beginning
                                protects what would be read as something else
    lines                       the same, but the lines may come in any order

HEAD: the body must be empty, and this is always checked.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable


@dataclass(frozen=True)
class Settings:
    """Where a request goes."""

    repository: str = "utf8"
    base: str = ""
    mode: str = ""
    disable: str = ""


@dataclass
class Case:
    """One request and what is expected of its answer."""

    name: str
    settings: Settings
    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    statuses: list[int] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    text: str | None = None
    sorted: bool = False


class CaseError(Exception):
    """A .case file that cannot be read."""


def _parse_request(case: Case, lines: list[str]) -> None:
    method, _, target = lines[0].partition(" ")
    case.method, case.target = method, target
    for line in lines[1:]:
        if line.startswith("> "):
            case.body += line[2:].encode()
            continue
        name, colon, value = line.partition(": ")
        if not colon:
            raise CaseError(f"{case.name}: '{line}' is no header field")
        case.headers[name] = value


def _parse_answer(case: Case, lines: list[str]) -> None:
    case.statuses = [int(status) for status in lines[0].split(",")]
    for number, line in enumerate(lines[1:], 1):
        if line in ("body", "lines"):
            case.sorted = line == "lines"
            rest = [text[1:] if text.startswith("$") else text for text in lines[number + 1:]]
            case.text = "".join(text + "\n" for text in rest)
            return
        case.checks.append(line)


def parse_case(name: str, settings: Settings, lines: list[str]) -> Case:
    """Request, "---" and answer; CaseError naming what is wrong."""
    case = Case(name, settings)
    if "---" not in lines:
        raise CaseError(f"{name}: no --- between request and answer")
    middle = lines.index("---")
    _parse_request(case, [line for line in lines[:middle] if line])
    answer = lines[middle + 1:]
    while answer and not answer[-1]:
        answer.pop()
    _parse_answer(case, answer)
    return case


def read_sections(path: Path, what: str,
                  take_setting: Callable[[str], bool]) -> list[tuple[str, list[str]]]:
    """What begins with "%% TITLE": titles and lines. Lines before the first one are settings, which
    `take_setting` knows, or comments; CaseError for others."""
    found: list[tuple[str, list[str]]] = []
    for line in path.read_text().split("\n"):
        if line.startswith("%% "):
            found.append((line[3:], []))
        elif found:
            found[-1][1].append(line)
        elif not take_setting(line) and line and not line.startswith("#"):
            raise CaseError(f"{path.name}: '{line}' before the first {what}")
    return found


def read_cases(path: Path) -> list[Case]:
    """All cases of a file; CaseError naming what is wrong."""
    values: dict[str, str] = {}

    def take_setting(line: str) -> bool:
        if not line.startswith("@"):
            return False
        key, _, value = line[1:].partition(" ")
        values[key] = value.strip()
        return True

    found = read_sections(path, "case", take_setting)
    settings = Settings(**values)
    return [parse_case(f"{path.stem}: {title}", settings, lines) for title, lines in found]
