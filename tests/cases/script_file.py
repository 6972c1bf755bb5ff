"""Reading .script files: publication as data, several exchanges in order.

A script starts on a fresh copy of a repository of the fixture, with metaset-publish behind nginx
and, when it is asked, a depot that clients would use. It runs once with packages that are visible
when they are closed, and once with packages that wait in the staging area.

    # a comment; before the first exchange:
    @repository utf8        utf8 or ascii (default utf8)
    @close staged           only this mode (default: immediate staged)

    %% title of an exchange
    %only immediate         this exchange is for one mode
    %as other               who sends it: build (default; may do everything), other (the same for
                            another identity), nobody
    %depot                  it goes to the depot and not to the publish endpoint
    %run commit -m x        no request: this metaset command runs, and must succeed
    %capture NAME HEADER    ${NAME} in what follows is this header field of the answer, and
                            ${NAME:quoted} its percent-encoded form
    %check NAME REGEX       the captured value must match entirely
    %body FORM              how the lines of the body become bytes: lines (default), exact (without
                            the last line end), gzip (lines, compressed), base64 (decoded),
                            unpacked (decoded and uncompressed)
    %send chunked           without Content-Length
    %send expect            the body waits for "100 Continue"
    %headers latin-1        instead of UTF-8: how header fields become bytes

Then request, "---" and answer as in .case files (case_file.py); lines of the body begin with "> ".
"""
from __future__ import annotations

import base64
import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from case_file import Case, CaseError, Settings, parse_case, read_sections

MODES = ("immediate", "staged")
WORDS = {"only", "as", "depot", "run", "capture", "check", "body", "send", "headers"}


@dataclass
class Exchange:
    """One request and its answer, or one command."""

    title: str
    lines: list[str]
    directives: list[tuple[str, str]] = field(default_factory=list)

    def value(self, word: str, default: str = "") -> str:
        """What the directive of that name says."""
        return next((rest for name, rest in self.directives if name == word), default)

    def has(self, word: str) -> bool:
        """Whether there is such a directive."""
        return any(name == word for name, _ in self.directives)

    def case(self, values: dict[str, str]) -> Case:
        """The request, with what was captured so far in its places."""
        lines = [substitute(line, values) for line in self.lines]
        body = [line[2:] for line in lines if line == ">" or line.startswith("> ")]
        case = parse_case(self.title, Settings(), [line for line in lines
                                                   if line != ">" and not line.startswith("> ")])
        case.body = encode(body, self.value("body", "lines"))
        coding = self.value("headers", "utf-8")
        case.headers = {name: value.encode(coding).decode("latin-1")
                        for name, value in case.headers.items()}
        return case


@dataclass
class Script:
    """One file."""

    name: str
    repository: str = "utf8"
    modes: tuple[str, ...] = MODES
    exchanges: list[Exchange] = field(default_factory=list)


def substitute(text: str, values: dict[str, str]) -> str:
    """Fills in what was captured; names that nothing was captured as are an error."""
    def value(found: re.Match[str]) -> str:
        return quote(values[found[1]], safe="") if found[2] else values[found[1]]

    return re.sub(r"\$\{([A-Z0-9]+)(:quoted)?\}", value, text)


def encode(lines: list[str], form: str) -> bytes:
    """The bytes that the lines of a body stand for."""
    text = "".join(line + "\n" for line in lines).encode()
    if form == "lines":
        return text
    if form == "exact":
        return text.removesuffix(b"\n")
    if form == "gzip":
        return gzip.compress(text, mtime=0)
    if form == "base64":
        return base64.b64decode(text)
    if form == "unpacked":
        return gzip.decompress(base64.b64decode(text))
    raise CaseError(f"%body {form}")


def _exchange(title: str, lines: list[str]) -> Exchange:
    exchange = Exchange(title, [])
    while lines and lines[0].startswith("%"):
        word, _, rest = lines.pop(0)[1:].partition(" ")
        if word not in WORDS:
            raise CaseError(f"{title}: %{word}")
        exchange.directives.append((word, rest))
    exchange.lines = lines
    if not exchange.has("run"):
        parse_case(title, Settings(), [line for line in lines if not line.startswith(">")])
    return exchange


def read_script(path: Path) -> Script:
    """One file; CaseError naming what is wrong."""
    script = Script(path.stem)

    def take_setting(line: str) -> bool:
        if line.startswith("@repository "):
            script.repository = line.split()[1]
        elif line.startswith("@close "):
            script.modes = tuple(line.split()[1:])
        else:
            return False
        return True

    found = read_sections(path, "exchange", take_setting)
    script.exchanges = [_exchange(f"{path.stem}: {title}", lines) for title, lines in found]
    return script
