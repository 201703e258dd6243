"""Rows of our facts with typed cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from isthmus.build.network.base import read_facts


@dataclass(frozen=True)
class Record:
    """One row of a table of facts."""

    cells: Mapping[str, object]

    def text(self, column: str) -> str:
        """Return a cell as text, empty if it is."""
        cell = str(self.cells[column])
        return "" if cell in {"nan", "None", "NaT", "<NA>"} else cell

    def number(self, column: str) -> float:
        """Return a cell as a number, NaN if it is empty."""
        text = self.text(column)
        return float(text) if text else float("nan")


def records_of(table: pd.DataFrame) -> list[Record]:
    """Return the rows of a table."""
    return [Record({str(k): v for k, v in row.items()}) for row in table.to_dict("records")]


def read_records(name: str, key: str = "id") -> dict[str, Record]:
    """Return the rows of one of our tables by their key, in order."""
    return {row.text(key): row for row in records_of(read_facts(name))}
