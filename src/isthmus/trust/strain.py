"""Delays at full pipelines in the year of an observation.

The base's delays are those of its own day. A year with other lines open or another demand has its own:
d = D(v(d)) at each pipeline and oil terminal with a known capacity (DESIGN.md section 4, Capacity), by
Newton's method with the derivatives of `sweep_passages`, gates made anew at every step. Borders, ports and
ferries keep their observed waits, which are those of loaded facilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import Graph, compile_graph
from isthmus.routing.passage import Problem, Watch, sweep_passages
from isthmus.world.accounts import FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES, MODES, Network

#: Largest gap between a traffic and that of its own delay, as a share of capacity, that is let be.
_TOLERANCE = 0.02
_MOST_STEPS, _WARM_STEPS = 10, 4
#: Delay that one step may add or take beside doubling or halving, USD per tonne.
_ROOM = 5.0
#: Gaps of smaller facilities count as if they were of this size, Mt a year.
_SMALL = 3.0
_ENERGY = ("liquid", "gas")
#: Delay at capacity as a share of a, steepness of pipelines, least a in USD per tonne (DESIGN.md section 4).
ALPHA, BETA, LEAST_A = 0.5, 8.0, 10.0
#: Grids whose capacity is a guess from the map: left free.
_GUESSED = ("europe-grid", "norway-gas", "moldova", "tal", "adria", "shanghai", "west-east", "russia-centre")

#: Traffic (facility,) to that of its delays and the derivative by delays.
_Answer = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False, slots=True)
class Curves:
    """Delays of pipelines and oil terminals, d = a alpha (v / capacity)^beta; arrays are read-only."""

    names: tuple[str, ...]  # (facility,) link ids
    link: IntArray  # (facility,)
    capacity: FloatArray  # (facility,) Mt a year
    height: FloatArray  # (facility,) a alpha, USD per tonne

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def size(self) -> int:
        """Number of facilities."""
        return self.link.size

    def beyond(self, traffic: FloatArray) -> FloatArray:
        """Return (facility,) delays at a traffic in Mt a year, USD per tonne."""
        delay: FloatArray = self.height * (traffic / self.capacity) ** BETA
        return delay

    def slope(self, traffic: FloatArray) -> FloatArray:
        """Return (facility,) derivatives of the delays, USD per tonne and Mt a year."""
        rise: FloatArray = BETA * self.height / self.capacity * (traffic / self.capacity) ** (BETA - 1.0)
        return rise

    def hold(self, traffic: FloatArray, delay: FloatArray) -> FloatArray:
        """Return a traffic whose delays are at most twice and at least half of `delay`, give or take a little."""
        most, least = (np.maximum(d, 0.0) / self.height for d in (2.0 * delay + _ROOM, 0.5 * delay - _ROOM))
        held: FloatArray = np.clip(traffic, self.capacity * least ** (1 / BETA), self.capacity * most ** (1 / BETA))
        return held

    def on_links(self, delay: FloatArray, n_links: int) -> FloatArray:
        """Return (link,) the delay of each link's facility, 0 elsewhere."""
        out = np.zeros(n_links)
        out[self.link] = delay
        return out


@dataclass(frozen=True, eq=False, slots=True)
class Strain:
    """Delays of one year; arrays are read-only."""

    curves: Curves
    delay: FloatArray  # (facility,) USD per tonne
    traffic: FloatArray  # (facility,) Mt a year
    gap: float  # largest difference of traffic from that of its delay, share of capacity

    def __post_init__(self) -> None:
        freeze(self)

    def on_links(self, network: Network) -> FloatArray:
        """Return (link,) delays, USD per tonne."""
        return self.curves.on_links(self.delay, len(network.link_ids))


def pipelines_of(network: Network) -> Curves:
    """Return the delay curves of open pipelines and oil terminals with a capacity, one per link."""
    graph = compile_graph(network)
    cost = np.full((len(CLASSES), len(network.link_ids)), np.inf)
    forward = (graph.link >= 0) & (graph.direction == 0)
    for klass in range(len(CLASSES)):
        cost[klass, graph.link[forward]] = generalised_cost(network, graph, None, klass)[forward]
    oil = np.isin(network.mode, [MODES.index(m) for m in ("oil_pipeline", "gas_pipeline")])
    oil |= np.array([name.startswith("oil-terminal-") for name in network.link_ids])
    oil &= np.array([not name.startswith(_GUESSED) for name in network.link_ids])
    chosen = oil & network.open & np.isfinite(network.capacity_mt) & (network.capacity_mt > 0)
    link = np.flatnonzero(chosen)
    known = np.where(np.isfinite(cost[:, link]), cost[:, link], np.nan)
    mean = np.nanmean(np.where(np.isnan(known).all(axis=0), 0.0, known), axis=0)
    return Curves(
        tuple(network.link_ids[i] for i in link), link, network.capacity_mt[link], ALPHA * np.maximum(LEAST_A, mean)
    )


def facility_arcs(graph: Graph, curves: Curves) -> FloatArray:
    """Return (arc, facility) 1 on the arcs of each facility."""
    arcs: FloatArray = (graph.link[:, None] == curves.link[None, :]).astype(float)
    return arcs


def settle(problem: Problem, demand: FloatArray, curves: Curves, start: FloatArray | None = None) -> Strain:
    """Return delays that are those of their own traffic.

    Parameters
    ----------
    problem : Problem
        Its own `delay` is replaced.
    demand : (class, zone, zone) array, t a year
    curves : Curves
    start : (facility,) array, optional
        Traffic to start from, Mt a year; by default that without delays, cut to capacity.
    """
    graph = compile_graph(problem.network)
    energy = np.isin(CLASSES, _ENERGY)
    wanted = problem.network.zones.destination_weight > 0
    problem = replace(problem, wanted=wanted & energy[:, None])
    arcs = facility_arcs(graph, curves)
    classes = np.repeat(energy[:, None], curves.size, axis=1)
    watch = Watch(arcs, classes, np.zeros(curves.size, dtype=np.int64))
    load = (demand * energy[:, None, None])[None] / 1e6

    def answer(traffic: FloatArray) -> tuple[FloatArray, FloatArray]:
        delayed = replace(problem, delay=curves.on_links(curves.beyond(traffic), len(problem.network.link_ids)))
        found = sweep_passages(delayed, load, watch, (arcs, np.zeros_like(arcs)))
        return found.flow, found.slope

    cold = start is None
    if start is None:
        free = sweep_passages(replace(problem, delay=np.zeros(len(problem.network.link_ids))), load, watch).flow
        start = np.minimum(free, curves.capacity)
    return _newton(curves, answer, start, _MOST_STEPS if cold else _WARM_STEPS)


def _newton(curves: Curves, answer: _Answer, x: FloatArray, most: int) -> Strain:
    """Return x with x = v(D(x)); a step that makes the squared gaps no smaller is taken back to a third."""
    size = np.maximum(curves.capacity, _SMALL)
    best, share = Strain(curves, curves.beyond(x), x, np.inf), 1.0
    step: FloatArray = np.zeros_like(x)
    merit = np.inf
    for _ in range(most):
        flow, slope = answer(x)
        gap = float(np.max(np.abs(flow - x) / size, initial=0.0))
        now = float((((flow - x) / size) ** 2).sum())
        if now < merit:
            merit, best, share = now, Strain(curves, curves.beyond(x), x, gap), min(1.0, 2.0 * share)
            jacobian = np.eye(x.size) - slope * curves.slope(x)[None, :]
            step = np.asarray(np.linalg.solve(jacobian, flow - x), dtype=np.float64)
        else:
            share /= 3.0
        if gap <= _TOLERANCE:
            break
        x = curves.hold(best.traffic + share * step, best.delay)
    return best
