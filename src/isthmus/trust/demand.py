"""Freight demand of an observed year: that of the world's year, scaled by sourced totals of trade.

Dry goods towards an economy grow with its imports (`data/national_totals.csv`; money, not deflated). Crude and
pipeline gas of the exporters around the Caspian follow the tonnes of each pair (`data/energy_trade.csv`, BACI),
raised to the exporter's own total where it publishes one (`data/energy_totals.csv`). These are totals of
economies and pairs, never flows of a corridor. A year without a total takes the nearest year that has one, the
world's own included.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.trust.targets import read_data
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES
from isthmus.world.world import World

#: What this rests on, in `data/`.
DEMAND_TABLES = ("national_totals", "energy_trade", "energy_totals")
_DRY = ("bulk", "general", "container", "products")


def demand_of_year(world: World, demand: FloatArray, year: int) -> FloatArray:
    """Return the (class, zone, zone) demand of a year, t.

    Trade inside an economy keeps the world's year: the totals are of foreign trade.
    """
    zone = world.network.zones.economy
    grown = demand * _import_growth(world, year)[:, None, zone]
    for k, origin, destination, before, after in _energy_pairs(world, year):
        at = k, *np.ix_(zone == origin, zone == destination)
        if before > 0 and grown[at].sum() > 0:
            grown[at] *= after / before
        else:
            grown[at] = 1e6 * after * _spread(world, k, origin, destination)
    for k, economy, factor in _energy_levels(world, year):
        grown[k, zone == economy] *= factor
    same = zone[:, None] == zone[None, :]
    scaled: FloatArray = np.where(same, demand, grown)
    return scaled


def _import_growth(world: World, year: int) -> FloatArray:
    """Return (class, economy) imports of a year over those of the world's."""
    table = read_data("national_totals")
    growth = np.ones((len(CLASSES), len(world.economies)))
    for row in _nearest(table, ["economy"], world.year, year).to_dict("records"):
        if row["economy"] in world.economies:
            dry = [CLASSES.index(name) for name in _DRY]
            growth[dry, world.economies.index(str(row["economy"]))] = float(row["value"]) / float(row["value_2022"])
    return growth


def _energy_pairs(world: World, year: int) -> list[tuple[int, int, int, float, float]]:
    """Return (class, origin, destination, Mt of the world's year, Mt of the year) of each pair in the table."""
    rows = _nearest(read_data("energy_trade"), ["origin", "destination", "class"], world.year, year)
    index = {code: i for i, code in enumerate(world.economies)}
    return [
        (CLASSES.index(str(r["class"])), index[o], index[d], float(r["mt_2022"]), float(r["mt"]))
        for r in rows.to_dict("records")
        if (o := str(r["origin"])) in index and (d := str(r["destination"])) in index
    ]


def _energy_levels(world: World, year: int) -> list[tuple[int, int, float]]:
    """Return (class, economy, national total over the sum of its pairs)."""
    table = read_data("energy_totals")
    rows = _nearest(table, ["economy", "class"], None, year).to_dict("records")
    return [
        (
            CLASSES.index(str(r["class"])),
            world.economies.index(str(r["economy"])),
            float(r["total_mt"]) / float(r["baci_mt"]),
        )
        for r in rows
        if r["economy"] in world.economies
    ]


def _nearest(table: pd.DataFrame, key: list[str], own: int | None, year: int) -> pd.DataFrame:
    """Return one row per key: of the year, or of the nearest one; none where the world's `own` year is as near."""
    away = (table["year"].astype(int) - year).abs()
    first = table.assign(away=away).sort_values("away", kind="stable").drop_duplicates(key)
    return first if own is None else first[first["away"] < abs(own - year)]


def _spread(world: World, klass: int, origin: int, destination: int) -> FloatArray:
    """Return (zone, zone) the split of a pair that does not trade in the world's year: by the weights of its zones."""
    zones = world.network.zones
    a, b = (
        zones.origin_weight[klass, zones.economy == origin],
        zones.destination_weight[klass, zones.economy == destination],
    )
    whole = a.sum() * b.sum()
    part: FloatArray = np.outer(a, b) / whole if whole > 0 else np.zeros((a.size, b.size))
    return part
