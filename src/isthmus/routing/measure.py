"""What routed freight amounts to: links, corridors, transit revenue, emissions, traffic of new lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isthmus.routing.choice import Routing, load_flows
from isthmus.routing.graph import through_trips
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES, KINDS, MODES, Network

#: Territories whose transit revenue is followed: those with the most open land crossings.
_MOST_TERRITORIES = 22


@dataclass(frozen=True, eq=False, slots=True)
class Freight:
    """Loaded freight of one state; arrays are read-only."""

    flow: FloatArray  # (class, link, 2) t a year, forward and backward
    territories: tuple[str, ...]
    transit_usd_m: FloatArray  # (territory,) what trips with no end there pay on its links
    transit_mt: FloatArray  # (territory,) tonnes of such trips that cross it
    followed: IntArray  # links whose traffic is told by kind of trip
    by_trip: FloatArray  # (class, followed, 3) t a year: domestic, regional, transit

    def __post_init__(self) -> None:
        freeze(self)


def transit_territories(network: Network) -> tuple[str, ...]:
    """Return the territories with the most open land crossings, in order of code."""
    count: dict[str, int] = {}
    border = np.flatnonzero(network.open & (network.kind == KINDS.index("border")))
    for i in border:
        for node in (network.from_node[i], network.to_node[i]):
            place = network.node_territory[node]
            count[place] = count.get(place, 0) + 1
    ranked = sorted(count, key=lambda place: (-count[place], place))
    return tuple(sorted(ranked[:_MOST_TERRITORIES]))


def load_freight(
    routing: Routing, demand: FloatArray, territories: tuple[str, ...], followed: IntArray, around: frozenset[str]
) -> Freight:
    """Return freight on links and what follows from it.

    Parameters
    ----------
    routing : Routing
    demand : (class, zone, zone) array, t a year
    territories : tuple of str
        Whose transit revenue is followed.
    followed : (n,) array
        Links whose traffic is split by kind of trip.
    around : frozenset of str
        Territories next to these links: a trip with an end there is regional, one without is transit.
    """
    network = routing.network
    attribute = _attributes(network, territories, followed)
    loaded = load_flows(routing, demand, attribute)
    zones = network.zones
    place = np.array(zones.territory, dtype=object)
    m = len(territories)
    revenue, tonnes = np.zeros(m), np.zeros(m)
    for t, name in enumerate(territories):
        through = through_trips(zones, name)
        revenue[t] = (loaded.expected[:, :, :, t] * demand * through).sum() / 1e6
        tonnes[t] = (loaded.expected[:, :, :, m + t] * demand * through).sum() / 2e6
    by_trip = np.zeros((len(CLASSES), followed.size, 3))
    kinds = trip_kinds(zones.economy, np.isin(place, list(around)))
    for f in range(followed.size):
        passing = loaded.expected[:, :, :, 2 * m + f] * demand
        for kind in range(3):
            by_trip[:, f, kind] = (passing * (kinds == kind)).sum(axis=(1, 2))
    return Freight(loaded.flow, territories, revenue, tonnes, followed, by_trip)


def trip_kinds(economy: IntArray, near: BoolArray) -> IntArray:
    """Return (zone, zone): 0 domestic, 1 regional (an end in a territory around), 2 transit."""
    regional = near[:, None] | near[None, :]
    kinds = np.where(regional, 1, 2)
    kinds[economy[:, None] == economy[None, :]] = 0
    return kinds


def crossed_places(network: Network) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return (link,) the territories of both ends; a link whose ends differ crosses a border of either."""
    node = np.array(network.node_territory, dtype=object)
    node[network.node_mode == MODES.index("sea")] = ""  # a ship that passes a quay is not in the country
    return node[network.from_node], node[network.to_node]


def _attributes(network: Network, territories: tuple[str, ...], followed: IntArray) -> FloatArray:
    """Return (class, link, attribute): revenue by territory, border crossings by territory, passages of links."""
    n, m = len(network.link_ids), len(territories)
    out = np.zeros((len(CLASSES), n, 2 * m + followed.size))
    pay, place = link_payment(network), np.array(network.territory, dtype=object)
    start, end = crossed_places(network)
    for t, name in enumerate(territories):
        own = np.flatnonzero(place == name)
        out[:, own, t] = pay[:, own]
        crossed = np.flatnonzero((start == name) != (end == name))
        out[:, crossed, m + t] = 1.0
    for f, link in enumerate(followed):
        out[:, link, 2 * m + f] = 1.0
    return out


def link_payment(network: Network) -> FloatArray:
    """Return (class, link) what a tonne pays for a link, rate x km and fees, USD; 0 where a class can not go."""
    finite = np.isfinite(network.rate_usd_per_tkm) & np.isfinite(network.fee_usd_per_t)
    haul = np.where(finite, network.rate_usd_per_tkm, 0.0) * network.length_km[:, None]
    paid: FloatArray = (haul + np.where(finite, network.fee_usd_per_t, 0.0)).T
    return paid


def corridor_mt(network: Network, flow: FloatArray) -> dict[str, float]:
    """Return million tonnes a year through each corridor: the flow over the links of its cut."""
    index = {link: i for i, link in enumerate(network.link_ids)}
    total = flow.sum(axis=(0, 2)) / 1e6
    return {name: float(total[[index[link] for link in links]].sum()) for name, links in network.corridors.items()}


def co2_kt(network: Network, flow: FloatArray) -> dict[str, float]:
    """Return thousand tonnes of CO2 a year by mode of the freight on links."""
    grams = flow.sum(axis=2) * network.co2_g_per_tkm.T * network.length_km[None, :]
    by_link = grams.sum(axis=0) / 1e9
    return {mode: float(by_link[network.mode == m].sum()) for m, mode in enumerate(MODES) if (network.mode == m).any()}
