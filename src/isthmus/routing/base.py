"""The base of a world and day: routed and loaded once, then kept on disk under a key of all it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np

from isthmus.cache import make_key, recall
from isthmus.routing.choice import Routing, node_scales, solve_routing
from isthmus.routing.cost import RoutingSettings, lowest_cost, no_delay
from isthmus.routing.demand import ZoneSplit, class_tonnes, split_zones, spread_demand
from isthmus.routing.graph import compile_graph
from isthmus.routing.measure import Freight, load_freight, transit_territories
from isthmus.version import __version__
from isthmus.world.accounts import Arrays, FloatArray, freeze
from isthmus.world.network import Network
from isthmus.world.world import World


@dataclass(frozen=True, eq=False, slots=True)
class Base:
    """A world routed without changes; arrays are read-only."""

    scale: FloatArray  # (class, node + zone) node scales
    cost: FloatArray  # (class, zone, zone) USD per tonne
    split: ZoneSplit
    demand: FloatArray  # (class, zone, zone) t a year
    freight: Freight

    def __post_init__(self) -> None:
        freeze(self)


def find_base(
    world: World,
    settings: RoutingSettings,
    tell: Callable[[str], None],
    *,
    floor: Network | None = None,
) -> Base:
    """Return the base of a world, from the cache if it has been solved before.

    Parameters
    ----------
    world : World
        In the state of the day.
    settings : RoutingSettings
    tell : callable
        Told one line per stage that is computed.
    floor : Network, optional
        A scenario's network: where it is cheaper than the base with every link open, node scales rest on it,
        and the base is solved anew with them.
    """
    graph = compile_graph(world.network)
    low = lowest_cost(world.network, graph, settings)
    lower = low if floor is None else np.minimum(low, lowest_cost(floor, graph, settings))
    parts = [world.sha256, world.as_of, repr(astuple(replace(settings, threads=None))), __version__]
    if (lower < low).any():
        parts.append(lower.tobytes().hex())
    key = make_key(parts, [Path(__file__).parent, Path(__file__).parents[1] / "world"])

    def compute() -> Arrays:
        tell(f"routing the base of {world.as_of} (first time on this machine; kept for later runs)")
        scale = node_scales(graph, lower, world.network, settings)
        routing = solve_routing(world.network, world.economies, settings, scale=scale)
        split = split_zones(world.network.zones, routing.cost)
        demand = spread_demand(split, world.network.zones, class_tonnes(world.accounts.tonnes, world.sectors))
        tell("loading the base")
        freight = load_freight(
            routing, demand, transit_territories(world.network), np.zeros(0, dtype=np.int64), frozenset()
        )
        return {
            "scale": scale,
            "cost": routing.cost,
            "flow": freight.flow,
            "transit_usd_m": freight.transit_usd_m,
            "transit_mt": freight.transit_mt,
        }

    arrays, _ = recall(key, compute)
    split = split_zones(world.network.zones, arrays["cost"])
    demand = spread_demand(split, world.network.zones, class_tonnes(world.accounts.tonnes, world.sectors))
    freight = Freight(
        flow=arrays["flow"],
        territories=transit_territories(world.network),
        transit_usd_m=arrays["transit_usd_m"],
        transit_mt=arrays["transit_mt"],
        followed=np.zeros(0, dtype=np.int64),
        by_trip=np.zeros((demand.shape[0], 0, 3)),
    )
    return Base(arrays["scale"], arrays["cost"], split, demand, freight)


def route_again(world: World, network: Network, base: Base, settings: RoutingSettings) -> Routing:
    """Return the routing of a changed network on the base's node scales."""
    return solve_routing(network, world.economies, settings, scale=base.scale)


def lay_routing(world: World, settings: RoutingSettings) -> Routing:
    """Return a routing of one network without solving all pairs: for the routes of one pair; `cost` is all inf."""
    graph = compile_graph(world.network)
    scale = node_scales(graph, lowest_cost(world.network, graph, settings), world.network, settings)
    zones = graph.n_zones
    return Routing(
        world.network, world.economies, graph, settings, scale, np.full((scale.shape[0], zones, zones), np.inf),
        no_delay(world.network),
    )  # fmt: skip
