"""What denial of transit does to freight: which tonnes go around, at what cost, and where they crossed before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.errors import NoRoute
from isthmus.routing import Leg, Routing, find_routes
from isthmus.world.accounts import FloatArray
from isthmus.world.network import KINDS, Network

#: Trips whose routes are traced for the names of crossings.
_TRACED = 8
#: Crossings that are named.
_NAMED = 3
#: Rise of freight cost from which a trip counts as touched.
_LEAST = 0.001
_CROSSINGS = frozenset(KINDS.index(kind) for kind in ("border", "pipeline"))


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border post or pipeline on the territory that is denied."""

    name: str
    share: float  # of the tonne-weighted trips traced that used it


@dataclass(frozen=True, slots=True)
class Denied:
    """Freight of the target's trade with third countries that denial of transit touches."""

    touched_mt: float  # Mt a year whose freight cost rises by a thousandth or more, or that lose their route
    stranded_mt: float  # of these, without any route
    extra_usd_per_t: float  # mean rise of the others
    crossings: tuple[Crossing, ...]

    @property
    def words(self) -> str:
        """Return the main crossings as a phrase."""
        return ", ".join(crossing.name for crossing in self.crossings) or "no named crossing"


def describe_denial(
    routing: Routing,
    demand: FloatArray,
    before: FloatArray,
    after: FloatArray,
    by: Sequence[str],
    called: Sequence[str],
) -> Denied:
    """Return what denial of transit touches.

    Parameters
    ----------
    routing : Routing
        The network without denial; only its network, settings and scales are read.
    demand : (class, zone, zone) array, t a year
    before, after : (class, zone, zone) arrays, USD per tonne
        Freight costs without and with denial; inf where there is no route.
    by : sequence of str
        Territories that deny.
    called : (link,) sequence of str
        What links are called where people read.
    """
    carried = (demand > 0) & np.isfinite(before)
    lost = carried & ~np.isfinite(after)
    rise = np.zeros_like(before)
    np.subtract(after, before, out=rise, where=carried & ~lost)
    around = carried & ~lost & (rise > _LEAST * np.where(carried, before, 0.0))
    going = float(demand[around].sum())
    # What a lost trip is worth is unknown: its whole former cost ranks it among the others.
    weight = np.where(lost, demand * np.where(lost, before, 0.0), np.where(around, demand * rise, 0.0))
    return Denied(
        touched_mt=(going + float(demand[lost].sum())) / 1e6,
        stranded_mt=float(demand[lost].sum()) / 1e6,
        extra_usd_per_t=float((demand[around] * rise[around]).sum()) / going if going else 0.0,
        crossings=_main_crossings(routing, weight, by, called),
    )


def _main_crossings(
    routing: Routing, weight: FloatArray, by: Sequence[str], called: Sequence[str]
) -> tuple[Crossing, ...]:
    """Return the crossings of the heaviest trips, by share of their weight."""
    ranked = np.argsort(-weight, axis=None, kind="stable")[:_TRACED]
    used: dict[str, float] = {}
    total = 0.0
    for w, o, d in zip(*(axis.tolist() for axis in np.unravel_index(ranked, weight.shape)), strict=True):
        if weight[w, o, d] <= 0:
            break
        try:
            routes = find_routes(routing, o, d, w)
        except NoRoute:
            continue
        total += float(weight[w, o, d])
        for route in routes:
            for name in dict.fromkeys(called[i] for i in _crossed(routing.network, route.legs, by)):
                used[name] = used.get(name, 0.0) + float(weight[w, o, d]) * route.share
    best = sorted(used, key=lambda name: (-used[name], name))[:_NAMED]
    return tuple(Crossing(name, used[name] / total) for name in best)


def _crossed(network: Network, legs: Sequence[Leg], by: Sequence[str]) -> Iterator[int]:
    """Yield the links that are crossings on or next to the territories."""
    index = {link: i for i, link in enumerate(network.link_ids)}
    for leg in legs:
        for link in leg.links:
            i = index[link]
            ends = {network.node_territory[network.from_node[i]], network.node_territory[network.to_node[i]]}
            if network.kind[i] in _CROSSINGS and (network.territory[i] in by or ends & set(by)):
                yield i
