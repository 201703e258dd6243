"""The documents hold: links lead somewhere, and the tutorial's commands print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from documents import DOCS, run_commands, run_python


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file(), target


def test_the_tutorial_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    files = re.findall(r"`(\w+\.toml)`:?[^`]*```toml\n(.*?)```", text, flags=re.DOTALL)
    assert [name for name, _ in files] == ["line.toml", "border.toml"]
    for name, body in files:
        (tmp_path / name).write_text(body, encoding="utf-8")
    assert run_commands(text) == 5
    run_python(text)
