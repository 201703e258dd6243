"""What closures cost, as rows, JSON and tables. All figures are modelled; money is USD million a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from isthmus.routing import Base, Criticality, explain_stranded
from isthmus.world.accounts import BoolArray, FloatArray
from isthmus.world.names import names_of
from isthmus.world.network import CLASSES
from isthmus.world.world import World

Json = dict[str, object]
#: Economies shown in a table's row.
_FEW = 3
#: Extra cost of a tonne, USD, that no way but the air has.
_FLOWN = 1000.0


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """What one closure costs; of one economy's trade if the ranking is of one."""

    id: str
    name: str
    kind: str
    traffic_mt: float  # Mt a year that pass in the base
    extra_cost_usd_m: float  # a year, of freight that still has a route
    extra_hours: float  # per tonne of that freight that used the link
    extra_mt_hours: float  # million tonne-hours a year
    stranded_mt: float  # Mt a year without any route left
    cut: tuple[str, ...]  # what parts the largest stranded pair: links to open, denials to lift
    by_economy: dict[str, dict[str, float]]  # of trips with an end there
    by_class: dict[str, dict[str, float]]
    beyond_sum_usd_m: float | None = None  # of two links: what they cost together above each alone
    real_income_usd_m: float | None = None  # change of real income with trade's answer, all or one economy
    real_income_percent: float | None = None
    no_answer: str = ""  # why real income was not solved


def leaves_air_alone(found: Criticality) -> BoolArray:
    """Return (set,) whether the extra cost of a tonne is one that no way but the air has: an upper bound, then."""
    out: BoolArray = found.of(None)[:, :, 0].sum(axis=0) > _FLOWN * found.traffic.sum(axis=0)
    return out


def rank_closures(found: Criticality, economy: str | None, *, most: int, by: str = "cost") -> list[int]:
    """Return the closures that cost most (`by` cost) or strand most (`by` stranded), at most `most`, none at zero.

    By cost, closures that leave freight the air alone come last.
    """
    value = found.of(economy)[:, :, 0 if by == "cost" else 2].sum(axis=0)
    last = leaves_air_alone(found) if by == "cost" else np.zeros(value.size, dtype=bool)
    order = np.lexsort((-value, last))
    return [int(c) for c in order if value[c] > 0][:most]


def closure_row(found: Criticality, economy: str | None, closure: int, cut: Sequence[str] = ()) -> ClosureRow:
    """Return a closure's figures in the units of the report."""
    own = found.of(economy)[:, closure]
    total = own.sum(axis=0)
    traffic = float(found.traffic[:, closure].sum())
    kept = traffic - total[2]
    economies = found.extra[:, closure, :-1].sum(axis=0)
    order = np.argsort(-np.abs(economies[:, 0]), kind="stable")
    return ClosureRow(
        id=found.label(closure, "ids"),
        name=found.label(closure, "names"),
        kind=found.label(closure, "kinds"),
        traffic_mt=traffic / 1e6,
        extra_cost_usd_m=total[0] / 1e6,
        extra_hours=float(total[1] / kept) if kept > 1e-9 * traffic else 0.0,
        extra_mt_hours=total[1] / 1e6,
        stranded_mt=total[2] / 1e6,
        cut=tuple(cut),
        by_economy={found.economies[e]: _figures(economies[e]) for e in order if economies[e].any()},
        by_class={name: _figures(own[k]) for k, name in enumerate(CLASSES) if own[k].any()},
    )


def _figures(three: FloatArray) -> dict[str, float]:
    return {
        "extra_cost_usd_m": float(three[0]) / 1e6,
        "extra_mt_hours": float(three[1]) / 1e6,
        "stranded_mt": float(three[2]) / 1e6,
    }


def rank_rows(
    world: World, base: Base, found: Criticality, economy: str | None, *, most: int, by: str = "cost"
) -> list[ClosureRow]:
    """Return the rows of the closures that matter most, with what cuts off what they strand."""
    ranked = rank_closures(found, economy, most=most, by=by)
    cuts = {c: explain_stranded(world, base, found, c) for c in ranked}
    rows = [closure_row(found, economy, c, why.cut if (why := cuts[c]) else ()) for c in ranked]
    called = names_of(world)
    return [replace(row, name=called.of(row.id, row.name)) for row in rows]


def screened(world: World, found: Criticality) -> str:
    """Return in words which closures were computed and which were not."""
    unused = int((found.traffic.sum(axis=0) <= 0).sum())
    shut = len(world.network.link_ids) - int(world.network.open.sum())
    told = (
        f"{len(found.sets):,} closures computed; {unused:,} carry no freight of the base and cost nothing; "
        f"{shut:,} links of the world are closed on {world.as_of} and are left out"
    )
    flown = np.flatnonzero(leaves_air_alone(found))
    if not flown.size:
        return told
    called = names_of(world)
    shown = ", ".join(called.of(found.label(c, "ids"), found.label(c, "names")) for c in flown[:_FEW].tolist())
    more = f" and {flown.size - _FEW} more" if flown.size > _FEW else ""
    return (
        f"{told}; {shown}{more} would leave freight the air alone and come last: trade would give way before all of it "
        "flew, so that their costs are upper bounds"
    )


def rank_to_json(
    world: World, base: Base, found: Criticality, *, economy: str | None, draws: int, most: int = 20
) -> Json:
    """Return the closures that cost most and strand most in the form of `schema/critical.json`."""
    dearest, stranding = (rank_rows(world, base, found, economy, most=most, by=by) for by in ("cost", "stranded"))
    return ranking_to_json(
        world, dearest, stranding, {"economy": economy, "route_draws": draws, "screened": screened(world, found)}
    )


def ranking_to_json(world: World, dearest: Sequence[ClosureRow], stranding: Sequence[ClosureRow], about: Json) -> Json:
    """Return ranked rows in the form of `schema/critical.json`; `about` says how they were ranked."""
    return {
        "world": world.name,
        "trade_year": world.year,
        "as_of": world.as_of,
        "metric": "cost",
        "order": 1,
        **about,
        "links": [row_to_json(row) for row in dearest],
        "stranding": [row_to_json(row) for row in stranding],
    }


def row_to_json(row: ClosureRow) -> Json:
    """Return a row in the form of `schema/critical.json`."""
    return {field: getattr(row, field) for field in ClosureRow.__slots__} | {"cut": list(row.cut)}


def print_closures(rows: Sequence[ClosureRow], title: str, console: Console, *, by: str = "cost") -> None:
    """Print closures as a table with the economies that bear most."""
    if not rows:
        return
    key, unit = ("extra_cost_usd_m", "USD m") if by == "cost" else ("stranded_mt", "Mt")
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in ("link", "kind"):
        table.add_column(column)
    more = [name for name, field in _MORE.items() if any(getattr(row, field) is not None for row in rows)]
    for column in ("traffic Mt", "extra USD m", "h per t", "stranded Mt", *more):
        table.add_column(column, justify="right")
    table.add_column(f"most for ({unit})")
    for row in rows:
        ranked = sorted(row.by_economy.items(), key=lambda item: -item[1][key])[:_FEW]
        bearers = ", ".join(f"{name} {figure[key]:,.1f}" for name, figure in ranked if figure[key] >= 0.05)
        table.add_row(
            row.name or row.id, row.kind, f"{row.traffic_mt:,.2f}", f"{row.extra_cost_usd_m:,.1f}",
            f"{row.extra_hours:+.1f}", f"{row.stranded_mt:,.3f}" if row.stranded_mt else "-",
            *(_signed(getattr(row, _MORE[name])) for name in more), bearers,
        )  # fmt: skip
    console.print(table)
    for row in rows:
        if row.cut:
            shown = ", ".join(row.cut[:4]) + (f" and {len(row.cut) - 4} more" if len(row.cut) > 4 else "")
            console.print(f"{row.name or row.id}: the largest stranded pair is parted by {shown}.")
        if row.no_answer:
            console.print(f"{row.name or row.id}: real income not solved: {row.no_answer}")


#: Columns that only some rankings have.
_MORE = {
    "beyond sum USD m": "beyond_sum_usd_m",
    "real income USD m": "real_income_usd_m",
    "real income %": "real_income_percent",
}


def _signed(value: float | None) -> str:
    return "no answer" if value is None else f"{value:+,.4g}"
