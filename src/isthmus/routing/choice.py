"""Route choice: expected costs, flows and other expectations of trips, mixed over taste draws.

Bounded-scale recursive logit on a graph gated towards each destination (DESIGN.md section 4). Work is
split into fixed pieces that threads take in turn and that are added up in a fixed order, so that the
result does not depend on how many threads there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from isthmus.interrupt import current_look
from isthmus.routing import kernels
from isthmus.routing.cost import Delay, RoutingSettings, draw_factors, generalised_cost, lowest_cost, no_delay
from isthmus.routing.graph import Arcs, Graph, arc_masks, compile_graph, select_arcs, zone_masks
from isthmus.routing.heap import still
from isthmus.world.accounts import FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES, Network

#: Pieces into which the destinations of one class and draw are split.
_PIECES = 3

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False, slots=True)
class Routing:
    """A routed network; arrays are read-only."""

    network: Network
    economies: tuple[str, ...]
    graph: Graph
    settings: RoutingSettings
    scale: FloatArray  # (class, node + zone) mu_k, USD per tonne
    cost: FloatArray  # (class, zone, zone) mean expected cost, USD per tonne; inf without a route
    delay: Delay  # by congestion, on links

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class Loaded:
    """Flows of one demand, and expectations along its trips; arrays are read-only."""

    flow: FloatArray  # (class, link, 2) in the demand's unit, forward and backward
    expected: FloatArray  # (class, zone, zone, attribute)

    def __post_init__(self) -> None:
        freeze(self)


def node_scales(graph: Graph, low: FloatArray, network: Network, settings: RoutingSettings) -> FloatArray:
    """Return mu_k (class, node + zone) on the superset network, USD per tonne (step 3)."""
    scale = np.empty((len(CLASSES), graph.n_nodes + graph.n_zones))
    for klass in range(len(CLASSES)):
        arcs = select_arcs(graph, np.isfinite(low[klass]))
        scale[klass] = kernels.node_scales(arcs.out_start, low[klass][arcs.arc], settings.eta, network.scale_cap[klass])
    return scale


def solve_routing(
    network: Network,
    economies: tuple[str, ...],
    settings: RoutingSettings | None = None,
    *,
    scale: FloatArray | None = None,
    delay: Delay | None = None,
) -> Routing:
    """Return the expected cost between all zones.

    Parameters
    ----------
    network : Network
        In the state to be routed.
    economies : tuple of str
        Codes that `network.zones.economy` points into (denials name them).
    settings : RoutingSettings, optional
    scale : (class, node + zone) array, optional
        Node scales of the base; computed from this network by default.
    delay : Delay, optional
        By congestion; none by default.

    Returns
    -------
    Routing
        `cost` lies between eta and 1 times the least cost, draw by draw.

    References
    ----------
    Oyama, Hara and Akamatsu 2022 on Markovian assignment; the bounded scale and gates are our own
    (docs/explanation/routing.md).
    """
    settings = settings or RoutingSettings()
    graph = compile_graph(network)
    if scale is None:
        scale = node_scales(graph, lowest_cost(network, graph, settings), network, settings)
    z = graph.n_zones
    delay = delay or no_delay(network)
    work = Work(network, economies, graph, settings, scale, delay)

    def run(piece: Piece) -> FloatArray:
        out = np.full((z, piece.dests.size), np.inf)
        kernels.all_costs(piece.web, kernels.make_desk(piece.web), piece.dests, work.codes, out)
        return out

    return Routing(network, economies, graph, settings, scale, work.mean_cost(work.spread(run)), delay)


def load_flows(routing: Routing, demand: FloatArray, attribute: FloatArray | None = None) -> Loaded:
    """Return link flows of a demand, and expected sums of link attributes along trips.

    Parameters
    ----------
    routing : Routing
        From `solve_routing`.
    demand : (class, zone, zone) array
        Tonnes a year (any unit); pairs without a route and pairs within a zone carry nothing.
    attribute : (class, link, attribute) or (class, link, 2, attribute) array, optional
        What a tonne meets on each link, in both directions, or forward and backward.

    Returns
    -------
    Loaded
        `flow` (class, link, 2) in the demand's unit, `expected` (class, zone, zone, attribute).
    """
    graph, settings = routing.graph, routing.settings
    z, n_links = graph.n_zones, len(routing.network.link_ids)
    m = 0 if attribute is None else attribute.shape[-1]
    work = work_of(routing)

    def run(piece: Piece) -> tuple[FloatArray, FloatArray]:
        link = graph.link[piece.arcs.arc]
        real = link >= 0
        own = np.zeros((link.size, m))
        if attribute is not None:
            by_link = attribute[piece.klass]
            own[real] = (
                by_link[link[real]] if by_link.ndim == 2 else by_link[link[real], graph.direction[piece.arcs.arc][real]]
            )
        flow, expected = np.zeros(link.size), np.zeros((z, piece.dests.size, m))
        desk = kernels.make_desk(piece.web)
        kernels.all_flows(piece.web, desk, piece.dests, work.codes, still(demand[piece.klass]), own, flow, expected)
        on_link = np.zeros((n_links, 2))
        np.add.at(on_link, (link[real], graph.direction[piece.arcs.arc][real]), flow[real])
        return on_link, expected

    flow = np.zeros((len(CLASSES), n_links, 2))
    expected = np.zeros((len(CLASSES), z, z, m))
    for piece, (on_link, part) in work.spread(run):
        flow[piece.klass] += on_link / settings.draws
        expected[piece.klass][:, piece.dests] += part / settings.draws
    return Loaded(flow, expected)


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """Some destinations of one class and draw."""

    klass: int
    draw: int
    dests: IntArray
    arcs: Arcs
    web: kernels.Web


def work_of(routing: Routing) -> Work:
    """Return the work that a routing consists of."""
    r = routing
    return Work(r.network, r.economies, r.graph, r.settings, r.scale, r.delay)


class Work:
    """Cuts a routed network into pieces and runs them in threads."""

    def __init__(
        self,
        network: Network,
        economies: tuple[str, ...],
        graph: Graph,
        settings: RoutingSettings,
        scale: FloatArray,
        delay: Delay,
    ) -> None:
        self.network, self.graph, self.settings, self.scale, self.delay = network, graph, settings, scale, delay
        self.codes = zone_masks(network, economies)
        self.bits = arc_masks(network, graph)

    def pieces(self) -> Iterable[Piece]:
        """Yield the pieces in a fixed order."""
        zones = self.network.zones
        factors = [draw_factors(self.network, self.settings, draw) for draw in range(self.settings.draws)]
        for klass in range(len(CLASSES)):
            dests = np.flatnonzero(zones.destination_weight[klass] > 0)
            arcs: Arcs | None = None
            for draw in range(self.settings.draws if dests.size else 0):
                cost, gate_cost = (
                    generalised_cost(self.network, self.graph, factors[draw], klass, delay=delay)
                    for delay in (self.delay.now, self.delay.gate)
                )
                if arcs is None:
                    arcs = select_arcs(self.graph, np.isfinite(cost))
                web = kernels.make_web(
                    arcs, self.graph.n_nodes, self.graph.n_zones, width=self.settings.gate, cost=cost[arcs.arc],
                    gate_cost=gate_cost[arcs.arc], bits=self.bits[arcs.arc], scale=self.scale[klass],
                )  # fmt: skip
                for part in np.array_split(dests, _PIECES):
                    yield Piece(klass, draw, part, arcs, web)

    def spread(self, run: Callable[[Piece], R]) -> Iterable[tuple[Piece, R]]:
        """Yield each piece and its result, in the order of pieces."""
        pieces = list(self.pieces())
        yield from zip(pieces, in_threads(self.settings, run, pieces), strict=True)

    def mean_cost(self, parts: Iterable[tuple[Piece, FloatArray]]) -> FloatArray:
        """Return (class, zone, zone) means over draws of each piece's (zone, destination) costs."""
        z = self.graph.n_zones
        cost = np.zeros((len(CLASSES), z, z))
        reached = np.zeros((len(CLASSES), z), dtype=bool)
        for piece, part in parts:
            cost[piece.klass][:, piece.dests] += part / self.settings.draws
            reached[piece.klass, piece.dests] = True
        cost[~np.broadcast_to(reached[:, None, :], cost.shape)] = np.inf
        return cost


def in_threads(settings: RoutingSettings, run: Callable[[T], R], items: list[T]) -> Iterable[R]:
    """Yield the result for each item, in the order of items, from as many threads as the settings say."""
    look = current_look()

    def one(item: T) -> R:
        look()
        return run(item)

    with ThreadPoolExecutor(max_workers=settings.threads or os.cpu_count() or 1) as pool:
        yield from pool.map(one, items)
