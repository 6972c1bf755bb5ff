"""The backends, each started once for all cases."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

from backends import (CONFIGURED, SERVED, Backend, CgiBackend, ConfiguredBackend,  # noqa: E402
                      ServeBackend)  # noqa: E402
from repositories import import_stock, unpack_stock  # noqa: E402


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The repositories of the fixture, imported."""
    top = tmp_path_factory.mktemp("cases")
    stock = unpack_stock(top / "stock")
    return {name: import_stock(path, top / name) for name, path in stock.items()}


@pytest.fixture(scope="session")
def backends(imported: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
             ) -> Iterator[dict[str, Backend]]:
    made = [*(kind(name, imported, tmp_path_factory.mktemp(name))
              for kind, names in ((ServeBackend, SERVED), (ConfiguredBackend, CONFIGURED))
              for name in names), CgiBackend(imported)]
    yield {backend.name: backend for backend in made}
    for backend in made:
        backend.close()
