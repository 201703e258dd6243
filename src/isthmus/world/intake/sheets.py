"""The small set of CSV files: their columns, read and held against names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from isthmus.errors import WorldError, nearest
from isthmus.world.network import CLASSES, MODES

#: Columns of each file: required, and those that may be left out.
SHEETS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "economies": (("economy", "name"), ()),
    "sectors": (
        ("sector", "name", "commodity_class"),
        ("usd_per_t", "theta_long", "theta_long_low", "theta_long_high", "theta_short", "theta_short_low",
         "theta_short_high"),
    ),
    "trade": (("origin", "destination", "sector", "value_usd_m"), ()),
    "inputs": (("economy", "input", "user", "value_usd_m"), ()),
    "places": (("place", "economy", "lat", "lon"), ("share",)),
    "links": (
        ("link", "from", "to", "mode", "length_km"),
        ("hours", "wait_hours", "fee_usd_per_t", "status", "project"),
    ),
}  # fmt: skip

_NUMBERS = set(
    "value_usd_m lat lon share length_km hours wait_hours fee_usd_per_t usd_per_t theta_long theta_long_low "
    "theta_long_high theta_short theta_short_low theta_short_high".split()
)

#: Columns that name an economy, a sector, a mode, a class.
_ECONOMY, _SECTOR = ("origin", "destination", "economy"), ("sector", "input", "user")


def read_sheet(
    folder: Path, name: str, *, economies: tuple[str, ...] = (), sectors: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return one file of the small set: text stripped, numbers as numbers, columns left out filled with blanks.

    Raises
    ------
    WorldError
        The file or a column is missing, a cell is no number, a name is unknown; all problems at once.
    """
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise WorldError(f"{path}: missing. A small set holds {', '.join(f'{n}.csv' for n in SHEETS)}.")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, comment="#")
    except (OSError, ValueError) as error:
        raise WorldError(f"{path}: cannot be read ({str(error).splitlines()[0]}).") from None
    required, optional = SHEETS[name]
    problems = [f"column {c!r} is missing" for c in required if c not in table.columns]
    problems += [
        f"unknown column {c!r}.{nearest(c, (*required, *optional))}"
        for c in table.columns
        if c not in (*required, *optional)
    ]
    for column in table.columns:
        table[column] = table[column].str.strip()
    for column in optional:
        if column not in table.columns:
            table[column] = ""
    checks = [(_ECONOMY, economies, "economy"), (_SECTOR, sectors, "sector"), (("mode",), MODES, "mode")]
    checks.append((("commodity_class",), (*CLASSES, "none"), "commodity_class"))
    for columns, known, what in checks:
        problems += [text for c in columns if c in table.columns and known for text in _unknown(table[c], known, what)]
    for column in _NUMBERS.intersection(table.columns):
        numbers = pd.to_numeric(table[column].where(table[column] != ""), errors="coerce")
        wrong = table.loc[numbers.isna() & (table[column] != ""), column]
        problems += [f"{column} is {wrong.iloc[0]!r} in row {wrong.index[0] + 2}: write a number"] if len(wrong) else []
        table[column] = numbers
    if problems:
        raise WorldError(f"{path}: " + "; ".join(problems) + ".")
    return table


def _unknown(cells: pd.Series, known: tuple[str, ...], what: str) -> list[str]:
    wrong = cells[~cells.isin(known)]
    if not len(wrong):
        return []
    first = str(wrong.iloc[0])
    return [f"unknown {what} {first!r} in {len(wrong)} rows, first row {wrong.index[0] + 2}.{nearest(first, known)}"]
