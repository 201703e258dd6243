"""The base of a world and day: routed, congested and loaded once, then kept on disk under a key of all it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np

from isthmus.cache import make_key, recall
from isthmus.errors import NotConverged
from isthmus.routing.bottlenecks import (
    Bottlenecks,
    choose_bottlenecks,
    list_candidates,
    lowest_met_cost,
    make_bottlenecks,
    mean_link_cost,
)
from isthmus.routing.capacity import Equilibrium, no_equilibrium
from isthmus.routing.choice import Routing, node_scales, solve_routing
from isthmus.routing.congestion import Loads, gate_passes, only_these
from isthmus.routing.cost import Delay, RoutingSettings, no_delay
from isthmus.routing.demand import ZoneSplit, class_tonnes, split_zones, spread_demand
from isthmus.routing.graph import Graph, compile_graph
from isthmus.routing.measure import Freight, load_freight, transit_territories
from isthmus.routing.rounds import Congested, congest
from isthmus.version import __version__
from isthmus.world.accounts import Arrays, FloatArray, IntArray, freeze
from isthmus.world.network import Network
from isthmus.world.world import World

#: Bottlenecks whose delay does not settle that the base is solved without, before it gives up.
_MOST_LEFT_OUT = 5


@dataclass(frozen=True, eq=False, slots=True)
class Base:
    """A world routed without changes; arrays are read-only."""

    scale: FloatArray  # (class, node + zone) node scales
    cost: FloatArray  # (class, zone, zone) USD per tonne, with the delays of its own traffic
    free_cost: FloatArray  # (class, zone, zone) USD per tonne, without delays: what demand is spread over zones by
    split: ZoneSplit
    demand: FloatArray  # (class, zone, zone) t a year
    freight: Freight
    delay: Delay  # by congestion, on links
    curves: Bottlenecks
    traffic: FloatArray  # (facility,) Mt a year
    hessian: FloatArray  # (facility, facility) derivative of traffic by delays, Mt a year per USD/t
    left_out: IntArray  # links whose delay did not settle: their capacity does not bind
    notes: FloatArray  # rounds, gap and rest of gates; Newton steps of all rounds and the last; residual over capacity

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

    Raises
    ------
    NotConverged
        Delays and traffic of the base do not settle.
    """
    graph = compile_graph(world.network)
    low = lowest_met_cost(world.network, graph, settings)
    lower = low if floor is None else np.minimum(low, lowest_met_cost(floor, graph, settings))
    parts = [world.sha256, world.as_of, repr(astuple(replace(settings, threads=None))), __version__]
    if (lower < low).any():
        parts.append(lower.tobytes().hex())
    key = make_key(parts, [Path(__file__).parent, Path(__file__).parents[1] / "world"])
    arrays, _ = recall(key, lambda: _solve_base(world, settings, graph, lower, tell))
    split = split_zones(world.network.zones, arrays["free_cost"])
    demand = spread_demand(split, world.network.zones, class_tonnes(world.accounts.tonnes, world.sectors))
    freight = Freight(
        flow=arrays["flow"],
        territories=transit_territories(world.network),
        transit_usd_m=arrays["transit_usd_m"],
        transit_mt=arrays["transit_mt"],
        followed=np.zeros(0, dtype=np.int64),
        by_trip=np.zeros((demand.shape[0], 0, 3)),
    )
    return Base(
        scale=arrays["scale"],
        cost=arrays["cost"],
        free_cost=arrays["free_cost"],
        split=split,
        demand=demand,
        freight=freight,
        delay=Delay(arrays["gate"], arrays["now"]),
        curves=_unpack(world.network, arrays),
        traffic=arrays["traffic"],
        hessian=arrays["hessian"],
        left_out=arrays["left_out"].astype(np.int64),
        notes=arrays["notes"],
    )


def _solve_base(
    world: World, settings: RoutingSettings, graph: Graph, low: FloatArray, tell: Callable[[str], None]
) -> Arrays:
    """Return the arrays that the cache keeps."""
    network = world.network
    tell(f"routing the base of {world.as_of} (first time on this machine; kept for later runs)")
    scale = node_scales(graph, low, network, settings)
    cost = np.full((scale.shape[0], graph.n_zones, graph.n_zones), np.inf)
    free = Routing(network, world.economies, graph, settings, scale, cost, no_delay(network))
    tonnes = class_tonnes(world.accounts.tonnes, world.sectors)
    found, curves, free_cost, left_out = congest_network(
        free, lambda split: spread_demand(split, network.zones, tonnes), tell
    )
    # The sweeps of all passes, as scenarios run them: without changes these find the same costs to the last digit.
    routing = solve_routing(network, world.economies, settings, scale=scale, delay=found.routing.delay)
    free_cost = free_cost if curves.size else routing.cost
    tell("loading the base")
    demand = spread_demand(split_zones(network.zones, free_cost), network.zones, tonnes)
    freight = load_freight(routing, demand, transit_territories(network), np.zeros(0, dtype=np.int64), frozenset())
    last = found.equilibrium
    return {
        "scale": scale,
        "free_cost": free_cost,
        "cost": routing.cost,
        "gate": routing.delay.gate,
        "now": routing.delay.now,
        "traffic": last.traffic,
        "hessian": last.hessian,
        "left_out": np.array(left_out, dtype=np.int64),
        "notes": np.array([found.rounds, found.gate_gap, found.gate_rest, found.steps, found.last_steps, last.gap]),
        "flow": freight.flow,
        "transit_usd_m": freight.transit_usd_m,
        "transit_mt": freight.transit_mt,
        **_pack(curves),
    }


def congest_network(
    free: Routing, spread: Callable[[ZoneSplit], FloatArray], tell: Callable[[str], None]
) -> tuple[Congested, Bottlenecks, FloatArray, list[int]]:
    """Return a network with the delays that its own demand causes, its bottlenecks and its costs without delays.

    Bottlenecks are chosen by traffic without delays. One whose delay does not settle is left out, and told: its link
    is in the last list.

    Parameters
    ----------
    free : Routing
        Its network, scales and settings are read.
    spread : callable
        Demand (class, zone, zone) in t a year, given how economies' trade is split over zones at costs without delays.
    tell : callable
        Told one line per stage.

    Raises
    ------
    NotConverged
        Delays and traffic do not settle.
    """
    network, cost = free.network, mean_link_cost(free.network, free.graph)
    candidates = list_candidates(network, free.settings)
    if not candidates:
        return Congested(free, no_equilibrium(), 0, 0.0, 0.0, 0, 0), make_bottlenecks(network, cost, []), free.cost, []
    every = make_bottlenecks(network, cost, candidates)
    gated = gate_passes(free, every, np.zeros(every.size))
    demand = spread(split_zones(network.zones, gated.routing.cost))
    traffic = Loads(gated, demand).answer(np.zeros(every.size)).traffic
    groups, left_out = choose_bottlenecks(network, candidates, traffic), list[int]()
    while True:
        curves = make_bottlenecks(network, cost, groups)
        passes, start = only_these(gated, traffic, curves)
        tell(f"congestion at {curves.size} bottlenecks")
        try:
            found = congest(passes, demand, np.minimum(start, curves.capacity))
        except NotConverged as error:
            if not isinstance(error.partial, Equilibrium) or len(left_out) >= _MOST_LEFT_OUT:
                raise
            group = curves.links[error.partial.worst]
            tell(f"{network.link_ids[group[0]]} is left out: {error}")
            groups.remove(group)
            left_out.append(group[0])
        else:
            return found, curves, gated.routing.cost, left_out


def _pack(curves: Bottlenecks) -> Arrays:
    """Return the curves as arrays for the cache."""
    numbers = {f"curve_{f.name}": getattr(curves, f.name) for f in fields(curves) if f.name not in ("names", "links")}
    ends = np.cumsum([len(links) for links in curves.links])
    return {**numbers, "curve_links": np.array([i for links in curves.links for i in links]), "curve_ends": ends}


def _unpack(network: Network, arrays: Arrays) -> Bottlenecks:
    numbers = {f.name: arrays[f"curve_{f.name}"] for f in fields(Bottlenecks) if f.name not in ("names", "links")}
    pieces = np.split(arrays["curve_links"], arrays["curve_ends"][:-1]) if arrays["curve_ends"].size else []
    links = tuple(tuple(int(i) for i in piece) for piece in pieces)
    return Bottlenecks(names=tuple(network.link_ids[piece[0]] for piece in links), links=links, **numbers)


def base_routing(world: World, base: Base, settings: RoutingSettings) -> Routing:
    """Return the routing that a base was found with, from what it keeps."""
    graph = compile_graph(world.network)
    return Routing(world.network, world.economies, graph, settings, base.scale, base.cost, base.delay)


def lay_routing(world: World, settings: RoutingSettings) -> Routing:
    """Return a routing of one network without solving all pairs: for the routes of one pair; `cost` is all inf."""
    graph = compile_graph(world.network)
    scale = node_scales(graph, lowest_met_cost(world.network, graph, settings), world.network, settings)
    zones = graph.n_zones
    return Routing(
        world.network, world.economies, graph, settings, scale, np.full((scale.shape[0], zones, zones), np.inf),
        no_delay(world.network),
    )  # fmt: skip
