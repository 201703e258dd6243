"""Costs, hours and kilometres between zones, and link flows of a demand of one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing.base import lay_routing
from isthmus.routing.choice import load_flows, solve_routing
from isthmus.routing.cost import Delay, RoutingSettings
from isthmus.world.accounts import FloatArray, freeze
from isthmus.world.network import CLASSES
from isthmus.world.world import World


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """What trips between zones meet, mean over draws; arrays are read-only."""

    cost: FloatArray  # (class, zone, zone) expected cost, USD per tonne; inf without a route, nan not asked for
    hours: FloatArray  # (class, zone, zone) expected hours, waits included
    km: FloatArray  # (class, zone, zone) expected distance
    flow: FloatArray  # (class, link, 2) the demand on links, forward and backward

    def __post_init__(self) -> None:
        freeze(self)


def route_pairs(world: World, demand: FloatArray, settings: RoutingSettings, delay: Delay | None = None) -> Pairs:
    """Return costs, hours and distances of the pairs with a demand, and the demand on links.

    Parameters
    ----------
    world : World
        In the state of the day, or after a scenario.
    demand : (class, zone, zone) array, tonnes
        Pairs at 0 are not asked for.
    settings : RoutingSettings
    delay : Delay, optional
        By congestion; none by default.
    """
    zones = world.network.zones
    goal = (demand > 0).any(axis=1).astype(float)  # only zones that receive anything are solved for
    network = replace(world.network, zones=replace(zones, destination_weight=goal))
    routing = solve_routing(network, world.economies, settings, scale=lay_routing(world, settings).scale, delay=delay)
    waits = network.hours[:, None] + network.wait_hours
    km = np.broadcast_to(network.length_km[:, None], waits.shape)
    attribute = np.broadcast_to(np.stack([waits, km], axis=2), (len(CLASSES), *waits.shape, 2))
    loaded = load_flows(routing, demand, attribute)
    asked, found = demand > 0, np.isfinite(routing.cost)
    hours, distance = (np.where(asked & found, loaded.expected[..., m], np.nan) for m in range(2))
    return Pairs(np.where(asked, routing.cost, np.nan), hours, distance, loaded.flow)
