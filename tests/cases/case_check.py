"""Comparing an answer with what a case expects."""
from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

from case_file import Case
from rawhttp import Reply


def _at(document: Any, path: str) -> Any:
    for step in re.split(r"(?<!\\)\.", path):
        step = step.replace("\\.", ".")
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _check_header(reply: Reply, name: str, wanted: str) -> str | None:
    value = reply.get(name)
    if value is None:
        return f"no header field {name}"
    if wanted == "*":
        return None
    if wanted.startswith("~ "):
        return None if re.fullmatch(wanted[2:], value) else f"{name}: {value}"
    return None if value == wanted else f"{name}: {value}"


def _check_message(reply: Reply, wanted: str) -> str | None:
    """Clients parse the page as XML and print its <p>."""
    if not reply.body:
        return "there is no error page"
    page = ET.fromstring(re.sub(r"<!DOCTYPE.*?>", "", reply.body.decode(), flags=re.S))
    found = [paragraph.text or "" for paragraph in page.iter("p")]
    return None if found == [wanted] else f"the message is {found}"


def _check_json(reply: Reply, rest: str) -> str | None:
    path, _, wanted = rest.partition(" = ")
    try:
        value = _at(json.loads(reply.decoded()), path)
    except (KeyError, IndexError, ValueError) as error:
        return f"nothing at {path}: {error!r}"
    return None if value == json.loads(wanted) else f"{path} is {json.dumps(value)}"


def _check_one(reply: Reply, check: str) -> str | None:
    word, _, rest = check.partition(" ")
    if check.startswith("!"):
        value = reply.get(check[1:])
        return None if value is None else f"{check[1:]}: {value}"
    if word.endswith(":"):
        return _check_header(reply, word[:-1], rest)
    if word == "message":
        return _check_message(reply, rest)
    if word == "length":
        return None if len(reply.body) == int(rest) else f"{len(reply.body)} bytes"
    if word == "sha256":
        digest = hashlib.sha256(reply.decoded()).hexdigest()
        return None if digest == rest else f"the digest is {digest}"
    if word == "contains":
        wanted = rest.replace("\\n", "\n").encode()
        return None if wanted in reply.decoded() else "it is not in the body"
    if word == "starts":
        wanted = rest.replace("\\n", "\n").encode()
        return None if reply.decoded().startswith(wanted) else "the body does not begin so"
    if word == "count":
        count = reply.decoded().count(b"\n")
        return None if count == int(rest) else f"{count} lines"
    if word == "json":
        return _check_json(reply, rest)
    raise ValueError(f"'{check}' is no check")


def _same_body(body: bytes, case: Case) -> bool:
    wanted = (case.text or "").encode()
    if not case.sorted:
        return body == wanted
    return sorted(body.split(b"\n")) == sorted(wanted.split(b"\n"))


def problems(case: Case, reply: Reply) -> list[str]:
    """What is not as expected; empty if all is well."""
    found = []
    if reply.status not in case.statuses:
        found.append(f"status {reply.status} {reply.reason}")
    for check in case.checks:
        problem = _check_one(reply, check)
        if problem:
            found.append(f"{check!r}: {problem}")
    if case.text is not None and not _same_body(reply.decoded(), case):
        found.append(f"the body is {reply.decoded()!r}")
    if case.method == "HEAD" and reply.body:
        found.append("HEAD with a body")
    return found
