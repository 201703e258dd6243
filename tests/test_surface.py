"""The public surface: what is exported, what tables are documented."""

from __future__ import annotations

from pathlib import Path

import isthmus as ist
from isthmus.world.tables import read_schema, schema_tables


def test_all_is_sorted_and_exported() -> None:
    assert list(ist.__all__) == sorted(ist.__all__)
    for name in ist.__all__:
        assert hasattr(ist, name)


def test_every_column_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    for table in schema_tables():
        assert f"## {table}" in page
        for column in read_schema(table):
            assert f"| `{column.name}` | {column.type} | {column.unit} |" in page, (table, column.name)
