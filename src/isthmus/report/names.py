"""Results whose links are called as people read them."""

from __future__ import annotations

from dataclasses import replace

from isthmus.result import Result
from isthmus.world.names import names_of


def with_names(result: Result) -> Result:
    """Return a result whose links are called so; one that knows no world stays."""
    if result.asked is None:
        return result
    names = names_of(result.asked[0])
    table = result.link_table
    called = [names.of(link, name) for link, name in zip(table["id"], table["name"], strict=True)]
    lines = tuple(replace(line, name=names.of(line.id, line.name)) for line in result.new_lines)
    return replace(result, link_table=table.assign(name=called), new_lines=lines)
