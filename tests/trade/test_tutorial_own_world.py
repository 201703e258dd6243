"""The tutorial on a world of one's own: its files make a world, its commands print what it shows."""

import re
from pathlib import Path

import pytest

from documents import DOCS, run_commands


def test_the_tutorial_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "tutorial-own-world.md").read_text(encoding="utf-8")
    (tmp_path / "mine").mkdir()
    sheets = re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)```", text, flags=re.DOTALL)
    assert len(sheets) == 6
    for name, body in sheets:
        (tmp_path / "mine" / name).write_text(body, encoding="utf-8")
    for name, body in re.findall(r"`(\w+\.toml)`:\n\n```toml\n(.*?)```", text, flags=re.DOTALL):
        (tmp_path / name).write_text(body, encoding="utf-8")
    assert run_commands(text) == 5
