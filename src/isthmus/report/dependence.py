"""Dependence profiles and critical minerals as tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from isthmus.leverage.dependence import Dependence
from isthmus.leverage.minerals import MineralRow
from isthmus.routing.least import Way
from isthmus.world.world import World


def dependence_to_rows(profile: Iterable[Dependence]) -> list[dict[str, object]]:
    """Return the rows of a profile as plain dictionaries."""
    return [dict(asdict(row)) for row in profile]


def profile_to_json(world: World, economy: str, on: str | None, profile: Iterable[Dependence]) -> dict[str, object]:
    """Return a profile in the form of `schema/dependence.json`."""
    about = {"economy": economy, "on": on, "world": world.name, "year": world.year, "as_of": world.as_of}
    return {**about, "rows": dependence_to_rows(profile)}


def _told(value: float | None, form: str = ",.1f") -> str:
    return "-" if value is None else format(value, form)


def latest(profile: Iterable[Dependence]) -> list[Dependence]:
    """Return the latest row of each reported item and partner, and the model's own rows."""
    last: dict[tuple[str, str, str], Dependence] = {}
    for row in profile:
        key = (row.item, row.on, row.direction)
        if key not in last or row.year >= last[key].year:
            last[key] = row
    return list(last.values())


def print_dependence(profile: Iterable[Dependence], economy: str, console: Console) -> None:
    """Print a profile: the latest reported row of each item, the model's number beside it."""
    rows = latest(profile)
    table = Table(
        "kind", "item", "on", "year", "share %", "value", "HHI", "model %", "model HHI", "alternatives", "basis",
        title=f"Dependence of {economy}", title_justify="left",
    )  # fmt: skip
    for row in rows:
        value = f"{_told(row.value)} {row.unit}" if row.value is not None else row.unit
        if row.basis == "modelled":
            value = f"{_told(row.model_value)} {row.model_unit}"
        table.add_row(
            row.kind, row.item, row.on, str(row.year), _told(row.share_percent), value, _told(row.hhi, ".2f"),
            _told(row.model_share_percent), _told(row.model_hhi, ".2f"), row.alternatives or row.model_alternatives,
            row.basis,
        )  # fmt: skip
    console.print(table)
    year = rows[0].model_year if rows else ""
    console.print(
        f"Share: reported, of the economy's own total. Model: accounts of {year}; transit: share of the tonnes traded "
        "with third economies, the larger of exports and imports, on least-cost ways. HHI: 1 is a single partner; the "
        "reported one is a lower bound. Sources: --format json or csv."
    )


def minerals_to_rows(rows: Iterable[MineralRow]) -> list[dict[str, object]]:
    """Return the rows of minerals as flat dictionaries; ways as territories and named links."""
    return [
        {
            "mineral": row.mined.mineral,
            "economy": row.mined.economy,
            "year": row.mined.year,
            "tonnes": row.mined.tonnes,
            "world_percent": row.mined.world_percent,
            "reserves": row.mined.reserves,
            "export_partners": row.mined.partners,
            "leaves_to": row.leaves_to,
            **_way("today", row.way_today),
            **_way("buyer", row.way),
            **_way("avoiding", row.way_avoiding),
            "reach_percent": row.before.percent,
            "reach_avoiding_percent": row.before.avoiding_percent,
            "reach_after_percent": None if row.after is None else row.after.percent,
            "reach_avoiding_after_percent": None if row.after is None else row.after.avoiding_percent,
            "full_links": list(row.before.full),
            "source": row.mined.source,
            "basis": row.mined.basis,
        }
        for row in rows
    ]


def _way(name: str, way: Way | None) -> dict[str, object]:
    return {
        f"{name}_territories": [] if way is None else list(way.territories),
        f"{name}_links": [] if way is None else list(way.named),
        f"{name}_cost_usd_per_t": None if way is None else way.cost_usd_per_t,
        f"{name}_km": None if way is None else way.km,
    }


def _told_way(way: Way | None) -> str:
    return "no way" if way is None else f"{'-'.join(way.territories)} ({way.cost_usd_per_t:.0f} USD/t)"


def print_minerals(rows: Iterable[MineralRow], buyer: str, avoid: str, scenario: str | None, console: Console) -> None:
    """Print who mines what, how it leaves, and how much can reach the buyer."""
    after = [f"after {scenario}"] if scenario else []
    table = Table(
        "mineral", "mined in", "year", "tonnes", "world %", "leaves to by", f"to {buyer} by", "reach %",
        f"without {avoid} by", "reach %", *after,
        title=f"Critical minerals and {buyer}", title_justify="left",
    )  # fmt: skip
    for row in rows:
        then = [] if row.after is None else [f"{row.after.percent:.0f} / {row.after.avoiding_percent:.0f}"]
        table.add_row(
            row.mined.mineral, row.mined.economy, str(row.mined.year), f"{row.mined.tonnes:,.0f}",
            _told(row.mined.world_percent, ".2f"), f"{row.leaves_to}: {_told_way(row.way_today)}", _told_way(row.way),
            f"{row.before.percent:.0f}", _told_way(row.way_avoiding), f"{row.before.avoiding_percent:.0f}", *then,
        )  # fmt: skip
    console.print(table)
    console.print(
        "Production reported, tonnes of content (ores weigh more). Ways: least cost, today's network. Reach: share of "
        "production that fits through the links to the buyer, modelled; where no link is short it is 100 or 0."
    )
