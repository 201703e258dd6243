"""Delays at full facilities in the year of an observation.

The base's delays are those of its own day. A year with other lines open or another demand has its own, settled as
those of the base are (`isthmus.routing.rounds`): what observations are held against is the model that scenarios use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import NotConverged
from isthmus.routing.base import congest_network
from isthmus.routing.bottlenecks import Bottlenecks, make_bottlenecks, mean_link_cost
from isthmus.routing.choice import Routing
from isthmus.routing.congestion import gate_passes
from isthmus.routing.cost import Delay, no_delay
from isthmus.routing.graph import Graph, compile_graph
from isthmus.routing.passage import Problem
from isthmus.routing.rounds import MOST_DELAY, Congested, settle_gates
from isthmus.world.accounts import FloatArray, freeze
from isthmus.world.network import CLASSES


@dataclass(frozen=True, eq=False, slots=True)
class Strain:
    """Delays of one year; arrays are read-only."""

    curves: Bottlenecks
    delay: Delay  # on links
    traffic: FloatArray  # (facility,) Mt a year
    hessian: FloatArray  # (facility, facility) derivative of traffic by delays, Mt a year per USD/t
    rest: float  # largest distance of a delay from the one that its gate rests on, USD per tonne

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def answer(self) -> FloatArray:
        """Return (facility,) derivatives of the delays by their traffic, USD per tonne and Mt; 0 where they rest."""
        now = self.curves.at_links(self.delay.now)
        moves = (now > self.curves.floor) & (now < MOST_DELAY)
        felt: FloatArray = np.where(moves, self.curves.slope(self.traffic), 0.0)
        return felt


def strain_year(
    problem: Problem, demand: FloatArray, tell: Callable[[str], None] = lambda _: None, *, start: Strain | None = None
) -> Strain:
    """Return the delays of a year at all full facilities.

    Parameters
    ----------
    problem : Problem
        Its own `delay` is replaced.
    demand : (class, zone, zone) array, t a year
    tell : callable
        Told one line per stage.
    start : Strain, optional
        That of a problem close by with the same facilities open, whose gates and delays are started from; where these
        lead nowhere, the year starts from nothing.

    Raises
    ------
    NotConverged
        Delays and traffic do not settle.
    """
    network, settings = problem.network, replace(problem.settings, congestion=True)
    graph = compile_graph(network)
    none = np.full((len(CLASSES), graph.n_zones, graph.n_zones), np.inf)
    free = Routing(network, problem.economies, graph, settings, problem.scale, none, no_delay(network))
    near = None if start is None else _settle_near(free, demand, start, tell)
    found, curves = near or congest_network(free, lambda _: demand, tell)[:2]
    at = found.equilibrium
    return Strain(curves, found.routing.delay, at.traffic, at.hessian, found.gate_rest)


def _settle_near(
    free: Routing, demand: FloatArray, start: Strain, tell: Callable[[str], None]
) -> tuple[Congested, Bottlenecks] | None:
    """Return the delays of a demand, settled from those of a problem close by; None if they lead nowhere."""
    curves = make_bottlenecks(free.network, mean_link_cost(free.network, free.graph), list(start.curves.links))
    gate, now = (curves.at_links(part) for part in (start.delay.gate, start.delay.now))
    passes = gate_passes(replace(free, delay=start.delay), curves, now, gate)
    try:
        return settle_gates(passes, demand, start.traffic, start.hessian), curves
    except NotConverged as error:
        tell(f"starting from nothing: {error}")
        return None


def facility_arcs(graph: Graph, links: tuple[tuple[int, ...], ...]) -> FloatArray:
    """Return (arc, facility) 1 on the arcs of each facility, given its links."""
    arcs = np.zeros((graph.link.size, len(links)))
    for f, own in enumerate(links):
        arcs[np.isin(graph.link, own), f] = 1.0
    return arcs
