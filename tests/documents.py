"""What a page of the documents holds: blocks by language, and commands with what it shows them print."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from isthmus.cli import main

DOCS = Path(__file__).parents[1] / "docs"


def fenced(text: str, *languages: str) -> list[str]:
    """Return the blocks in some languages."""
    found = re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL)
    return [body for language, body in found if language in languages]


def run_commands(text: str) -> int:
    """Run every command of the console blocks and hold it to the lines below it; return how many there were."""
    count = 0
    for block in fenced(text, "console"):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = step.splitlines()
            done = CliRunner().invoke(main, command.removeprefix("isthmus ").split())
            assert done.exit_code == 0, (command, done.output)
            told = _squeeze(done.output)
            for line in shown:
                assert _squeeze(line) in told, (command, line)
            count += 1
    return count


def run_python(text: str) -> None:
    """Run every block of Python, all in one namespace."""
    names: dict[str, object] = {}
    for body in fenced(text, "python"):
        exec(compile(body, "document", "exec"), names)


def _squeeze(text: str) -> str:
    """Return a text without the lines of tables, blanks as one."""
    return " ".join(re.sub("[│┃]", " ", text).split())
