"""Sphinx: the four parts as MyST pages, and a reference generated from docstrings, schemas and `--help`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

import isthmus as ist
from isthmus.cli import main

project = "isthmus"
author = "The isthmus authors"
release = ist.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"isthmus {release}"
html_copy_source = False
exclude_patterns = ["_build"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files of the repository that are no pages
autodoc_typehints = "none"  # the docstrings state types, axes and units
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # attributes are documented once

_DOCS = Path(__file__).parent
_GENERATED = _DOCS / "reference" / "generated"


def _help(command: click.Command, words: str) -> list[str]:
    context = click.Context(command, info_name=words, terminal_width=96, max_content_width=96)
    lines = [f"## `{words}`", "", "```text", command.get_help(context), "```", ""]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            lines += _help(command.commands[name], f"{words} {name}")
    return lines


def _commands() -> str:
    """Return what every command prints for `--help`."""
    return "\n".join(["# Help of every command", "", *_help(main, "isthmus")])


def _schemas() -> str:
    """Return every JSON schema: the contract of commands, documents and the server."""
    lines = ["# JSON schemas", "", "The form of what commands print as JSON, of the two documents that pages draw"]
    lines += ["from, and of the server's answers.", ""]
    for path in sorted((Path(ist.__file__).parent / "schema").glob("*.json")):
        schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        about = schema.pop("description", "")
        lines += [f"## `{path.stem}`", "", about, "", "```json", json.dumps(schema, indent=1), "```", ""]
    return "\n".join(lines)


def _python() -> str:
    """Return the public names with their docstrings."""
    lines = ["# Python", "", "The public names of `isthmus`.", ""]
    for name in ist.__all__:
        thing = getattr(ist, name)
        if name.startswith("_") or not callable(thing):
            continue
        kind = "autoclass" if isinstance(thing, type) else "autofunction"
        members = ["   :members:", "   :undoc-members:"] if kind == "autoclass" else []
        lines += [f"## `{name}`", "", "```{eval-rst}", f".. {kind}:: isthmus.{name}", *members, "```", ""]
    return "\n".join(lines)


def _generate(_: object) -> None:
    _GENERATED.mkdir(parents=True, exist_ok=True)
    for name, text in {"commands": _commands(), "schemas": _schemas(), "python": _python()}.items():
        path = _GENERATED / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> None:
    """Write the generated pages before Sphinx looks for pages."""
    lexers["csv"] = TextLexer()
    app.connect("builder-inited", _generate)
