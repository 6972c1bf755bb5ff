"""Prints the table and marks what misses its bar."""
from __future__ import annotations

from http_cases import Against, Result

missed: list[str] = []


def mark(name: str, good: bool) -> str:
    """ok, or MISSED, which is remembered for the end."""
    if not good:
        missed.append(name)
    return "ok" if good else "MISSED"


def heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def at_most(name: str, value: float, unit: str, bar: float) -> None:
    """A line for something that has to be small."""
    verdict = mark(name, value <= bar)
    print(f"  {name:<54}{value:>10.1f} {unit:<5} at most {bar:g}  {verdict}", flush=True)


def at_least(name: str, value: float, unit: str, bar: float) -> None:
    """A line for something that has to be large."""
    verdict = mark(name, value >= bar)
    print(f"  {name:<54}{value:>10.2f} {unit:<5} at least {bar:g}  {verdict}", flush=True)


def fact(name: str, value: float, unit: str) -> None:
    """A line for something that has no bar."""
    print(f"  {name:<54}{value:>10.1f} {unit}", flush=True)


def first_and_later(name: str, first: float, later: float, bar: float) -> None:
    """A line for what is slower the first time, and has to be fast then, too."""
    verdict = mark(f"{name}: {max(first, later):.1f}", max(first, later) <= bar)
    print(f"  {name:<54}{first:>8.1f}{later:>8.1f} ms  {verdict}", flush=True)


def ratio_heading() -> None:
    print(f"  {'':<32}{'bytes':>9}{'conn.':>6}{'depot/s':>9}{'peer/s':>9}{'ratio':>7}"
          f"{'by CPU':>8}{'p99 ms':>8}   bar", flush=True)


def ratio(result: Result) -> None:
    """A line of the table of ratios; a second one for what nginx can ask."""
    case = result.case
    name = f"{case.name}, {result.connections} connections"
    # What misses its bar may not be to blame.
    asked = "" if result.floor_ratio is None else f" (floor: {result.floor_ratio:.2f})"
    print(f"  {case.name:<32}{case.bytes:>9}{result.connections:>6}{result.depot:>9.0f}"
          f"{against(result.static)}{result.p99_ms:>8.1f}   "
          f"{verdict(name, result.static, case.bar, asked)}{asked}", flush=True)
    if result.floor is not None:
        print(f"  {'  of what nginx can ask (floor)':<56}{against(result.floor)}{'':>8}   "
              f"{verdict(f'{name}, of the floor', result.floor, case.floor_bar)}", flush=True)


def against(peer: Against) -> str:
    """Three columns."""
    return f"{peer.rate:>9.0f}{peer.ratio:>7.2f}{peer.by_cpu:>8.2f}"


def verdict(name: str, peer: Against, bar: float | None, note: str = "") -> str:
    if bar is None:
        return ""
    return f"{bar:.2f}  {mark(f'{name}: {peer.ratio:.2f}{note}', peer.ratio >= bar)}"


def summary() -> None:
    print()
    for name in missed:
        print(f"MISSED: {name}")
    print(f"{len(missed)} bars missed" if missed else "every bar is met")
