"""Rough delays at full facilities, year by year, for the fit of constants.

A fit meets some twenty states of network and demand. Settling each as `strain` does would take hours; here delays
d = D(v(d)) are sought by Newton's method with the derivatives of `sweep_passages`, gates made anew at every step, and
queues move on by one step a round of the fit. Pipelines and oil terminals carry energy alone; ports, ferries, rail
lines and crossings carry the rest, and their observed waits, which are those of loaded facilities, are taken off. The
two kinds settle one after the other, for no class uses both. How close delays and traffic came is told; what
observations are held against in the end is the whole model (`validation`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing import load_flows
from isthmus.routing.bottlenecks import choose_bottlenecks, list_candidates, mean_link_cost, observed_wait
from isthmus.routing.choice import Routing
from isthmus.routing.cost import Delay, generalised_cost, no_delay
from isthmus.routing.graph import compile_graph
from isthmus.routing.passage import Problem, Watch, sweep_passages
from isthmus.trust.strain import facility_arcs, pick_destinations
from isthmus.world.accounts import BoolArray, FloatArray, freeze
from isthmus.world.network import CLASSES, MODES, Network

#: Largest gap between a traffic and that of its own delay, as a share of capacity, that is let be.
_TOLERANCE = 0.02
_MOST_STEPS, _WARM_STEPS, _DRY_STEPS = 16, 5, 4
#: Steps of queues that no later round goes on with, and how full these start at most.
#: Delay that one step may add or take beside doubling or halving, USD per tonne.
_ROOM = 5.0
#: Gaps of smaller facilities count as if they were of this size, Mt a year.
_SMALL = 3.0
ENERGY = ("liquid", "gas")
DRY = ("bulk", "general", "container", "products")
#: Delay at capacity as a share of a, steepness of pipelines and of the rest, least a in USD per tonne (DESIGN.md
#: section 4).
ALPHA, BETA, BETA_DRY, LEAST_A = 0.5, 8.0, 4.0, 10.0
#: Grids whose capacity is a guess from the map: left free.
_GUESSED = ("europe-grid", "norway-gas", "moldova", "tal", "adria", "shanghai", "west-east", "russia-centre")

#: Traffic (facility,) to that of its delays and the derivative by delays.
_Answer = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False, slots=True)
class Curves:
    """Delays of facilities, D = max(0, a alpha (v / capacity)^beta - relief); arrays are read-only."""

    names: tuple[str, ...]  # (facility,) id of the first link
    links: tuple[tuple[int, ...], ...]  # (facility,) the links that share the capacity
    capacity: FloatArray  # (facility,) Mt a year
    height: FloatArray  # (facility,) a alpha, USD per tonne
    beta: FloatArray  # (facility,)
    relief: FloatArray  # (facility,) what the observed wait is worth, USD per tonne

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def size(self) -> int:
        """Number of facilities."""
        return len(self.links)

    def beyond(self, traffic: FloatArray) -> FloatArray:
        """Return (facility,) delays at a traffic in Mt a year, USD per tonne."""
        delay: FloatArray = np.maximum(self.height * (traffic / self.capacity) ** self.beta - self.relief, 0.0)
        return delay

    def slope(self, traffic: FloatArray) -> FloatArray:
        """Return (facility,) derivatives of the delays, USD per tonne and Mt a year."""
        rise: FloatArray = self.beta * self.height / self.capacity * (traffic / self.capacity) ** (self.beta - 1.0)
        felt: FloatArray = np.where(self.beyond(traffic) > 0.0, rise, 0.0)
        return felt

    def hold(self, traffic: FloatArray, delay: FloatArray) -> FloatArray:
        """Return a traffic whose delays are at most twice and at least half of `delay`, give or take a little."""
        most, least = 2.0 * delay + _ROOM + self.relief, 0.5 * delay - _ROOM
        least = np.where(least > 0.0, least + self.relief, 0.0)
        low, high = (self.capacity * (d / self.height) ** (1 / self.beta) for d in (least, most))
        held: FloatArray = np.clip(traffic, low, high)
        return held

    def delay(self, usd: FloatArray, network: Network) -> Delay:
        """Return the delay of each link's facility, given (facility,) USD per tonne, 0 elsewhere; gates rest on it."""
        out = np.zeros(len(network.link_ids))
        for each, links in zip(usd, self.links, strict=True):
            out[list(links)] = each
        return Delay(out, out)


def join_curves(first: Curves, second: Curves) -> Curves:
    """Return the facilities of both, in this order."""
    arrays = ("capacity", "height", "beta", "relief")
    joined = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in arrays}
    return Curves(names=first.names + second.names, links=first.links + second.links, **joined)


@dataclass(frozen=True, eq=False, slots=True)
class Rough:
    """Delays of one year; arrays are read-only."""

    curves: Curves
    delay: FloatArray  # (facility,) USD per tonne
    traffic: FloatArray  # (facility,) Mt a year
    gap: float  # largest difference of traffic from that of its delay, share of capacity

    def __post_init__(self) -> None:
        freeze(self)

    def on_links(self, network: Network) -> Delay:
        """Return the delays on links."""
        return self.curves.delay(self.delay, network)


def pipelines_of(network: Network) -> Curves:
    """Return the delay curves of open pipelines and oil terminals with a capacity, one per link."""
    graph = compile_graph(network)
    cost = np.full((len(CLASSES), len(network.link_ids)), np.inf)
    forward = (graph.link >= 0) & (graph.direction == 0)
    for klass in range(len(CLASSES)):
        cost[klass, graph.link[forward]] = generalised_cost(network, graph, None, klass)[forward]
    chosen = _for_energy(network) & network.open & np.isfinite(network.capacity_mt) & (network.capacity_mt > 0)
    chosen &= np.array([not name.startswith(_GUESSED) for name in network.link_ids])
    link = np.flatnonzero(chosen)
    return Curves(
        names=tuple(network.link_ids[i] for i in link),
        links=tuple((int(i),) for i in link),
        capacity=network.capacity_mt[link],
        height=ALPHA * np.maximum(LEAST_A, _mean_cost(cost[:, link])),
        beta=np.full(link.size, BETA),
        relief=np.zeros(link.size),
    )


def _for_energy(network: Network) -> BoolArray:
    """Return (link,) whether a link is a pipeline or an oil terminal."""
    own: BoolArray = np.isin(network.mode, [MODES.index(m) for m in ("oil_pipeline", "gas_pipeline")])
    own |= np.array([name.startswith("oil-terminal-") for name in network.link_ids], dtype=bool)
    return own


def _mean_cost(cost: FloatArray) -> FloatArray:
    known = np.where(np.isfinite(cost), cost, np.nan)
    mean: FloatArray = np.nanmean(np.where(np.isnan(known).all(axis=0), 0.0, known), axis=0)
    return mean


def queues_of(problem: Problem, demand: FloatArray) -> Curves:
    """Return the delay curves of the ports, ferries, rail lines and crossings whose capacity is felt without delays.

    Parameters
    ----------
    problem : Problem
    demand : (class, zone, zone) array, t a year
    """
    network, settings = problem.network, replace(problem.settings, congestion=True)
    graph = compile_graph(network)
    none = np.full((len(CLASSES), graph.n_zones, graph.n_zones), np.inf)
    free = Routing(network, problem.economies, graph, settings, problem.scale, none, no_delay(network))
    dry = np.isin(CLASSES, DRY)
    flow = load_flows(free, demand * dry[:, None, None]).flow.sum(axis=(0, 2)) / 1e6
    energy = _for_energy(network)
    candidates = [group for group in list_candidates(network, settings) if not energy[group[0]]]
    groups = choose_bottlenecks(network, candidates, flow[[group[0] for group in candidates]])
    first = np.array([group[0] for group in groups], dtype=np.int64)
    cost = mean_link_cost(network, graph)
    return Curves(
        names=tuple(network.link_ids[i] for i in first),
        links=tuple(groups),
        capacity=network.capacity_mt[first],
        height=ALPHA * np.maximum(LEAST_A, _mean_cost(cost[:, first])),
        beta=np.full(first.size, BETA_DRY),
        relief=observed_wait(network, cost)[first],
    )


@dataclass(frozen=True, eq=False, slots=True)
class RoughYear:
    """Delays of one year at pipelines and oil terminals, and at everything else."""

    energy: Rough
    dry: Rough


def settle(
    problem: Problem,
    demand: FloatArray,
    curves: Curves,
    start: FloatArray | None = None,
    *,
    classes: tuple[str, ...] = ENERGY,
    most: int | None = None,
) -> Rough:
    """Return delays that are those of their own traffic.

    Parameters
    ----------
    problem : Problem
        Its own `delay` is replaced.
    demand : (class, zone, zone) array, t a year
    curves : Curves
    start : (facility,) array, optional
        Traffic to start from, Mt a year; by default that without delays, cut to capacity.
    classes : tuple of str
        The classes that the facilities carry.
    most : int, optional
        Steps, at most; fewer by default where a later solve goes on.
    """
    if curves.size == 0:
        return Rough(curves, np.zeros(0), np.zeros(0), 0.0)
    graph = compile_graph(problem.network)
    own = np.isin(CLASSES, classes)
    wanted = problem.network.zones.destination_weight > 0
    problem = replace(problem, wanted=wanted & own[:, None])
    arcs = facility_arcs(graph, curves.links)
    watch = Watch(arcs, np.repeat(own[:, None], curves.size, axis=1), np.zeros(curves.size, dtype=np.int64))
    load = (demand * own[:, None, None])[None] / 1e6

    cold = start is None
    if start is None:
        free = sweep_passages(replace(problem, delay=no_delay(problem.network)), load, watch)
        problem = replace(problem, wanted=problem.wanted & pick_destinations(free))
        start = np.minimum(free.flow, curves.capacity)

    def answer(traffic: FloatArray) -> tuple[FloatArray, FloatArray]:
        delayed = replace(problem, delay=curves.delay(curves.beyond(traffic), problem.network))
        found = sweep_passages(delayed, load, watch, (arcs, np.zeros_like(arcs)))
        return found.flow, found.slope

    if most is None:
        most = (_DRY_STEPS if classes == DRY else _MOST_STEPS) if cold else _WARM_STEPS
    return _newton(curves, answer, start, most)


def step_on(strain: Rough, flow: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the traffic (facility,) that one more step from a strain leads to: what a later solve starts from.

    Parameters
    ----------
    strain : Strain
    flow : (facility,) array, Mt a year
        Traffic at the strain's delays.
    slope : (facility, facility) array
        Its derivatives by the delays.
    """
    jacobian = np.eye(flow.size) - slope * strain.curves.slope(strain.traffic)[None, :]
    step = np.linalg.solve(jacobian, flow - strain.traffic)
    return strain.curves.hold(strain.traffic + step, strain.delay)


def _newton(curves: Curves, answer: _Answer, x: FloatArray, most: int) -> Rough:
    """Return x with x = v(D(x)), by Newton's method on the convex dual, whose gradient in the delays is x - v.

    A step is taken back while the gradient at its end still points on by more than half of what it began with.
    """
    size = np.maximum(curves.capacity, _SMALL)
    flow, slope = answer(x)
    best = Rough(curves, curves.beyond(x), x, float(np.max(np.abs(flow - x) / size, initial=0.0)))
    share = 1.0
    for _ in range(most):
        if best.gap <= _TOLERANCE:
            break
        jacobian = np.eye(x.size) - slope * curves.slope(x)[None, :]
        step = np.linalg.solve(jacobian, flow - x)
        ahead = curves.hold(x + share * step, curves.beyond(x))
        then, slope_then = answer(ahead)
        move = curves.beyond(ahead) - curves.beyond(x)
        began, ends = float(((x - flow) * move).sum()), float(((ahead - then) * move).sum())
        if ends > 0.5 * abs(began):
            share = min(0.5, max(0.1, abs(began) / (abs(began) + ends))) * share
            continue
        x, flow, slope, share = ahead, then, slope_then, min(1.0, 2.0 * share)
        gap = float(np.max(np.abs(flow - x) / size, initial=0.0))
        if gap < best.gap:
            best = Rough(curves, curves.beyond(x), x, gap)
    return best
