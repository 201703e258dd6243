"""ship: the largest amounts that can reach a buyer at least cost, within the capacity of links (min-cost flow).

::

    min  sum_c sum_a cost_ca f_ca + M sum_s unmet_s
    s.t. out - in = supply - unmet            at every vertex that is no destination, for every commodity c
         sum_c (f_ca + f_ca reversed) <= room of the link that a lies on
         f, unmet >= 0

A commodity is a freight class under one set of denials. Where least-cost paths alone respect every room they are the
optimum; only else is the linear programme solved, by HiGHS through SciPy (Huangfu and Hall 2018, Mathematical
Programming Computation 10:1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from isthmus.errors import NotConverged
from isthmus.routing.least import LeastWays
from isthmus.world.accounts import FloatArray, IntArray, freeze

#: Cost of leaving a tonne behind, USD: above any way in the world, so that all is shipped that can be.
LEFT_BEHIND = 1e5


@dataclass(frozen=True, slots=True)
class Shipment:
    """An amount of one class that wants to leave a zone."""

    zone: int
    klass: int
    mt: float


@dataclass(frozen=True, eq=False, slots=True)
class Shipped:
    """What arrives; arrays are read-only."""

    delivered_mt: FloatArray  # (shipment,)
    cost_usd_per_t: float  # mean over what is delivered; nan if nothing is
    full: tuple[str, ...]  # ids of the links whose room is used up
    programme: bool  # a linear programme was needed

    def __post_init__(self) -> None:
        freeze(self)


def ship(
    ways: LeastWays,
    shipments: Sequence[Shipment],
    destinations: Sequence[int],
    *,
    avoid: Sequence[str] = (),
    used_mt: FloatArray | None = None,
) -> Shipped:
    """Return the least-cost flow of shipments to the nearest of some zones, as much as fits.

    Parameters
    ----------
    ways : LeastWays
        A network; the room of a link is its capacity less what the model does not route.
    shipments : sequence of Shipment
    destinations : sequence of int
        Zones of the buyer; each takes any amount.
    avoid : sequence of str
        Territories that no path may touch.
    used_mt : (link,) array, optional
        Mt a year that take up room already, both directions.

    Raises
    ------
    NotConverged
        The linear programme was not solved.
    """
    net = ways.network
    room = np.maximum(net.capacity_mt - net.background_mt - (0.0 if used_mt is None else used_mt), 0.0)
    groups = _groups(ways, shipments, destinations)
    load, cost = np.zeros(len(net.link_ids)), np.zeros(len(shipments))
    delivered = np.zeros(len(shipments))
    for (klass, denied), members in groups.items():
        found, ends = ways.search(klass, destinations, denied=denied, avoid=avoid, backward=True)
        for s in members:
            zone = shipments[s].zone
            path = ways.path_to(ends, zone)
            if not path:
                continue
            links = np.unique([ways.graph.link[arc] for arc in path if ways.graph.link[arc] >= 0])
            load[links] += shipments[s].mt
            delivered[s], cost[s] = shipments[s].mt, found[ways.graph.n_nodes + zone]
    if (load <= room * (1 + 1e-12)).all():
        full = _full(ways, load, room)
        total = float(delivered.sum())
        mean = float((delivered * cost).sum() / total) if total > 0 else float("nan")
        return Shipped(delivered, mean, full, False)
    return _solve(ways, shipments, destinations, groups, avoid, room)


def _groups(
    ways: LeastWays, shipments: Sequence[Shipment], destinations: Sequence[int]
) -> dict[tuple[int, int], list[int]]:
    """Return positions of shipments by class and the denials that bind them."""
    out: dict[tuple[int, int], list[int]] = {}
    for s, one in enumerate(shipments):
        denied = int(np.bitwise_or.reduce(ways.zone_bits[one.zone, list(destinations)]))
        out.setdefault((one.klass, denied), []).append(s)
    return out


def _full(ways: LeastWays, load: FloatArray, room: FloatArray) -> tuple[str, ...]:
    at = np.flatnonzero((load > 0) & (load >= room * (1 - 1e-6)))
    return tuple(dict.fromkeys(ways.network.link_ids[i].split("~")[0] for i in at))


@dataclass(frozen=True, eq=False, slots=True)
class _Programme:
    """The linear programme: arc flows of all commodities, then what is left behind; Mt and USD per tonne."""

    cost: FloatArray  # (variable,)
    upper: FloatArray  # (variable,)
    link: IntArray  # (arc variable,) index into links, -1 for connectors
    balance: coo_array[np.float64]  # (vertex of a commodity, variable)
    supply: FloatArray  # (vertex of a commodity,)
    order: list[int]  # shipments in the order of the last variables


def _assemble(
    ways: LeastWays,
    shipments: Sequence[Shipment],
    destinations: Sequence[int],
    groups: dict[tuple[int, int], list[int]],
    avoid: Sequence[str],
) -> _Programme:
    graph, n = ways.graph, ways.graph.n_nodes
    rows, columns, signs, costs, links = [], [], [], [], []
    supply = np.zeros(len(groups) * ways.size)
    free = np.ones((len(groups), ways.size), dtype=bool)
    free[:, np.asarray(destinations) + n + graph.n_zones] = False
    order, at = [], 0
    for c, ((klass, denied), members) in enumerate(groups.items()):
        arcs = np.flatnonzero(ways.usable(klass, denied, avoid))
        own = at + np.arange(arcs.size)
        rows += [c * ways.size + graph.tail[arcs].astype(np.int64), c * ways.size + ways.heads[arcs]]
        columns += [own, own]
        signs += [np.ones(arcs.size), -np.ones(arcs.size)]
        costs.append(ways.cost[klass][arcs])
        links.append(graph.link[arcs].astype(np.int64))
        at += arcs.size
        for s in members:
            supply[c * ways.size + n + shipments[s].zone] += shipments[s].mt
            order.append((s, c * ways.size + n + shipments[s].zone))
    rows.append(np.array([vertex for _, vertex in order]))
    columns.append(at + np.arange(len(order)))
    signs.append(np.ones(len(order)))
    costs.append(np.full(len(order), LEFT_BEHIND))
    row, column, sign = np.concatenate(rows), np.concatenate(columns), np.concatenate(signs)
    kept, inside = np.cumsum(free.ravel()) - 1, free.ravel()[row]
    shape = (int(free.sum()), at + len(order))
    return _Programme(
        cost=np.concatenate(costs),
        upper=np.concatenate([np.full(at, np.inf), [shipments[s].mt for s, _ in order]]),
        link=np.concatenate(links),
        balance=coo_array((sign[inside], (kept[row[inside]], column[inside])), shape=shape),
        supply=supply[free.ravel()],
        order=[s for s, _ in order],
    )


def _solve(
    ways: LeastWays,
    shipments: Sequence[Shipment],
    destinations: Sequence[int],
    groups: dict[tuple[int, int], list[int]],
    avoid: Sequence[str],
    room: FloatArray,
) -> Shipped:
    from scipy.optimize import linprog

    lp = _assemble(ways, shipments, destinations, groups, avoid)
    arcs, bound = lp.link.size, np.flatnonzero(np.isfinite(room))
    position = np.full(room.size + 1, -1)
    position[bound] = np.arange(bound.size)
    limited = np.flatnonzero(position[lp.link] >= 0)
    shape = (bound.size, lp.cost.size)
    within = coo_array((np.ones(limited.size), (position[lp.link[limited]], limited)), shape=shape)
    found = linprog(  # type: ignore[call-overload]  # the stubs know dense matrices alone
        lp.cost,
        A_ub=within.tocsr(),
        b_ub=room[bound],
        A_eq=lp.balance.tocsr(),
        b_eq=lp.supply,
        bounds=np.column_stack([np.zeros(lp.upper.size), lp.upper]),
        method="highs",
    )
    if not found.success:
        raise NotConverged(f"min-cost flow: HiGHS stopped ({found.message}). Ask for fewer minerals at once.")
    delivered = np.zeros(len(shipments))
    delivered[lp.order] = np.maximum(lp.upper[arcs:] - found.x[arcs:], 0.0)
    total = float(delivered.sum())
    spent = float((lp.cost[:arcs] * found.x[:arcs]).sum())
    on = lp.link >= 0
    load = np.bincount(lp.link[on], weights=found.x[:arcs][on], minlength=room.size).astype(np.float64)
    return Shipped(delivered, spent / total if total > 0 else float("nan"), _full(ways, load, room), True)
