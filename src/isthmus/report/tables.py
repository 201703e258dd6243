"""A result as tables for a terminal. Every number carries its unit and year; estimates are marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from isthmus.report.layout import make_table
from isthmus.report.names import with_names
from isthmus.report.run import TRIPS
from isthmus.result import Result
from isthmus.solve.anatomy import disagreement
from isthmus.solve.choke import CHOKES
from isthmus.world.network import CLASSES

#: Rows shown of each table.
_MOST = 12
#: Smallest change of real income that is listed, percent.
_LEAST_PERCENT = 1e-5


def print_result(result: Result, console: Console) -> None:
    """Print a result: new lines, winners and losers, corridors, transit, what is not modelled, warnings."""
    result = with_names(result)
    console.print(f"[bold]{result.title}[/bold]")
    console.print(
        f"World {result.world}, trade of {result.year}, network of {result.as_of}, horizon {result.horizon}; "
        f"converged in {result.passes} passes, residual {result.residual:.0e} ({result.method}, "
        f"{result.iterations} sweeps), deficits {result.closure}, {result.seconds:.1f} s."
    )
    makers = (_income, _chokes, _decomposition, _closures, _new_lines, _corridors, _transit, _links)
    for table in (make(result) for make in makers):
        if table is not None and table.row_count:
            console.print()
            console.print(table)
    if result.latent is not None:
        pairs = ", ".join(
            f"{a} to {b} {v:,.0f}" for (a, b), v in zip(result.latent.pairs, result.latent.trade_usd_m, strict=True)
        )
        console.print(
            f"\nLatent trade (estimated: gravity value at the opened border, openness {result.latent.openness:g}), "
            f"USD million of {result.year}: {pairs}."
        )
    for text in result.not_modelled:
        console.print(f"Not modelled: {text}")
    for text in result.warnings:
        console.print(f"[yellow]Warning:[/yellow] {text}")


def _income(result: Result) -> Table:
    frame = result.real_income
    key = "percent" if result.latent is None else "percent_with_latent"
    largest = frame.loc[np.maximum(frame["percent"].abs(), frame[key].abs()) >= _LEAST_PERCENT]
    by_money = largest["usd_m"].abs().sort_values(ascending=False).index[:_MOST]
    by_percent = largest[key].abs().sort_values(ascending=False).index[:6]
    rows = frame.loc[list(dict.fromkeys([*by_percent, *by_money]))].sort_values(key, ascending=False)
    columns = ["Economy", "percent", f"USD m of {result.year}"]
    if result.latent is not None:
        columns += ["percent with latent*", "USD m with latent*"]
    table = make_table("Change of real income (modelled)", *columns)
    for economy, row in rows.iterrows():
        cells = [str(economy), f"{row['percent']:+.4f}", f"{row['usd_m']:+,.1f}"]
        if result.latent is not None:
            cells += [f"{row['percent_with_latent']:+.4f}", f"{row['usd_m_with_latent']:+,.1f}"]
        table.add_row(*cells)
    return table


def _decomposition(result: Result) -> Table | None:
    parts = result.decomposition
    if parts is None:
        return None
    parts = parts.loc[:, (parts.abs().max() >= _LEAST_PERCENT) | parts.columns.isin(["exact", "first_order", "missed"])]
    rows = parts.loc[parts["exact"].abs().sort_values(ascending=False, kind="stable").index[:_MOST]]
    table = make_table(
        "Where it comes from: ln of the change of real income, log points x 100 (modelled)",
        "Economy",
        *(name.replace("_", " ") for name in parts.columns),
    )
    for economy, row in rows.iterrows():
        table.add_row(str(economy), *(f"{value:+.4f}" for value in row))
    table.caption = "first order: Hulten's, without terms of trade; missed: exact less the sum of parts"
    return table


def _chokes(result: Result) -> Table | None:
    if result.chokes is None:
        return None
    heads = [f"at choke {choke:g}" for choke in CHOKES]
    title = "Read as a range: change of real income by assumed choke price, percent (modelled)"
    table = make_table(title, "Economy", "as solved", *heads)
    for economy, row in result.chokes[:_MOST].iterrows():
        table.add_row(str(economy), *("no equilibrium" if np.isnan(value) else f"{value:+.4f}" for value in row))
    return table


def _closures(result: Result) -> Table | None:
    if result.closures is None:
        return None
    wide = disagreement(result.closures)
    table = make_table("Balance closures that disagree by more than a tenth, percent of real income", "Economy", *wide)
    for economy, row in wide[:_MOST].iterrows():
        table.add_row(str(economy), *("no equilibrium" if np.isnan(value) else f"{value:+.4f}" for value in row))
    return table


def _new_lines(result: Result) -> Table | None:
    if not result.new_lines:
        return None
    table = make_table("Freight on opened links, Mt a year (modelled)", "Link", *CLASSES, "total", *TRIPS)
    for line in sorted(result.new_lines, key=lambda line: -line.mt.sum()):
        by_class, by_trip = line.mt.sum(axis=1), line.mt.sum(axis=0)
        values = [*by_class, line.mt.sum(), *by_trip]
        table.add_row(line.id, *(f"{value:.3f}" if value else "-" for value in values))
    table.caption = (
        "domestic: both ends in one economy; regional: an end in a territory that the opened links touch; transit: none"
    )
    return table


def _corridors(result: Result) -> Table:
    table = make_table("Corridors, Mt a year (modelled)", "Corridor", "before", "after", "change")
    frame = result.corridor_table
    change = (frame["after_mt"] - frame["before_mt"]).abs()
    for i in change.sort_values(ascending=False, kind="stable").index[:_MOST]:
        row = frame.loc[i]
        if change[i] >= 5e-4:
            table.add_row(
                str(row["name"]),
                f"{row['before_mt']:,.2f}",
                f"{row['after_mt']:,.2f}",
                f"{row['after_mt'] - row['before_mt']:+,.3f}",
            )
    return table


def _transit(result: Result) -> Table:
    table = make_table(
        f"Transit revenue of territories, USD m of {result.year} (modelled: what trips with no end there pay)",
        "Territory", "before", "after", "change", "Mt before", "Mt after",
    )  # fmt: skip
    frame = result.transit_table
    change = (frame["after_usd_m"] - frame["before_usd_m"]).abs()
    for i in change.sort_values(ascending=False, kind="stable").index[:8]:
        row = frame.loc[i]
        if change[i] >= 0.05:
            table.add_row(
                str(row["territory"]),
                f"{row['before_usd_m']:,.1f}",
                f"{row['after_usd_m']:,.1f}",
                f"{row['after_usd_m'] - row['before_usd_m']:+,.1f}",
                f"{row['before_mt']:,.2f}",
                f"{row['after_mt']:,.2f}",
            )
    return table


def _links(result: Result) -> Table:
    table = make_table("Links that change most, Mt a year (modelled)", "Link", "mode", "before", "after", "attributes")
    for row in result.link_table.head(_MOST).itertuples(index=False):
        basis = {"source": "sourced", "osm": "OpenStreetMap"}.get(str(row.basis), str(row.basis))
        table.add_row(str(row.name), str(row.mode), f"{row.before_mt:.3f}", f"{row.after_mt:.3f}", basis)
    return table


def frame_table(frame: pd.DataFrame, title: str) -> Table:
    """Return a dataframe as a table: numbers to the right with thousands set apart, text as it is."""
    table = Table(title=title, title_justify="left", header_style="bold")
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    for name, right in zip(frame, numeric, strict=True):
        table.add_column(str(name), justify="right" if right else "left")
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{value:,.0f}" if right else str(value) for value, right in zip(row, numeric, strict=True)))
    return table
