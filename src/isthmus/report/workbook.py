"""A result as one .xlsx workbook and as a labelled xarray dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from isthmus.errors import QueryError
from isthmus.report.run import result_to_json, run_tables
from isthmus.result import Result
from isthmus.world.network import CLASSES

if TYPE_CHECKING:
    import xarray

#: Rows of one sheet; a spreadsheet with more is no help to anyone.
MOST_ROWS = 20_000

#: What the columns of the sheets mean, by their endings.
_UNITS = (
    ("usd_m", "USD million of the year of the world"),
    ("percent", "percent"),
    ("_mt", "million tonnes a year"),
    ("_kt", "thousand tonnes of CO2 a year"),
    ("usd_per_t", "USD per tonne"),
    ("hours", "hours"),
)


def write_workbook(result: Result, path: str | Path) -> Path:
    """Write every table of a result as a sheet of one workbook, and what it is about as the first.

    Parameters
    ----------
    result : Result
    path : path
        File ending in .xlsx; replaced if it is there, whole or not at all.

    Raises
    ------
    QueryError
        The extra `tables` (openpyxl) is not installed.
    """
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise QueryError("xlsx needs openpyxl: pip install 'isthmus[tables]'.") from None
    path = Path(path)
    fresh = path.with_name(f".{path.stem}.part.xlsx")
    tables = run_tables(result)
    notes = [
        (name, f"the first {MOST_ROWS:,} of {len(table):,} rows, largest first")
        for name, table in tables.items()
        if len(table) > MOST_ROWS
    ]
    with pd.ExcelWriter(fresh, engine="openpyxl") as book:
        _about(result, notes).to_excel(book, sheet_name="about", index=False)
        for name, table in tables.items():
            _shorten(table).to_excel(book, sheet_name=name[:31], index=False, freeze_panes=(1, 1))
    fresh.replace(path)
    return path


def _about(result: Result, notes: list[tuple[str, str]]) -> pd.DataFrame:
    told = result_to_json(result)
    keys = ("scenario", "title", "world", "year", "horizon", "as_of", "version", "closure", "converged", "residual",
            "iterations", "method", "passes")  # fmt: skip
    rows: list[tuple[str, object]] = [(key, told[key]) for key in keys]
    rows += [("basis", "all numbers are modelled; *_with_latent holds an estimate of what closed borders suppress")]
    rows += [(f"unit of *{ending}", unit) for ending, unit in _UNITS]
    rows += [("not modelled", text) for text in result.not_modelled]
    rows += [("warning", text) for text in result.warnings]
    return pd.DataFrame([*rows, *notes], columns=["what", "value"])


def _shorten(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= MOST_ROWS:
        return table
    by = table.select_dtypes("number").columns[0]
    return table.loc[table[by].abs().sort_values(ascending=False, kind="stable").index[:MOST_ROWS]]


def to_xarray(result: Result) -> xarray.Dataset:
    """Return a result as a labelled dataset: economies, flows by origin, destination and sector, freight by link.

    Every variable carries `units` and `long_name`; hats are new over old.

    Raises
    ------
    QueryError
        The extra `tables` (xarray) is not installed.
    """
    try:
        import xarray
    except ImportError:
        raise QueryError("a dataset needs xarray: pip install 'isthmus[tables]'.") from None
    cube, links = ("origin", "destination", "sector"), ("class", "link", "direction")
    hat, money = "1", f"USD million of {result.year}"
    variables = {
        "real_income_change": (("economy",), result.real_income_change, hat, "real income, new over old"),
        "income": (("economy",), result.income_usd_m, money, "factor income, border taxes and remittances, baseline"),
        "trade_cost_change": (cube, result.trade_cost_change, hat, "iceberg trade cost, new over old; inf is cut off"),
        "quantity_change": (cube, result.quantity_change, hat, "volume of trade, new over old"),
        "flow_after": (cube, result.flow_after, money, "trade after, at the origin's price"),
        "freight_before": (links, result.flows.before_t, "t a year", "freight before"),
        "freight_after": (links, result.flows.after_t, "t a year", "freight after"),
    }
    if result.latent is not None:
        gain = result.latent.real_income_change
        variables["real_income_change_with_latent"] = (("economy",), gain, hat, "with estimated latent trade")
    return xarray.Dataset(
        {
            name: (dims, values, {"units": unit, "long_name": text})
            for name, (dims, values, unit, text) in variables.items()
        },
        coords={
            "economy": list(result.economies),
            "origin": list(result.economies),
            "destination": list(result.economies),
            "sector": list(result.sectors),
            "class": list(CLASSES),
            "link": list(result.flows.link_ids),
            "direction": ["forward", "back"],
        },
        attrs={
            "scenario": result.scenario,
            "world": result.world,
            "horizon": result.horizon,
            "as_of": result.as_of,
            "residual": result.residual,
        },
    )
