"""The base of a drawn world at delays that rest on another's: one pass for costs and flows, no equilibrium.

A draw moves what links cost and hold; its own congestion equilibrium costs ten times its passes. Here the delays of
the central base are carried over: the drawn delay curves of the same facilities meet the central traffic, which
answers to other delays by its derivative at the central equilibrium. What the draw itself does to traffic, by other
costs or other trade, is left out of the delays. Without a changed curve the delays are the central ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import NotConverged
from isthmus.routing.base import Base
from isthmus.routing.bottlenecks import Bottlenecks, lowest_met_cost, make_bottlenecks, mean_link_cost
from isthmus.routing.capacity import Answer, Equilibrium, solve_delays
from isthmus.routing.choice import Routing, node_scales
from isthmus.routing.cost import Delay, RoutingSettings
from isthmus.routing.delta import load_held
from isthmus.routing.demand import class_tonnes, split_zones, spread_demand
from isthmus.routing.graph import compile_graph
from isthmus.routing.measure import transit_territories
from isthmus.routing.pass_store import PassStore, hold_passes
from isthmus.routing.rounds import MOST_DELAY
from isthmus.world.accounts import FloatArray
from isthmus.world.network import Network
from isthmus.world.world import World

#: Tolerance on traffic over capacity: the response is a straight line, exactness beyond this means nothing.
_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """Traffic that answers to delays along a straight line: a response for `solve_delays`."""

    traffic: FloatArray  # (facility,) Mt a year at `delay`
    delay: FloatArray  # (facility,) USD per tonne
    hessian: FloatArray  # (facility, facility) Mt a year per USD/t

    def answer(self, delay: FloatArray, *, bend: bool = False, soft: float = 1.0) -> Answer:  # noqa: ARG002
        """Return traffic at `delay` (facility,), with its derivative if `bend`; `soft` has no meaning here."""
        step = delay - self.delay
        moved = self.hessian @ step
        nothing = np.zeros((0, 0))
        return Answer(
            self.traffic + moved, float(self.traffic @ step + 0.5 * step @ moved), self.hessian if bend else nothing
        )


def hold_base(
    world: World, settings: RoutingSettings, central: Base, floor: Network | None = None
) -> tuple[Base, PassStore]:
    """Return the base of a drawn world and its passes.

    Parameters
    ----------
    world : World
        Drawn, in the state of the day; nodes, links and zones are those of the central one.
    settings : RoutingSettings
        Those of the central base.
    central : Base
        Of the central world and day.
    floor : Network, optional
        As for `find_base`.

    Returns
    -------
    tuple
        The base, and its passes in memory. Tonnes between economies are spread over zones by costs without delays:
        those with delays times the ratio of the two in the central base. `hessian` is the central one; `notes` are
        zero: no equilibrium was sought.
    """
    network, graph = world.network, compile_graph(world.network)
    scale = floor_scales(network, settings, floor or network)
    curves, delay = carry_delays(network, central)
    store = hold_passes(
        Routing(network, world.economies, graph, settings, scale, np.full_like(central.cost, np.inf), delay)
    )
    cost = store.mean_cost()
    store = replace(store, routing=replace(store.routing, cost=cost))
    free = cost * _relative(central.free_cost, central.cost)
    split = split_zones(network.zones, free)
    demand = spread_demand(split, network.zones, class_tonnes(world.accounts.tonnes, world.sectors))
    freight = load_held(store, demand, transit_territories(network))
    base = Base(
        scale=scale,
        cost=cost,
        free_cost=free,
        split=split,
        demand=demand,
        freight=freight,
        delay=delay,
        curves=curves,
        traffic=curves.through(freight.flow) if curves.size else np.zeros(0),
        hessian=central.hessian,
        left_out=central.left_out,
        notes=np.zeros_like(central.notes),
    )
    return base, store


def floor_scales(network: Network, settings: RoutingSettings, floor: Network) -> FloatArray:
    """Return node scales (class, node + zone) that rest on the lowest costs of a network and of a changed one."""
    graph = compile_graph(network)
    low = np.minimum(*(lowest_met_cost(one, graph, settings) for one in (network, floor)))
    return node_scales(graph, low, network, settings)


def carry_delays(network: Network, central: Base) -> tuple[Bottlenecks, Delay]:
    """Return the drawn delay curves of the central base's facilities, and delays on links.

    Central traffic answers to the drawn curves along a straight line (see the module); where that finds no
    equilibrium, delays are the central ones.
    """
    if not central.curves.size:
        return central.curves, central.delay
    curves = _redrawn(network, central.curves)
    before = curves.at_links(central.delay.now)
    line = Line(central.traffic, before, central.hessian)
    try:
        found = solve_delays(
            line, curves, central.traffic, ceiling=np.full(curves.size, MOST_DELAY), hessian=central.hessian,
            tolerance=_TOLERANCE,
        )  # fmt: skip
    except NotConverged as error:
        if not isinstance(error.partial, Equilibrium):
            raise
        return curves, central.delay
    n_links, moved = len(network.link_ids), found.delay - before
    gate = np.clip(curves.at_links(central.delay.gate) + moved, 0.0, MOST_DELAY)
    return curves, Delay(curves.on_links(gate, n_links), curves.on_links(found.delay, n_links))


def _redrawn(network: Network, central: Bottlenecks) -> Bottlenecks:
    """Return the curves that a drawn network gives the central base's facilities, in their order."""
    cost = mean_link_cost(network, compile_graph(network))
    fresh = make_bottlenecks(network, cost, list(central.links))
    return replace(fresh, floor=central.floor)


def _relative(free: FloatArray, cost: FloatArray) -> FloatArray:
    """Return costs without delays over those with; 1 where there is no route."""
    known = np.isfinite(free) & np.isfinite(cost) & (cost > 0)
    return np.divide(free, cost, out=np.ones_like(cost), where=known)
