"""A world and its economies as tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from isthmus.errors import QueryError, nearest
from isthmus.world.accounts import BASIS, FloatArray
from isthmus.world.world import World


@dataclass(frozen=True, slots=True)
class Profile:
    """What a world says of one economy; money is USD million of the world's year."""

    economy: str
    name: str
    basis: str
    totals: dict[str, float]
    partners: dict[str, list[tuple[str, float, float]]]  # direction -> (partner, USD m, percent)
    sectors: dict[str, list[tuple[str, float, float]]]
    by_basis: dict[str, dict[str, float]]  # direction -> basis -> percent of trade value
    latent_usd_m: dict[str, float]  # pair -> USD m


def _goods(world: World) -> FloatArray:
    """Return (sector,) 1 for goods, else 0: what has a freight class, and by ICIO code A to D what has none."""
    # Ships, gold and electricity are goods without freight.
    sectors = zip(world.sectors.codes, world.sectors.commodity_class, strict=True)
    return np.array([float(klass != "none" or bool(re.fullmatch(r"[A-D](\d.*)?", code))) for code, klass in sectors])


def economy_profile(world: World, economy: str, *, most: int = 8) -> Profile:
    """Return totals, top partners and sectors of an economy, and what its figures rest on.

    Raises
    ------
    QueryError
        The world has no such economy.
    """
    if economy not in world.economies:
        raise QueryError(f"unknown economy {economy!r}.{nearest(economy, world.economies)} Use an ISO3 code.")
    e = world.economies.index(economy)
    a = world.accounts
    out, into = a.flow[e].copy(), a.flow[:, e].copy()
    out[e] = into[e] = 0.0
    goods = _goods(world)
    table = world.facts["economies"].set_index("economy").loc[economy]
    totals = {
        "GDP at market prices (reported)": float(str(table["gdp_usd_m"])),
        "value added": float(a.value_added[e].sum()),
        "exports of goods and services": float(out.sum()),
        "exports of goods": float((out * goods).sum()),
        "imports of goods and services": float(into.sum()),
        "imports of goods": float((into * goods).sum()),
        "transit account inside exports": float(np.nan_to_num(table["transit_usd_m"])),
        "remittances received": float(a.remittances[:, e].sum()),
        "final spending": float(a.final_use[e].sum()),
    }
    codes = [f"{code} {name}" for code, name in zip(world.sectors.codes, world.sectors.names, strict=True)]
    return Profile(
        economy=economy,
        name=world.economy_names[e],
        basis=str(table["basis"]),
        totals=totals,
        partners={
            "exports of goods": _top((out * goods).sum(axis=1), world.economies, most),
            "imports of goods": _top((into * goods).sum(axis=1), world.economies, most),
        },
        sectors={
            "exports": _top(out.sum(axis=0), codes, most),
            "imports": _top(into.sum(axis=0), codes, most),
        },
        by_basis={"exports": _by_basis(out, a.basis[e]), "imports": _by_basis(into, a.basis[:, e])},
        latent_usd_m={
            f"{x}-{y}": float(a.latent[i, n].sum())
            for i, x in enumerate(world.economies)
            for n, y in enumerate(world.economies)
            if e in (i, n) and a.latent[i, n].any()
        },
    )


def _top(value: FloatArray, names: tuple[str, ...] | list[str], most: int) -> list[tuple[str, float, float]]:
    order = np.argsort(-value, kind="stable")[:most]
    whole = max(float(value.sum()), 1e-300)
    return [(str(names[i]), float(value[i]), 100 * float(value[i]) / whole) for i in order if value[i] > 0]


def _by_basis(value: FloatArray, basis: object) -> dict[str, float]:
    whole = max(float(value.sum()), 1e-300)
    return {word: 100 * float(value[np.asarray(basis) == i].sum()) / whole for i, word in enumerate(BASIS[:3])}


def profile_rows(profile: Profile) -> list[dict[str, object]]:
    """Return a profile as rows: what, name, USD million, percent."""
    rows: list[dict[str, object]] = [
        {"what": "total", "name": name, "usd_m": value, "percent": ""} for name, value in profile.totals.items()
    ]
    for group, what in ((profile.partners, "partner"), (profile.sectors, "sector")):
        rows += [
            {"what": f"{direction} by {what}", "name": name, "usd_m": value, "percent": percent}
            for direction, entries in group.items()
            for name, value, percent in entries
        ]
    return rows


def print_profile(world: World, profile: Profile, console: Console) -> None:
    """Print the profile of an economy."""
    console.print(f"[bold]{profile.name} ({profile.economy})[/bold], world {world.name}, totals {profile.basis}")
    unit = f"USD m of {world.year}"
    table = Table("Total", title="Totals", title_justify="left")
    table.add_column(unit, justify="right")
    for name, value in profile.totals.items():
        table.add_row(name, f"{value:,.0f}")
    console.print(table)
    for group, what in ((profile.partners, "partner"), (profile.sectors, "sector")):
        for direction, rows in group.items():
            table = Table(what, title=f"{direction} by {what}", title_justify="left")
            table.add_column(unit, justify="right")
            table.add_column("percent", justify="right")
            for name, value, percent in rows:
                table.add_row(name, f"{value:,.1f}", f"{percent:.1f}")
            console.print(table)
    for direction, shares in profile.by_basis.items():
        text = ", ".join(f"{word} {percent:.0f} %" for word, percent in shares.items())
        console.print(f"{direction} by what pins the cell: {text} of value")
    for pair, value in profile.latent_usd_m.items():
        console.print(f"latent {pair}: {value:,.0f} {unit} (estimated gravity value at an open border)")


def print_world(world: World, console: Console) -> None:
    """Print what a world holds and where it comes from."""
    net = world.network
    console.print(
        f"[bold]{world.name}[/bold]: {len(world.economies)} economies, {len(world.sectors.codes)} sectors, trade of "
        f"{world.year}; {len(net.node_ids):,} nodes, {len(net.link_ids):,} links ({int(net.open.sum()):,} open on "
        f"{world.as_of}), {len(net.zones.ids)} zones; sha256 {world.sha256[:12]}"
    )
    console.print(f"Economies: {' '.join(world.economies)}")
    for group, members in world.groups.items():
        console.print(f"  {group}: {' '.join(members)}")
    console.print(f"Projects: {', '.join(net.projects)}")
    console.print(f"Corridors: {', '.join(net.corridors)}")
    table = Table("table", "sources", "licence", title="Sources", title_justify="left")
    for source in world.sources:
        table.add_row(source.table, source.sources, source.licence)
    console.print(table)
