"""Mass of every flow: BACI tonnes where BACI has the pair, production less exports at home, else value over price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.accounts.axes import AT, ROW, number, read_facts
from isthmus.build.accounts.baci import Baci
from isthmus.world.accounts import FloatArray

_MINED = ("B05", "B06O", "B06G")
#: BACI mass worth less than this part of the sector's price is a trader's booking that the accounts do not pay for.
_WORTHLESS = 0.02


def measure_tonnes(flow: FloatArray, baci: Baci, sectors: pd.DataFrame, economies: tuple[str, ...]) -> FloatArray:
    """Return tonnes a year, (origin, destination, sector); 0 where a sector moves no freight.

    Crude from Kazakhstan is BACI's mass in every cell, nothing where BACI shows none. Gold and platinum
    carry no mass: their BACI value is taken out of C24B first. Pipeline gas that BACI gives without mass is that of
    facts/known_tonnes.

    Parameters
    ----------
    flow : (origin, destination, sector) array
        USD million.
    baci : Baci
    sectors : DataFrame
        The table of sectors with unit values.
    economies : tuple of str
        The order of the economy axis.
    """
    price = sectors["unit_value_usd_per_t"].to_numpy(dtype=float)
    moves = (sectors["commodity_class"] != "none").to_numpy() & (price > 0)
    value = flow.copy()
    value[:, :, AT["C24B"]] = np.maximum(value[:, :, AT["C24B"]] - baci.gold, 0.0)
    tonnes = np.zeros_like(flow)
    tonnes[:, :, moves] = value[:, :, moves] * 1e6 / price[moves]
    known = (baci.tonnes > 0) & (flow * 1e6 > _WORTHLESS * np.where(moves, price, np.inf) * baci.tonnes)
    tonnes[known] = baci.tonnes[known]
    kaz = economies.index("KAZ")
    abroad = np.arange(len(economies)) != kaz
    crude = AT["B06O"]
    tonnes[kaz, abroad, crude] = np.where(flow[kaz, abroad, crude] > 0, baci.tonnes[kaz, abroad, crude], 0.0)
    for row in read_facts("known_tonnes").itertuples():
        i, n, k = economies.index(str(row.origin)), economies.index(str(row.destination)), AT[str(row.sector)]
        tonnes[i, n, k] = number(row.tonnes) if flow[i, n, k] > 0 else 0.0
    _set_home(tonnes, flow, baci, economies)
    tonnes[:, :, ~moves] = 0.0
    return np.round(tonnes, 0)


def _set_home(tonnes: FloatArray, flow: FloatArray, baci: Baci, economies: tuple[str, ...]) -> None:
    """Put home use of energy to production less exports, at least a twentieth of production."""
    production = read_facts("energy_production")
    amount = {(str(row.iso3), str(row.sector)): number(row.tonnes) for row in production.itertuples()}
    for n, iso in enumerate(economies):
        for code in _MINED:
            k = AT[code]
            mined = amount.get((iso, code), 0.0)
            if flow[n, n, k] > 0 and mined > 0 and iso != ROW:
                tonnes[n, n, k] = max(mined - baci.tonnes[n, :, k].sum(), 0.05 * mined)
    # The rest of the world: what its members mine.
    rest = production[~production["iso3"].isin(economies)].groupby("sector")["tonnes"].sum()
    last = len(economies) - 1
    for code in _MINED:
        k = AT[code]
        if flow[last, last, k] > 0 and code in rest.index:
            mined = number(rest[code])
            tonnes[last, last, k] = max(mined - baci.tonnes[last, :, k].sum(), 0.05 * mined)
