"""Freight costs before and after to changes of iceberg trade cost.

m = cost / unit value; a zone pair's tau = (1 + m') / (1 + m); a pair of economies' tau^-theta is the
mean over zone pairs with their base shares (DESIGN.md section 4, Trade cost). Freight that the accounts
already hold stays there: only the change enters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.routing.demand import ZoneSplit
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES, Zones


@dataclass(frozen=True, eq=False, slots=True)
class TradeCost:
    """Changes of iceberg trade cost; arrays are read-only."""

    change: FloatArray  # (origin, destination, sector) hat; inf: cut off
    share: FloatArray  # (class, zone, zone) split of trade over zone pairs at the new costs
    lost: BoolArray  # (class, zone, zone) zone pairs with trade that lose their route
    unrouted: BoolArray  # (class, origin, destination) no route in the base: cost left unchanged

    def __post_init__(self) -> None:
        freeze(self)


def trade_cost_change(
    zones: Zones,
    split: ZoneSplit,
    before: FloatArray,
    after: FloatArray,
    *,
    unit_value: FloatArray,
    theta: FloatArray,
    commodity_class: tuple[str, ...],
) -> TradeCost:
    """Return the change of trade cost between economies.

    Parameters
    ----------
    zones, split : Zones, ZoneSplit
        The split is that of the base.
    before, after : (class, zone, zone) arrays, USD per tonne
        Expected costs; inf where there is no route.
    unit_value : (origin, destination, sector) array, USD per tonne
        inf where the flow weighs nothing.
    theta : (sector,) array
        Trade elasticity.
    commodity_class : tuple of str
        Freight class of each sector.

    Returns
    -------
    TradeCost
        Exactly 1 where costs are equal, for services, and where the base has no route.
    """
    n = unit_value.shape[0]
    change = np.ones(unit_value.shape)
    share = split.share.copy()
    lost = (split.share > 0) & np.isfinite(before) & ~np.isfinite(after)
    routed = np.zeros((len(CLASSES), n * n), dtype=bool)
    for w, name in enumerate(CLASSES):
        o, d = np.nonzero(split.share[w])
        pair = zones.economy[o] * n + zones.economy[d]
        routed[w, pair] = True
        touched = np.unique(pair[before[w][o, d] != after[w][o, d]])
        mine = [k for k, klass in enumerate(commodity_class) if klass == name]
        if not touched.size or not mine:
            continue
        keep = np.isin(pair, touched)
        o, d, pair = o[keep], d[keep], pair[keep]
        freight = _PairFreight(before[w][o, d], after[w][o, d], split.share[w][o, d], pair, n)
        for k in mine:
            tau = freight.aggregate(unit_value[:, :, k].reshape(-1), theta[k])[touched]
            change[touched // n, touched % n, k] = tau
        typical = np.median(unit_value[:, :, mine], axis=2).reshape(-1)
        share[w][o, d] = freight.resplit(typical, float(np.mean(theta[mine])))
    return TradeCost(change, share, lost, ~routed.reshape(len(CLASSES), n, n))


@dataclass(frozen=True, eq=False, slots=True)
class _PairFreight:
    """Zone pairs of some pairs of economies, one class."""

    before: FloatArray  # (zone pair,) USD per tonne
    after: FloatArray  # (zone pair,)
    share: FloatArray  # (zone pair,) of the pair of economies
    pair: IntArray  # (zone pair,) origin economy * n + destination economy
    n: int

    def _terms(self, value: FloatArray, theta: float) -> tuple[FloatArray, FloatArray]:
        """Return share x tau^-theta by zone pair and its sum by pair of economies, intra-zone part included."""
        worth = value[self.pair]
        routed = np.isfinite(self.after)
        m0 = self.before / worth  # 0 where the flow weighs nothing: its worth per tonne is inf
        m1 = np.where(routed, np.where(routed, self.after, 0.0) / worth, np.inf)
        term = self.share * ((1.0 + m1) / (1.0 + m0)) ** -theta
        whole = np.bincount(self.pair, weights=self.share, minlength=self.n**2)
        inside = np.where(whole > 1.0 - 1e-9, 0.0, 1.0 - whole)  # what moves within a zone keeps its cost
        total = np.bincount(self.pair, weights=term, minlength=self.n**2) + inside
        # Shares sum to 1 up to rounding: an unchanged sum must give exactly 1.
        scaled: FloatArray = total / (whole + inside)
        return term, scaled

    def aggregate(self, value: FloatArray, theta: float) -> FloatArray:
        """Return tau (pair of economies,): inf where every zone pair is cut."""
        _, total = self._terms(value, theta)
        alive = total > 0
        return np.where(alive, np.where(alive, total, 1.0) ** (-1.0 / theta), np.inf)

    def resplit(self, value: FloatArray, theta: float) -> FloatArray:
        """Return the split at the new costs, at a typical value and elasticity of the class."""
        term, total = self._terms(value, theta)
        here = total[self.pair]
        return np.divide(term, here, out=np.zeros_like(term), where=here > 0)
