"""Many simulated clients at once, in a few processes, and what they have seen."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import rawhttp
from records import Record, RecordFile
from waiting import eventually

HERE = Path(__file__).resolve().parent
STOP_LIMIT = 90.0  # a step under way is finished, and some answers take their whole time limit
PROCESSES = 4


class Fleet:
    """`clients` clients of one depot address. Every second one has a UUID of its own and shares an
    address with the others that have; the rest have addresses of their own."""

    def __init__(self, directory: Path, address: rawhttp.Address, publisher: str = "demo",
                 clients: int = 16, seed: int = 0, pause: float = 0.05, base: str = "") -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        orders: list[list[dict[str, Any]]] = [[] for _ in range(min(PROCESSES, clients))]
        for number in range(clients):
            has_uuid = number % 2 == 0
            orders[number // 2 % len(orders)].append({
                "name": f"client{number}", "has_uuid": has_uuid, "seed": f"{seed} {number}",
                "source": "127.0.0.1" if has_uuid else f"127.0.1.{number + 1}"})
        self._commons = {"address": list(address), "base": base, "publisher": publisher,
                         "pause": pause}
        self._orders = orders
        self._files = [RecordFile(self._records(number)) for number in range(len(orders))]
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Fleet:
        for number, order in enumerate(self._orders):
            text = json.dumps({**self._commons, "clients": order,
                               "records": str(self._records(number))})
            with self._errors(number).open("wb") as errors:
                self._processes.append(subprocess.Popen(
                    [sys.executable, "-B", str(HERE / "fleet_clients.py"), text],
                    stdin=subprocess.PIPE, stdout=errors, stderr=errors))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        statuses = []
        for process in self._processes:
            try:
                statuses.append(process.wait(STOP_LIMIT))
            except subprocess.TimeoutExpired:
                process.kill()
                statuses.append(process.wait())
        errors = [self._errors(number).read_text() for number in range(len(statuses))]
        assert not any(statuses), f"simulated clients ended with {statuses}: {errors}"

    def records(self) -> list[Record]:
        """Of all, so far."""
        return [record for file in self._files for record in file.read()]

    def more(self, number: int = 1, limit: float = 120.0) -> None:
        """Until each client has finished that many further steps."""
        before = self._steps()
        names = [client["name"] for order in self._orders for client in order]
        eventually(lambda: all(self._steps().get(name, 0) >= before.get(name, 0) + number
                               for name in names), f"{number} more steps of each client", limit)

    def _steps(self) -> dict[str, int]:
        steps: dict[str, int] = {}
        for record in self.records():
            steps[record.client] = steps.get(record.client, 0) + 1
        return steps

    def _records(self, number: int) -> Path:
        return self._directory / f"records{number}"

    def _errors(self, number: int) -> Path:
        return self._directory / f"errors{number}"
