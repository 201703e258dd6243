"""Two scenarios beside each other: JSON in the form of `schema/compare.json`, a document for pages, tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from rich.console import Console
from rich.table import Table

from isthmus.report.document import result_document
from isthmus.report.headline import compare_headline
from isthmus.report.network_document import network_document
from isthmus.report.page import report_page
from isthmus.report.run import result_to_json
from isthmus.result import Result
from isthmus.scenario import Scenario
from isthmus.world import World, at

Json = dict[str, object]
Solved = tuple[Scenario, Result]

#: Rows of a table in the terminal.
_MOST = 12


def comparison_to_json(a: Result, b: Result) -> Json:
    """Return two results and the second less the first: percentage points, USD million, million tonnes a year."""
    one, two = a.real_income, b.real_income
    corridors = a.corridor_table.merge(b.corridor_table, on=["id", "name"], suffixes=("_a", "_b"))
    transit = a.transit_table.merge(b.transit_table, on="territory", how="outer", suffixes=("_a", "_b")).fillna(0.0)
    return {
        "a": result_to_json(a),
        "b": result_to_json(b),
        "difference": {
            "real_income": {
                str(e): {
                    "points": float(two.loc[e, "percent"] - one.loc[e, "percent"]),
                    "usd_m": float(two.loc[e, "usd_m"] - one.loc[e, "usd_m"]),
                }
                for e in one.index
            },
            "corridors": [
                {"id": row.id, "name": row.name, "mt": float(row.after_mt_b) - float(row.after_mt_a)}  # type: ignore[arg-type]
                for row in corridors.itertuples(index=False)
            ],
            "transit_revenue_usd_m": {
                str(row.territory): float(row.after_usd_m_b) - float(row.after_usd_m_a)  # type: ignore[arg-type]
                for row in transit.itertuples(index=False)
            },
        },
        "warnings": unlike(a, b),
    }


def both_incomes(a: Result, b: Result) -> pd.DataFrame:
    """Return real income by economy under each, columns ending in _a and _b."""
    return a.real_income.add_suffix("_a").join(b.real_income.add_suffix("_b"))


def unlike(a: Result, b: Result) -> list[str]:
    """Return what the two results do not share, so that a difference is not read as that of the scenarios alone."""
    out = []
    for word, one, two in (("horizon", a.horizon, b.horizon), ("day of the network", a.as_of, b.as_of)):
        if one != two:
            out.append(f"the two differ in {word}: {one} and {two}; give one for both to compare the scenarios alone")
    return out


def comparison_document(world: World, a: Solved, b: Solved, settings: Mapping[str, object] | None = None) -> Json:
    """Return what a page of two scenarios shows."""
    one, two = (result_document(world, scenario, result, settings=settings) for scenario, result in (a, b))
    names = dict(zip(world.economies, world.economy_names, strict=True))
    found = comparison_to_json(a[1], b[1])
    warnings = unlike(a[1], b[1])
    return {
        "kind": "comparison",
        "title": f"{a[1].title} against {b[1].title}",
        "headline": compare_headline(found, names),
        "caveat": " ".join([str(one["caveat"]), *(f"Mind that {warning}." for warning in warnings)]),
        "a": one,
        "b": two,
    }


def make_comparison_report(world: World, a: Solved, b: Solved, settings: Mapping[str, object] | None = None) -> str:
    """Return the self-contained HTML page of two scenarios.

    Raises
    ------
    BuildError
        The front end was never built.
    """
    network = network_document(at(world, a[1].as_of))
    return report_page(network, comparison_document(world, a, b, settings))


def print_comparison(a: Result, b: Result, console: Console) -> None:
    """Print real income and corridors under each of two scenarios."""
    console.print(
        f"A: [bold]{a.title}[/bold]\nB: [bold]{b.title}[/bold]\nWorld {a.world}, trade of {a.year} (modelled)"
    )
    for text in unlike(a, b):
        console.print(f"[yellow]Warning:[/yellow] {text}")
    frame = both_incomes(a, b)
    size = frame[["percent_a", "percent_b"]].abs().max(axis=1).sort_values(ascending=False, kind="stable")
    horizons = " and ".join(dict.fromkeys((a.horizon, b.horizon)))
    table = _table(f"Change of real income, % ({horizons} horizon)", "economy", "A", "B", "B less A")
    for economy in size.index[:_MOST]:
        one, two = (float(str(frame.loc[economy, f"percent_{side}"])) for side in "ab")
        table.add_row(str(economy), f"{one:+.4f}", f"{two:+.4f}", f"{two - one:+.4f}")
    console.print(table)
    both = a.corridor_table.merge(b.corridor_table, on=["id", "name"], suffixes=("_a", "_b"))
    order = (both["after_mt_b"] - both["after_mt_a"]).abs().sort_values(ascending=False, kind="stable").index
    table = _table("Corridors, Mt a year", "corridor", "without either", "A", "B", "B less A")
    for row in both.loc[order[:_MOST]].itertuples(index=False):
        before, one, two = (float(str(value)) for value in (row.before_mt_a, row.after_mt_a, row.after_mt_b))
        table.add_row(str(row.name), f"{before:.2f}", f"{one:.2f}", f"{two:.2f}", f"{two - one:+.2f}")
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(columns[0], title=title, title_justify="left")
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table
