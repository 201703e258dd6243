"""What passes chosen places, and how that answers to costs: the sweeps behind calibration and validation.

For a place t with weight a_te on arc e, E_k = expected weight met from node k to the destination, so that
its flow is sum over trips of demand x E. A constant c adds B_ce USD per tonne to arc e. With gates fixed,

    dflow_t / dc = - sum_k (x_k / mu_k) Cov_k(a_te + E_l, B_ce + D_l),  D_k = dV_k / dc,

where x_k is the flow through node k and the covariance is over the choice of the next arc (k, l) there.
E and D are expectations along trips and come from one sweep (DESIGN.md section 4, step 5).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from isthmus.routing import kernels
from isthmus.routing.cost import Delay, RoutingSettings, draw_factors, generalised_cost
from isthmus.routing.graph import Graph, arc_masks, compile_graph, select_arcs, zone_masks
from isthmus.routing.heap import _compiled, still
from isthmus.routing.kernels import Desk, Web
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES, Network

#: Covariances below this are rounding.
_NIL = 1e-12


@dataclass(frozen=True, eq=False, slots=True)
class Watch:
    """Places to watch; arrays are read-only."""

    weight: FloatArray  # (arc, place) what one tonne over the arc adds to the place's flow
    classes: BoolArray  # (class, place) which classes count
    group: IntArray  # (place,) which of the demands counts

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class Passages:
    """Flows of places, and their derivatives; arrays are read-only."""

    flow: FloatArray  # (place,) in the demand's unit
    slope: FloatArray  # (place, constant) per USD per tonne or hour of each constant
    by_destination: FloatArray  # (class, zone, place) flow by destination zone

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """A network to be swept: everything that does not depend on the places."""

    network: Network
    economies: tuple[str, ...]
    settings: RoutingSettings
    scale: FloatArray  # (class, node + zone) USD per tonne
    delay: Delay  # by congestion, on links
    wanted: BoolArray  # (class, zone) destinations that are swept

    def __post_init__(self) -> None:
        freeze(self)


@_compiled
def _load_groups(web: Web, desk: Desk, settled: int, x: FloatArray) -> None:
    """Send the flows in `x` (node, group) downhill, leaving in each node what passes it; mark the nodes."""
    mark = desk.mark
    mark[:] = False
    mark[desk.order[0]] = True
    groups = x.shape[1]
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        total = 0.0
        for g in range(groups):
            total += x[k, g]
        if total == 0.0:
            continue
        mark[k] = True
        for m in range(desk.start[position], desk.start[position + 1]):
            h = web.out_head[desk.live[m]]
            for g in range(groups):
                x[h, g] += x[k, g] * desk.p[m]


@_compiled
def _list_moves(
    own: FloatArray, ahead: FloatArray, here: FloatArray, first: int, u: FloatArray, moved: IntArray
) -> int:
    """List in `moved` the constants, columns from `first` on, to which an arc is not as its node; return how many."""
    count = 0
    for c in range(u.size):
        gap = own[first + c] + ahead[first + c] - here[first + c]
        if abs(gap) > _NIL:
            u[count] = gap
            moved[count] = c
            count += 1
    return count


@_compiled
def _add_slopes(
    web: Web,
    desk: Desk,
    settled: int,
    x: FloatArray,
    group: IntArray,
    attribute: FloatArray,
    R: FloatArray,
    slope: FloatArray,
) -> None:
    """Add to `slope` (place, constant) what the choices at each node contribute; places come first in R."""
    places = slope.shape[0]
    u = np.empty(slope.shape[1])
    moved = np.empty(slope.shape[1], np.int64)
    for position in range(1, settled):
        k = desk.order[position]
        first, end = desk.start[position], desk.start[position + 1]
        if not desk.mark[k] or end - first < 2:
            continue
        for m in range(first, end):
            e = desk.live[m]
            h = web.out_head[e]
            if not desk.mark[h]:
                continue
            count = _list_moves(attribute[e], R[h], R[k], places, u, moved)
            share = desk.p[m] / web.scale[k]
            for t in range(places if count > 0 else 0):
                w = attribute[e, t] + R[h, t] - R[k, t]
                if abs(w) > _NIL:
                    w *= share * x[k, group[t]]
                    for i in range(count):
                        slope[t, moved[i]] -= w * u[i]


class _Load(NamedTuple):
    """What is sent through one class's web, and what is counted."""

    demand: FloatArray  # (group, zone, zone)
    group: IntArray  # (place,)
    attribute: FloatArray  # (arc of the web, place + constant)


@_compiled
def _depart(web: Web, desk: Desk, d: int, demand: FloatArray, own: BoolArray, x: FloatArray) -> None:
    """Fill `x` (node, group) with the demand to `d` of the zones in `own`, where there is a route."""
    x[:] = 0.0
    for o in range(web.n_zones):
        if own[o] and o != d and desk.pi[web.n_nodes + o] < np.inf:
            x[web.n_nodes + o] = demand[:, o, d]


@_compiled
def _sweep(
    web: Web,
    desk: Desk,
    dests: IntArray,
    codes: IntArray,
    load: _Load,
    flow: FloatArray,
    slope: FloatArray,
) -> None:
    """Fill `flow` (destination, place) and add to `slope`."""
    demand, group, attribute = load.demand, load.group, load.attribute
    n, groups = web.n_nodes, demand.shape[0]
    places = flow.shape[1]
    turn, group_code = np.zeros(web.n_zones, np.int64), np.zeros(web.n_zones + 1, np.int64)
    R = np.zeros((n + web.n_zones, attribute.shape[1]))
    x = np.zeros((n + web.n_zones, groups))
    for column in range(dests.size):
        d = dests[column]
        turn[:] = -1
        turn[demand[:, :, d].sum(axis=0) != 0.0] = 0
        if turn.max() < 0:
            continue
        settled, passes = kernels.deal(web, desk, codes, d, turn, group_code)
        for own in range(passes + 1):
            if own > 0:
                settled = kernels.solve_pass(web, desk, d, group_code[own])
            _depart(web, desk, d, demand, turn == own, x)
            _load_groups(web, desk, settled, x)
            kernels.expect(web, desk, n + d, settled, attribute, R)
            for o in range(web.n_zones):
                if turn[o] == own and o != d and desk.mark[n + o]:
                    for t in range(places):
                        flow[column, t] += demand[group[t], o, d] * R[n + o, t]
            if slope.shape[1] > 0:
                _add_slopes(web, desk, settled, x, group, attribute, R, slope)


@dataclass(frozen=True, eq=False, slots=True)
class _Piece:
    """Some destinations of one class and draw."""

    klass: int
    dests: IntArray
    web: Web
    places: IntArray  # places that this class can pass
    constants: IntArray  # constants that it can meet
    attribute: FloatArray  # (arc of the web, place + constant), of these alone


def sweep_passages(
    problem: Problem, demand: FloatArray, watch: Watch, constants: tuple[FloatArray, FloatArray] | None = None
) -> Passages:
    """Return the flow of each watched place and its derivatives.

    Parameters
    ----------
    problem : Problem
    demand : (group, class, zone, zone) array
        Any unit.
    watch : Watch
    constants : (usd, hours), each (arc, constant), optional
        What one unit of each constant adds to an arc, in USD per tonne and in hours.

    Returns
    -------
    Passages
        Means over taste draws; derivatives hold gates and demand fixed.
    """
    graph = compile_graph(problem.network)
    codes = zone_masks(problem.network, problem.economies)
    places = watch.weight.shape[1]
    width = 0 if constants is None else constants[0].shape[1]

    def run(piece: _Piece) -> tuple[FloatArray, FloatArray]:
        flow = np.zeros((piece.dests.size, piece.places.size))
        slope = np.zeros((piece.places.size, piece.constants.size))
        desk = kernels.make_desk(piece.web)
        load = _Load(still(np.ascontiguousarray(demand[:, piece.klass])), watch.group[piece.places], piece.attribute)
        _sweep(piece.web, desk, piece.dests, codes, load, flow, slope)
        return flow, slope

    by_destination = np.zeros((len(CLASSES), graph.n_zones, places))
    slopes = np.zeros((places, width))
    used = demand.sum(axis=(0, 2)) > 0
    threads = problem.settings.threads or os.cpu_count() or 1
    with ThreadPoolExecutor(max_workers=threads) as pool:
        pieces = list(_pieces(problem, graph, watch, constants, used))
        for piece, (flow, slope) in zip(pieces, pool.map(run, pieces), strict=True):
            by_destination[piece.klass][np.ix_(piece.dests, piece.places)] += flow / problem.settings.draws
            slopes[np.ix_(piece.places, piece.constants)] += slope / problem.settings.draws
    return Passages(by_destination.sum(axis=(0, 1)), slopes, by_destination)


def _pieces(
    problem: Problem, graph: Graph, watch: Watch, constants: tuple[FloatArray, FloatArray] | None, used: BoolArray
) -> Iterator[_Piece]:
    """Yield the pieces in a fixed order."""
    network, settings = problem.network, problem.settings
    bits = arc_masks(network, graph)
    on_link = np.where(graph.link >= 0, graph.link, 0)
    for klass in range(len(CLASSES)):
        dests = np.flatnonzero(problem.wanted[klass] & used[klass])
        if not dests.size or not watch.classes[klass].any():
            continue
        weight = watch.weight * watch.classes[klass]
        for draw in range(settings.draws):
            factors = draw_factors(network, settings, draw)
            cost, gate = (
                generalised_cost(network, graph, factors, klass, delay=delay)
                for delay in (problem.delay.now, problem.delay.gate)
            )
            arcs = select_arcs(graph, np.isfinite(cost))
            own = np.where(graph.link >= 0, factors["wait"][on_link], 1.0)
            hour = network.value_of_time[klass] * factors["time"] * own
            met = np.zeros((arcs.arc.size, 0))
            if constants is not None:
                met = constants[0][arcs.arc] + constants[1][arcs.arc] * hour[arcs.arc, None]
            passed = weight[arcs.arc]
            mine, felt = np.flatnonzero(passed.any(axis=0)), np.flatnonzero(met.any(axis=0))
            if not mine.size:
                break
            attribute = np.ascontiguousarray(np.concatenate([passed[:, mine], met[:, felt]], axis=1))
            web = kernels.make_web(
                arcs, graph.n_nodes, graph.n_zones, width=settings.gate,
                cost=cost[arcs.arc], gate_cost=gate[arcs.arc], bits=bits[arcs.arc], scale=problem.scale[klass],
            )  # fmt: skip
            for part in np.array_split(dests, 3):
                yield _Piece(klass, part, web, mine, felt, attribute)
