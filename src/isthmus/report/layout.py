"""How tables for a terminal look."""

from __future__ import annotations

from rich.table import Table


def make_table(title: str, *columns: str, words: tuple[str, ...] = ()) -> Table:
    """Return an empty table: the first column and those of `words` to the left, numbers to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column in (columns[0], *words) else "right")
    return table
