"""The documents hold: links lead somewhere, and the tutorial's commands print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from isthmus.cli import main

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file(), target


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_tutorial_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    files = re.findall(r"`(\w+\.toml)`:?[^`]*```toml\n(.*?)```", text, flags=re.DOTALL)
    assert [name for name, _ in files] == ["line.toml", "border.toml"]
    for name, body in files:
        (tmp_path / name).write_text(body, encoding="utf-8")
    blocks = re.findall(r"```console\n\$ isthmus (.*?)\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 5
    for command, shown in blocks:
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
        for line in shown.splitlines():
            assert squeeze(line).strip() in squeeze(done.output), (command, line)
    (python,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(compile(python, "tutorial.md", "exec"), {})
