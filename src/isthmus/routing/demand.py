"""Tonnes between zones from tonnes between economies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.world.accounts import FloatArray, freeze
from isthmus.world.network import CLASSES, Zones
from isthmus.world.world import Sectors

#: Pull of distance on the split of a pair's trade over its zones: weight ~ cost ^ -decay (assumption).
DECAY = 1.0
#: The same for crude and gas: a refinery or grid takes from where its line or port leads (assumptions, 1.5 to 4 between
#: economies, 2 to 6 inside one).
DECAY_ENERGY, DECAY_ENERGY_DOMESTIC = 2.0, 4.0
#: The same for trade inside an economy, where near places trade far more (assumption).
DECAY_DOMESTIC = 2.0
#: Cost of moving a tonne inside its own zone, USD per tonne: about 100 km by lorry (assumption).
INSIDE = 10.0


@dataclass(frozen=True, eq=False, slots=True)
class ZoneSplit:
    """How tonnes between economies spread over zone pairs; arrays are read-only."""

    share: FloatArray  # (class, zone, zone) sums to 1 by pair of economies, or 0 where no route
    inside: FloatArray  # (class, zone) part of an economy's own trade that stays within the zone

    def __post_init__(self) -> None:
        freeze(self)


def class_tonnes(tonnes: FloatArray, sectors: Sectors) -> FloatArray:
    """Return (class, origin, destination) tonnes from (origin, destination, sector) tonnes."""
    out = np.zeros((len(CLASSES), *tonnes.shape[:2]))
    for k, name in enumerate(sectors.commodity_class):
        if name in CLASSES:
            out[CLASSES.index(name)] += tonnes[:, :, k]
    return out


def split_zones(zones: Zones, cost: FloatArray) -> ZoneSplit:
    """Return the split of each pair of economies' trade over zone pairs.

    Between economies the weight is origin weight x destination weight / cost^DECAY; inside one economy
    it is the same with DECAY_DOMESTIC, and a zone with itself costs INSIDE; crude and gas have exponents of
    their own.

    Parameters
    ----------
    zones : Zones
    cost : (class, zone, zone) array, USD per tonne
        Base costs; inf where there is no route.
    """
    n = int(zones.economy.max()) + 1
    same = zones.economy[:, None] == zones.economy[None, :]
    own = np.eye(len(zones.ids), dtype=bool)
    pair = zones.economy[:, None] * n + zones.economy[None, :]
    share = np.zeros_like(cost)
    inside = np.zeros(cost.shape[:2])
    for w in range(cost.shape[0]):
        c = np.where(own, INSIDE, cost[w])
        decay = np.where(same, DECAY_DOMESTIC, DECAY)
        if CLASSES[w] in ("liquid", "gas"):
            decay = np.where(same, DECAY_ENERGY_DOMESTIC, DECAY_ENERGY)
        pull = np.where(np.isfinite(c), np.maximum(c, INSIDE) ** -decay, 0.0)
        weight = zones.origin_weight[w][:, None] * zones.destination_weight[w][None, :] * pull
        total = np.bincount(pair.ravel(), weights=weight.ravel(), minlength=n * n)[pair]
        share[w] = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        inside[w] = np.diag(share[w])
        share[w][own] = 0.0
    return ZoneSplit(share, inside)


def spread_demand(split: ZoneSplit, zones: Zones, tonnes: FloatArray) -> FloatArray:
    """Return (class, zone, zone) tonnes of (class, origin, destination) tonnes; what stays in a zone is left out."""
    at = np.ix_(np.arange(tonnes.shape[0]), zones.economy, zones.economy)
    demand: FloatArray = tonnes[at] * split.share
    return demand
