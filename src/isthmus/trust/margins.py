"""What freight costs, of the value it carries, beside published margins (CIF over FOB and the like).

The model's freight is its expected generalised cost: rates, fees, premia and the value of time. A published
margin is money paid alone, so that the model's should stand above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.trust.targets import read_data
from isthmus.world import World
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES


@dataclass(frozen=True, slots=True)
class Margin:
    """One published margin beside the model's."""

    id: str
    what: str
    year: int
    published: float  # percent
    modelled: float  # percent
    measure: str
    source: str


def pair_cost(world: World, cost: FloatArray, share: FloatArray) -> FloatArray:
    """Return (class, origin, destination) mean cost of trade between economies, USD per tonne; nan without a route.

    Parameters
    ----------
    cost, share : (class, zone, zone) arrays
        USD per tonne, and the split of a pair of economies over zone pairs.
    """
    zone, n = world.network.zones.economy, len(world.economies)
    pair = (zone[:, None] * n + zone[None, :]).ravel()
    out = np.full((len(CLASSES), n, n), np.nan)
    for w in range(len(CLASSES)):
        known = np.isfinite(cost[w]) & (share[w] > 0)
        whole = np.bincount(pair, np.where(known, share[w], 0.0).ravel(), minlength=n * n)
        paid = np.bincount(
            pair, np.where(known, share[w] * np.where(known, cost[w], 0.0), 0.0).ravel(), minlength=n * n
        )
        out[w] = np.divide(paid, whole, out=np.full(n * n, np.nan), where=whole > 0).reshape(n, n)
    return out


def make_margins(world: World, cost: FloatArray) -> tuple[Margin, ...]:
    """Return published margins beside the model's.

    Parameters
    ----------
    cost : (class, origin, destination) array, USD per tonne
        From `pair_cost`.
    """
    accounts, classes = world.accounts, world.sectors.commodity_class
    freight = np.zeros_like(accounts.flow)
    for k, name in enumerate(classes):
        if name in CLASSES:
            freight[:, :, k] = accounts.tonnes[:, :, k] * np.nan_to_num(cost[CLASSES.index(name)]) / 1e6
    goods = np.array([name in CLASSES for name in classes])
    abroad = ~np.eye(len(world.economies), dtype=bool)[:, :, None] & goods
    out = []
    for row in read_data("margins").to_dict("records"):
        mask = abroad & _pick(world, str(row["origin"]), 0) & _pick(world, str(row["destination"]), 1)
        if row["sector"]:
            mask = mask & np.isin(world.sectors.codes, str(row["sector"]).split())
        value = float(accounts.flow[mask].sum())
        out.append(
            Margin(
                id=str(row["id"]),
                what=str(row["what"]),
                year=int(str(row["year"])),
                published=float(str(row["margin_percent"])),
                modelled=100.0 * float(freight[mask].sum()) / value if value > 0 else 0.0,
                measure=str(row["measure"]),
                source=str(row["source"]),
            )
        )
    return tuple(out)


def _pick(world: World, code: str, axis: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    members = world.groups.get(code, (code,))
    at = np.array([not code or economy in members for economy in world.economies])
    return at.reshape([-1 if a == axis else 1 for a in range(3)])
