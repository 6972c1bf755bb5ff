"""The catalog that a package client holds, and the rules by which it follows that of a depot."""
from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Iterable

Document = dict[str, Any]
BASE = "catalog.base.C"
USED_PARTS = re.compile(r"catalog\.(base|dependency|summary)\.")


class BadContent(Exception):
    """A file that is not what it claims to be: it was damaged on the way."""


class MustStartOver(Exception):
    """The stored catalog cannot be brought up to date; a full download may help."""


class Mismatch(Exception):
    """The parts of a full download are not those that its catalog.attrs lists."""


class UnknownEntry(Exception):
    """An update log removes what is not there."""


def signature(document: Document) -> str:
    """The hash that a catalog file must have: of the canonical text of the rest."""
    rest = {key: value for key, value in document.items() if key != "_SIGNATURE"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha1(f"{text}\n".encode()).hexdigest()


def parse(body: bytes) -> Document:
    """A catalog file that has the signature it names."""
    try:
        document = json.loads(body)
        named = document["_SIGNATURE"]["sha-1"]
    except (ValueError, LookupError, TypeError) as error:
        raise BadContent(repr(error)) from error
    if named != signature(document):
        raise BadContent("the signature is not that of the content")
    return document


def moment(text: str) -> str:
    """A time in a form that sorts: the fraction is left out when it is zero."""
    return text.rstrip("Z")


def version_key(text: str) -> tuple[list[int], list[int], str]:
    """The order of versions: release, branch, timestamp; the build release does not count."""
    rest, _, timestamp = text.partition(":")
    rest, _, branch = rest.partition("-")
    release = rest.partition(",")[0]
    return numbers(release), numbers(branch) if branch else [], timestamp


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(".")]


def locale_of(name: str) -> str:
    return name.split(".", 2)[2]


@dataclass
class Catalog:
    """catalog.attrs and the parts of locale C."""

    attrs: Document
    parts: dict[str, Document]

    def packages(self, publisher: str) -> dict[str, list[Document]]:
        """Name -> entries of catalog.base.C, oldest version first."""
        return self.parts.get(BASE, {}).get(publisher, {})

    def differing(self, names: Iterable[str]) -> list[str]:
        """Those parts that catalog.attrs lists with another hash."""
        listed = self.attrs["parts"]
        return [name for name in names
                if signature(self.parts[name]) != listed[name]["signature-sha-1"]]


def all_parts(attrs: Document) -> list[str]:
    """What a full download consists of."""
    return [name for name in attrs["parts"] if locale_of(name) == "C"]


def whole(attrs: Document, files: dict[str, Document]) -> Catalog:
    """The catalog of a full download."""
    catalog = Catalog(attrs, files)
    wrong = catalog.differing(files)
    if wrong:
        raise Mismatch(f"{wrong} are not those of catalog.attrs of {attrs['last-modified']}")
    return catalog


def changed_parts(old: Document, new: Document) -> tuple[list[str], bool]:
    """The parts that are newer now, and whether update logs lead from one state to the other."""
    changed: list[str] = []
    incremental = True
    for name, facts in old["parts"].items():
        if name not in new["parts"]:
            raise MustStartOver(f"{name} is gone")
        before = moment(facts["last-modified"])
        after = moment(new["parts"][name]["last-modified"])
        if after < before:
            raise MustStartOver(f"{name} is older than the stored one")
        if after > before:
            changed.append(name)
            hour = before[:len("YYYYMMDDTHH")]
            incremental &= f"update.{hour}Z.{locale_of(name)}" in new["updates"]
    added = [name for name in all_parts(new)
             if name not in old["parts"] and USED_PARTS.match(name)]
    return changed + added, incremental and not added


def needed(old: Document, new: Document) -> list[str] | None:
    """The files to fetch in order to come from one state to another; None: nothing is new."""
    if old["created"] != new["created"]:
        raise MustStartOver("the catalog was made anew")
    if old["last-modified"] == new["last-modified"]:
        return None
    parts, incremental = changed_parts(old, new)
    parts = [name for name in parts if locale_of(name) == "C"]
    if not incremental or not parts:
        return parts
    newest = max(moment(old["parts"][name]["last-modified"]) for name in parts)
    return sorted(name for name, facts in new["updates"].items()
                  if locale_of(name) == "C" and moment(facts["last-modified"]) > newest)


def updated(stored: Catalog, attrs: Document, files: dict[str, Document]) -> Catalog:
    """The stored catalog with whole parts replaced or update logs applied, as `needed` said."""
    catalog = Catalog(attrs, dict(stored.parts))
    touched = {BASE} & set(stored.parts)
    for name in sorted(files):
        if name.startswith("update."):
            touched |= apply_log(stored.attrs, catalog.parts, files[name])
        else:
            catalog.parts[name] = files[name]
    wrong = catalog.differing(touched)
    if wrong:
        raise MustStartOver(f"{wrong} became others than catalog.attrs lists")
    return catalog


def apply_log(old: Document, parts: dict[str, Document], log: Document) -> set[str]:
    """Applies what is newer than each part; the names of the parts that changed."""
    touched: set[str] = set()
    for publisher, packages in log.items():
        if publisher.startswith("_"):
            continue
        for name, operations in packages.items():
            for operation in operations:
                touched |= apply_operation(old, parts, (publisher, name), operation)
    return touched


def apply_operation(old: Document, parts: dict[str, Document], package: tuple[str, str],
                    operation: Document) -> set[str]:
    touched = {part for part in operation
               if part in parts and part in old["parts"]
               and moment(operation["op-time"]) > moment(old["parts"][part]["last-modified"])}
    for part in touched:
        entry = {**operation[part], "version": operation["version"]}
        if operation["op-type"] == "add":
            parts[part] = with_entry(parts[part], package, entry)
        elif operation["op-type"] == "remove":
            parts[part] = without_entry(parts[part], package, entry["version"])
        else:
            raise MustStartOver(f"unknown operation {operation['op-type']}")
    return touched


def with_entry(part: Document, package: tuple[str, str], entry: Document) -> Document:
    publisher, name = package
    entries = part.get(publisher, {}).get(name, [])
    if any(other["version"] == entry["version"] for other in entries):
        raise MustStartOver(f"{name}@{entry['version']} is there already")
    entries = sorted([*entries, entry], key=lambda one: version_key(one["version"]))
    return {**part, publisher: {**part.get(publisher, {}), name: entries}}


def without_entry(part: Document, package: tuple[str, str], version: str) -> Document:
    publisher, name = package
    packages = dict(part.get(publisher, {}))
    entries = packages.pop(name, [])
    left = [entry for entry in entries if entry["version"] != version]
    if len(left) == len(entries):
        raise UnknownEntry(f"{name}@{version} is not there")
    if left:
        packages[name] = left
    rest = {key: value for key, value in part.items() if key != publisher}
    return {**rest, publisher: packages} if packages else rest
