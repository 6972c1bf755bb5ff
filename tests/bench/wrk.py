"""One run of wrk."""
from __future__ import annotations

import json
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

SUMMARY = Path(__file__).with_name("summary.lua")
THREADS = 2
LARGE = 1 << 19


class Broken(Exception):
    """Something does not work, which is more than being slow."""


@dataclass
class Run:
    """What one run measured."""

    rate: float  # requests in a second
    requests: int
    cpu: float  # seconds that wrk itself needed
    max_ms: float
    p99_ms: float


def run(url: str, connections: int, seconds: int, fields: dict[str, str], size: int = 0) -> Run:
    """Asks for a URL for some seconds; every answer has to be 200 and whole.

    Of large bodies (size is theirs) too few are whole in that time: their bytes are counted.
    """
    command = ["wrk", "-t", str(THREADS), "-c", str(connections), "-d", f"{seconds}s",
               "--timeout", "10s", "-s", str(SUMMARY)]
    for name, value in fields.items():
        command += ["-H", f"{name}: {value}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, url], text=True, capture_output=True, timeout=seconds + 60)
    if done.returncode != 0:
        raise Broken(f"wrk {url}: {done.stdout}{done.stderr}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if result["failed"] or not result["requests"]:
        raise Broken(f"{url}: {result['failed']} of {result['requests']} requests failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    count = result["bytes"] / size if size >= LARGE else result["requests"]
    return Run(count * 1e6 / result["micros"], round(count), cpu, result["max_ms"],
               result["p99_ms"])
