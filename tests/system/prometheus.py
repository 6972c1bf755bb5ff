"""Reads what Prometheus would read (text format 0.0.4), and insists on every rule of it."""
from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
UNITS = ("_seconds", "_bytes", "_total", "_info")


@dataclass
class Family:
    """One metric with its samples: labels -> value; those of histograms by suffix."""
    name: str
    help: str
    kind: str = ""
    samples: dict[str, dict[tuple[tuple[str, str], ...], float]] = field(default_factory=dict)

    def value(self, suffix: str = "", **labels: str) -> float:
        return self.samples[suffix][tuple(sorted(labels.items()))]

    def total(self, suffix: str = "", **labels: str) -> float:
        """The sum of the samples that have these labels."""
        wanted = set(labels.items())
        return sum(value for key, value in self.samples.get(suffix, {}).items()
                   if wanted <= set(key))


def labels_of(text: str) -> tuple[tuple[str, str], ...]:
    labels, at = [], 0
    while at < len(text):
        found = LABEL.match(text, at)
        assert found, f"labels {text!r}"
        labels.append((found[1], found[2]))
        at = found.end()
    assert not text.endswith(","), text
    assert len(dict(labels)) == len(labels), f"a label twice: {text!r}"
    return tuple(sorted(labels))


def number(text: str) -> float:
    assert re.fullmatch(r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf|NaN)", text), text
    return float(text)


def add_sample(family: Family, line: str) -> None:
    found = SAMPLE.fullmatch(line)
    assert found, f"no sample: {line!r}"
    suffix = found[1].removeprefix(family.name)
    allowed = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
    assert found[1].startswith(family.name) and suffix in allowed, f"not of {family.name}: {line}"
    of_suffix = family.samples.setdefault(suffix, {})
    key = labels_of(found[2] or "")
    assert key not in of_suffix, f"twice: {line}"
    of_suffix[key] = number(found[3])


def check_histogram(family: Family) -> None:
    series: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    for key, value in family.samples.get("_bucket", {}).items():
        rest = tuple(pair for pair in key if pair[0] != "le")
        series.setdefault(rest, []).append((number(dict(key)["le"]), value))
    assert set(series) == set(family.samples.get("_sum", {})) == set(
        family.samples.get("_count", {})), family.name
    for labels, buckets in series.items():
        buckets.sort()
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), (family.name, labels, "not cumulative")
        assert math.isinf(buckets[-1][0]), (family.name, labels)
        assert counts[-1] == family.samples["_count"][labels], (family.name, labels)


def check_family(family: Family) -> None:
    assert family.help.strip(), family.name
    if family.kind == "histogram":
        check_histogram(family)
        return
    assert family.kind in ("counter", "gauge"), family
    assert (family.kind == "counter") == family.name.endswith("_total"), family.name
    for value in family.samples.get("", {}).values():
        assert math.isfinite(value) and value >= 0, family
    for unit in ("milliseconds", "kilobytes", "_ms", "_kb"):
        assert unit not in family.name, family.name


def parse(text: str) -> dict[str, Family]:
    """Asserts that it is all in order; the families by name."""
    assert text.endswith("\n") and "\r" not in text
    families: dict[str, Family] = {}
    current: Family | None = None
    for line in text[:-1].split("\n"):
        if found := re.fullmatch(rf"# HELP ({NAME}) (.+)", line):
            assert found[1] not in families, f"{found[1]} twice"
            current = families[found[1]] = Family(found[1], found[2])
        elif found := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            assert current and current.name == found[1] and not current.kind, line
            current.kind = found[2]
        else:
            assert current and current.kind, f"a sample before its type: {line!r}"
            add_sample(current, line)
    for family in families.values():
        check_family(family)
    return families
