"""Runs every publication script in every mode it is for."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apache import WAYS
from script_file import MODES, Script, read_script
from script_run import ScriptRun, make_identities

HERE = Path(__file__).parent
SCRIPTS = [read_script(path) for path in sorted((HERE / "publish").glob("*.script"))]
RUNS = [pytest.param(script, mode, id=f"{script.name}-{mode}")
        for script in SCRIPTS for mode in script.modes]


@pytest.fixture(scope="session")
def prepared(imported: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
             ) -> dict[str, tuple[Path, dict[str, str]]]:
    """Copies of the repositories in which identities have been given rights."""
    top = tmp_path_factory.mktemp("prepared")
    made = {}
    for name, path in imported.items():
        shutil.copytree(path, top / name, symlinks=True)
        made[name] = (top / name, make_identities(top / name))
    return made


def test_modes_are_known() -> None:
    assert all(mode in MODES for script in SCRIPTS for mode in script.modes)


@pytest.mark.parametrize("web", ["nginx", "nginx-cgi", *WAYS])
@pytest.mark.parametrize(("script", "mode"), RUNS)
def test_script(prepared: dict[str, tuple[Path, dict[str, str]]], script: Script, mode: str,
                web: str, tmp_path: Path) -> None:
    repository, identities = prepared[script.repository]
    run = ScriptRun(script, mode, repository, identities, tmp_path, web)
    try:
        run.run()
    finally:
        run.stop()
