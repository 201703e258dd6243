"""Tables of a world folder: read them, hold them against `schema/*.csv`, hash them.

Every problem of every table is collected and told in one `WorldError`.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.errors import WorldError, nearest

SCHEMA_FOLDER = Path(__file__).parent / "schema"

#: Tables that the solvers read; all others of the schema are optional.
REQUIRED = (
    "economies",
    "sectors",
    "flows",
    "inputs",
    "production",
    "final_use",
    "nodes",
    "links",
    "zones",
    "zone_weights",
    "connectors",
    "rates",
    "classes",
)

#: Columns that together name one row.
KEYS: dict[str, tuple[str, ...]] = {
    "economies": ("economy",),
    "sectors": ("sector",),
    "flows": ("origin", "destination", "sector"),
    "inputs": ("economy", "input", "user"),
    "production": ("economy", "sector"),
    "final_use": ("economy", "sector"),
    "remittances": ("payer", "recipient"),
    "nodes": ("node",),
    "links": ("link",),
    "link_shapes": ("link",),
    "zones": ("zone",),
    "zone_weights": ("zone", "class"),
    "connectors": ("zone", "node", "class"),
    "rates": ("mode", "class", "territory"),
    "classes": ("class",),
    "calibration": ("constant",),
}

#: Columns that may be negative.
SIGNED = {"lat", "lon", "value", "prior"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, as `schema/<table>.csv` says."""

    name: str
    type: str
    unit: str
    required: bool
    description: str


@cache
def read_schema(table: str) -> tuple[Column, ...]:
    """Return the columns of a table."""
    with (SCHEMA_FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(
            Column(row["name"], row["type"], row["unit"], row["required"] == "yes", row["description"])
            for row in csv.DictReader(handle)
        )


def schema_tables() -> tuple[str, ...]:
    """Return the names of all tables that have a schema."""
    return tuple(sorted(path.stem for path in SCHEMA_FOLDER.glob("*.csv")))


def read_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables of a world folder and the sha256 of each file.

    Raises
    ------
    WorldError
        The folder, a required table or a required column is missing; a cell is of the wrong type,
        negative or empty where it must not be; a key stands twice. All problems in one message.
    """
    if not folder.is_dir():
        raise WorldError(f"{folder}: no such world folder. Give a folder that holds world.toml and its tables.")
    problems: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    digests: dict[str, str] = {}
    for table in schema_tables():
        path = next((p for p in (folder / f"{table}.parquet", folder / f"{table}.csv") if p.exists()), None)
        if path is None:
            if table in REQUIRED:
                problems.append(f"{table}: missing; expected {table}.parquet or {table}.csv")
            continue
        digests[table] = hashlib.sha256(path.read_bytes()).hexdigest()
        frame = _read_file(path, problems)
        if frame is not None:
            tables[table] = _conform(frame, path.name, table, problems)
    if problems:
        raise WorldError(tell(folder, problems))
    return tables, digests


def tell(folder: Path, problems: list[str], *, most: int = 20) -> str:
    """Return one message that lists all problems of a world folder."""
    shown = "".join(f"\n  {problem}" for problem in problems[:most])
    rest = f"\n  (and {len(problems) - most} more)" if len(problems) > most else ""
    return f"{folder}: {len(problems)} problem{'s' if len(problems) > 1 else ''} in this world:{shown}{rest}"


def _read_file(path: Path, problems: list[str]) -> pd.DataFrame | None:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, keep_default_na=False, dtype=str)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: cannot be read ({str(error).splitlines()[0]}). Write the table again.")
        return None


def _conform(frame: pd.DataFrame, file: str, table: str, problems: list[str]) -> pd.DataFrame:
    """Return the table with the schema's columns and types; what is wrong goes to `problems`."""
    columns = read_schema(table)
    names = [column.name for column in columns]
    for name in frame.columns.difference(names):
        problems.append(f"{file}: unknown column {name!r}.{nearest(str(name), names)}")
    out: dict[str, object] = {}
    for column in columns:
        if column.name not in frame.columns:
            if column.required:
                problems.append(f"{file}: column {column.name!r} is missing ({column.description})")
                continue
            out[column.name] = np.full(len(frame), np.nan) if column.type == "float" else [""] * len(frame)
            continue
        out[column.name] = _typed(frame[column.name], column, file, problems)
    result = pd.DataFrame(out, index=range(len(frame)))
    key = [name for name in KEYS.get(table, ()) if name in result.columns]
    if key:
        twice = result[result.duplicated(key)]
        if len(twice):
            first = ", ".join(f"{name} {twice.iloc[0][name]!r}" for name in key)
            problems.append(f"{file}: {len(twice)} rows repeat a key, first {first}. Keep one row per key.")
    return result


def _typed(cells: pd.Series, column: Column, file: str, problems: list[str]) -> pd.Series:
    if column.type == "float":
        return _numbers(cells, column, file, problems)
    if column.type == "bool":
        return _truths(cells, column, file, problems)
    text = cells.astype(object).where(cells.notna(), "").astype(str)
    return text.astype(object)


def _numbers(cells: pd.Series, column: Column, file: str, problems: list[str]) -> pd.Series:
    blank = (
        cells.isna() | (cells.astype(str).str.strip() == "")
        if cells.dtype == object or _is_text(cells)
        else cells.isna()
    )
    values = pd.to_numeric(cells.where(~blank), errors="coerce").astype(float)
    wrong = values.isna() & ~blank
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        problems.append(
            f"{file}: {column.name} is not a number in {int(wrong.sum())} of {len(cells)} rows, first row {row + 1}: "
            f"{cells.iloc[row]!r}. Write a number{f' in {column.unit}' if column.unit else ''}."
        )
    if column.required and blank.any():
        row = int(np.flatnonzero(blank)[0])
        problems.append(
            f"{file}: {column.name} is empty in {int(blank.sum())} of {len(cells)} rows, first row {row + 1}."
        )
    if column.name not in SIGNED and (values < 0).any():
        row = int(np.flatnonzero(values < 0)[0])
        problems.append(
            f"{file}: {column.name} is negative in {int((values < 0).sum())} of {len(cells)} rows, "
            f"first row {row + 1}: {values.iloc[row]:g} {column.unit}. Values start at 0."
        )
    return values


def _is_text(cells: pd.Series) -> bool:
    return pd.api.types.is_string_dtype(cells)


def _truths(cells: pd.Series, column: Column, file: str, problems: list[str]) -> pd.Series:
    text = cells.astype(str).str.strip().str.lower()
    wrong = ~text.isin(["true", "false", "1", "0"])
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        problems.append(f"{file}: {column.name} is {cells.iloc[row]!r} in row {row + 1}. Write true or false.")
    return text.isin(["true", "1"])
