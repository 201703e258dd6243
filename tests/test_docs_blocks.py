"""Every code block of the documents runs: commands end with 0, Python raises nothing."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from documents import DOCS, fenced
from isthmus.cli import main

#: Pages whose blocks have tests of their own, with their outputs.
ELSEWHERE = {"tutorial.md", "tutorial-own-world.md", "sweeps.md"}
#: Blocks that a sandbox cannot run: they install, listen, or ask a server that listens.
NOT_HERE = re.compile(r"^(pip install|isthmus serve|curl|pytest)")

PAGES = [page for page in sorted(DOCS.rglob("*.md")) if "generated" not in page.parts and page.name not in ELSEWHERE]


def blocks(page: Path, *languages: str) -> list[str]:
    return fenced(page.read_text(encoding="utf-8"), *languages)


def commands(page: Path) -> list[str]:
    lines = [line for body in blocks(page, "console", "sh") for line in body.splitlines()]
    told = [line.removeprefix("$ ").split(" #")[0].strip() for line in lines if line.startswith(("$ ", "isthmus "))]
    return [line for line in told if not NOT_HERE.match(line)]


def is_quick(page: Path) -> bool:
    text = "".join([*blocks(page, "python"), *commands(page)])
    return 'load_world("eurasia' not in text and not re.search(r"isthmus (run|critical|leverage|assign|skims)", text)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(page, marks=() if is_quick(page) else pytest.mark.slow, id=page.stem)
        for page in PAGES
        if blocks(page, "python") or commands(page)
    ],
)
def test_code_blocks_run(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for body in blocks(document, "python"):
        if ".map()" in body:
            pytest.importorskip("anywidget", reason="the extra notebook is not installed")
        exec(compile(body, document.name, "exec"), names)
    for line in commands(document):
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)


@pytest.mark.slow
def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name, reason="the extra docs is not installed")
    import subprocess
    import sys

    words = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(DOCS), str(tmp_path / "html")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in ("index", "reference/generated/python", "reference/generated/schemas", "reference/generated/commands"):
        assert (tmp_path / "html" / f"{page}.html").is_file()
