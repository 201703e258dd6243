"""The sdist carries the built front end: a wheel comes out of it on a machine without Node."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from isthmus.report import is_built

ROOT = Path(__file__).parents[2]
STATIC = {"report.js", "app.js", "widget.js", "isthmus.css", "world-50m.json", "third-party-licences.txt"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hatchling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the build backend, apart from the environment of the tests."""
    folder = tmp_path_factory.mktemp("hatchling")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "hatchling"]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"hatchling cannot be fetched: {done.stderr.strip()[-200:]}")
    return folder


def build(hatchling: Path, project: Path, target: str, out: Path, path: str) -> Path:
    """Return what hatchling builds of a project, with nothing but `path` on PATH."""
    out.mkdir(parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if key not in ("PATH", "PYTHONPATH")}
    # -S: no installed package helps, such as the Node of PyPI.
    command = [sys.executable, "-S", "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    done = subprocess.run(
        command, cwd=project, env={**env, "PATH": path, "PYTHONPATH": str(hatchling)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (made,) = out.iterdir()
    return made


def test_a_wheel_comes_out_of_the_sdist_without_node(hatchling: Path, tmp_path: Path) -> None:
    if not is_built():
        pytest.skip("the front end is not built")
    sdist = build(hatchling, ROOT, "sdist", tmp_path / "sdist", os.environ["PATH"])
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (project,) = (tmp_path / "unpacked").iterdir()
    assert not list(project.rglob("node_modules"))
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    wheel = build(hatchling, project, "wheel", tmp_path / "wheel", str(nothing))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"isthmus/web/static/{name}" for name in STATIC} <= names
    assert {f"isthmus/worlds/eurasia-2022/{name}" for name in ("links.parquet", "link_shapes.parquet")} <= names
    assert not any("node_modules" in name or name.startswith("isthmus/web/frontend") for name in names)
    assert wheel.stat().st_size < 15_000_000
