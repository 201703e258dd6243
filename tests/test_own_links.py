"""The how-to on links of one's own runs, and prints what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from isthmus.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "own-links.md"


def test_the_how_to_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    (python,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(compile(python, PAGE.name, "exec"), {})
    (table,) = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "od.csv").write_text(table, encoding="utf-8")
    steps = re.findall(r"^\$ isthmus (.*)\n(.*)$", text, flags=re.MULTILINE)
    assert len(steps) == 6
    for command, shown in steps:
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
        assert shown in done.output, (command, done.output)
    assert (tmp_path / "assigned" / "trips.csv").is_file()
