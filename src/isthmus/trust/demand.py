"""Freight demand of an observed year: that of the world's year, scaled by sourced national totals.

`data/national_totals.csv` gives one total in 2022 and in another year; dry goods towards an economy grow with
its imports, crude from one with its exports in tonnes. Money is not deflated. Where no total is known the
demand of the world's year stands.
"""

from __future__ import annotations

import numpy as np

from isthmus.trust.targets import read_data
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES
from isthmus.world.world import World

_DRY = ("bulk", "general", "container", "products")


def demand_of_year(world: World, demand: FloatArray, year: int) -> FloatArray:
    """Return the (class, zone, zone) demand of a year, t.

    Trade inside an economy keeps the world's year: the totals are of foreign trade.
    """
    table = read_data("national_totals")
    rows = table[table["year"] == str(year)]
    index = {code: i for i, code in enumerate(world.economies)}
    factor = np.ones((len(CLASSES), 2, len(world.economies)))
    for economy, side, classes, before, after in zip(
        rows["economy"], rows["side"], rows["classes"], rows["value_2022"], rows["value"], strict=True
    ):
        if economy in index:
            at = [CLASSES.index(name) for name in (_DRY if classes == "dry" else (classes,))]
            factor[at, int(side == "destination"), index[economy]] = float(after) / float(before)
    zone = world.network.zones.economy
    grown = demand * factor[:, 0, zone][:, :, None] * factor[:, 1, zone][:, None, :]
    same = zone[:, None] == zone[None, :]
    scaled: FloatArray = np.where(same, demand, grown)
    return scaled
