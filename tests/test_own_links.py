"""The how-to on links of one's own runs, and prints what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import DOCS, fenced, run_commands, run_python


def test_the_how_to_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "how-to" / "own-links.md").read_text(encoding="utf-8")
    run_python(text)
    (table,) = fenced(text, "text")
    (tmp_path / "od.csv").write_text(table, encoding="utf-8")
    assert run_commands(text) == 6
    assert (tmp_path / "assigned" / "trips.csv").is_file()
