"""Whose territory an economy's trade crosses on its way, by least-cost ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.routing import class_tonnes, split_zones, spread_demand
from isthmus.routing.least import LeastWays
from isthmus.world import World
from isthmus.world.accounts import BoolArray, FloatArray, IntArray
from isthmus.world.network import CLASSES


@dataclass(frozen=True, slots=True)
class TransitShare:
    """A territory's part in the way of an economy's trade with third economies."""

    territory: str
    export_percent: float  # of the tonnes exported to economies other than the territory itself
    import_percent: float
    tonnes_mt: float  # crossing it, both directions, Mt a year of the world's year


def transit_shares(world: World, economy: str) -> tuple[TransitShare, ...]:
    """Return the territories that an economy's foreign trade crosses, the largest tonnage first.

    Freight between zones is split as in the route choice model, on least costs; each zone pair and class then
    takes one least-cost way under the denials in force. Trade with a territory itself is not transit through it.
    """
    ways = LeastWays(world.network, world.economies)
    zones = world.network.zones
    n = world.economies.index(economy)
    own = np.flatnonzero(zones.economy == n)
    tonnes = class_tonnes(world.accounts.tonnes, world.sectors)
    places = len(ways.places)
    crossed, moved = np.zeros((2, places)), np.zeros((2, places))
    foreign = np.array([place in world.economies for place in ways.places])
    owner = np.array([world.economies.index(p) if p in world.economies else -1 for p in ways.places])
    for side, backward in enumerate((False, True)):
        cost, touch = _search_all(ways, own, backward=backward)
        one = np.zeros_like(tonnes)
        if backward:
            one[:, :, n] = tonnes[:, :, n]
        else:
            one[:, n, :] = tonnes[:, n, :]
        one[:, n, n] = 0.0
        demand = spread_demand(split_zones(zones, cost), zones, one)
        amount = demand[:, :, own].transpose(0, 2, 1) if backward else demand[:, own, :]
        for p in range(places):
            partner = zones.economy != owner[p] if foreign[p] else np.ones(len(zones.ids), dtype=bool)
            third = amount[:, :, partner]
            moved[side, p] = third.sum()
            crossed[side, p] = (third * touch[:, :, partner, p]).sum()
    share = 100.0 * np.divide(crossed, moved, out=np.zeros_like(crossed), where=moved > 0)
    rows = [
        TransitShare(place, float(share[0, p]), float(share[1, p]), float(crossed[:, p].sum() / 1e6))
        for p, place in enumerate(ways.places)
        if place != economy and crossed[:, p].sum() > 0
    ]
    return tuple(sorted(rows, key=lambda row: (-row.tonnes_mt, row.territory)))


def _search_all(ways: LeastWays, own: IntArray, *, backward: bool) -> tuple[FloatArray, BoolArray]:
    """Return costs (class, zone, zone) and territories touched (class, own zone, zone, place)."""
    zones = len(ways.network.zones.ids)
    cost = np.full((len(CLASSES), zones, zones), np.inf)
    touch = np.zeros((len(CLASSES), len(own), zones, len(ways.places)), dtype=bool)
    for w in range(len(CLASSES)):
        for at, z in enumerate(own):
            bits = ways.zone_bits[z]
            for denied in np.unique(bits):
                found, ends = ways.search(w, [int(z)], denied=int(denied), backward=backward)
                bound = bits == denied
                line = cost[w, :, z] if backward else cost[w, z]
                line[bound] = ways.zone_costs(found, backward=backward)[bound]
                touch[w, at, bound] = ways.crossings(ends, backward=backward)[bound]
    return cost, touch
