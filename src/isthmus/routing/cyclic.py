"""The logit without gates: any arc may be taken, cycles too, with one scale (Baillon and Cominetti 2008).

For networks where that is well defined, such as those of road traffic with a small scale: the gated model
has s = 1 on every arc here. As the scale goes to 0 traffic goes to the deterministic user equilibrium of
Wardrop and Beckmann, which tests hold the equilibrium of `capacity` to. Dense algebra per destination; for
networks of a few hundred nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from isthmus.routing.bottlenecks import Bottlenecks
from isthmus.routing.capacity import Answer
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze

_MOST_SWEEPS = 2000


@dataclass(frozen=True, eq=False, slots=True)
class Roads:
    """A directed network with demand; arrays are read-only."""

    tail: IntArray  # (arc,) node
    head: IntArray  # (arc,)
    free: FloatArray  # (arc,) cost without traffic
    demand: FloatArray  # (zone, zone) trips between nodes 0 .. zones - 1
    through: BoolArray  # (node,) whether trips may pass

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class CyclicLogit:
    """Trips on roads: the response to delays that `solve_delays` asks for."""

    roads: Roads
    slowed: IntArray  # (facility,) the arcs that traffic slows down
    scale: float  # in the unit of cost

    def answer(self, delay: FloatArray, *, bend: bool = False, soft: float = 1.0) -> Answer:
        """Return traffic of the facilities at `delay` (facility,), with its derivative if `bend`."""
        flow, value, hessian = self.load(delay, bend=bend, soft=soft)
        own = self.slowed
        return Answer(flow[own], value, hessian[np.ix_(own, own)] if bend else hessian)

    def load(self, delay: FloatArray, *, bend: bool = False, soft: float = 1.0) -> tuple[FloatArray, float, FloatArray]:
        """Return traffic (arc,), the dual's term, and the derivative (arc, arc) of traffic."""
        cost, mu = self.roads.free.copy(), soft * self.scale
        cost[self.slowed] += delay
        size = cost.size
        flow, hessian, value = np.zeros(size), np.zeros((size, size) if bend else (0, 0)), 0.0
        for d, arcs, demand in self._destinations():
            V, p = self._values(d, arcs, cost, mu)
            nodes = demand.size
            step = np.zeros((nodes, nodes))
            np.add.at(step, (self.roads.tail[arcs], self.roads.head[arcs]), p)
            passing = np.eye(nodes) - step
            x = np.asarray(np.linalg.solve(passing.T, demand), dtype=np.float64)
            flow[arcs] += x[self.roads.tail[arcs]] * p
            value += float(demand @ np.where(demand > 0, V, 0.0))
            if bend:
                self._bend(arcs, p, np.divide(x, mu), passing, hessian)
        return flow, value, hessian

    def _destinations(self) -> Iterator[tuple[int, IntArray, FloatArray]]:
        """Yield each destination, the arcs that trips to it may take, and its demand by node."""
        roads = self.roads
        for d in np.flatnonzero(roads.demand.sum(axis=0) > 0).tolist():
            arcs = np.flatnonzero((roads.through[roads.head] | (roads.head == d)) & (roads.tail != d))
            demand = np.zeros(roads.through.size)
            demand[: roads.demand.shape[0]] = roads.demand[:, d]
            demand[d] = 0.0
            yield d, arcs, demand

    def _values(self, d: int, arcs: IntArray, cost: FloatArray, mu: float) -> tuple[FloatArray, FloatArray]:
        """Return V (node,) and p (arc of `arcs`,): the fixed point of step 4 with s = 1, from least costs."""
        roads, nodes = self.roads, self.roads.through.size
        tail, head, c = roads.tail[arcs], roads.head[arcs], cost[arcs]
        V = dijkstra(csr_matrix((c, (head, tail)), shape=(nodes, nodes)), indices=np.array([d]))[0]
        for _ in range(_MOST_SWEEPS):
            z = c + V[head]
            best = np.full(nodes, np.inf)
            np.minimum.at(best, tail, z)
            known = np.isfinite(z)
            weight = np.where(known, np.exp(-np.where(known, z - np.where(known, best[tail], 0.0), 0.0) / mu), 0.0)
            total = np.bincount(tail, weights=weight, minlength=nodes)
            fresh = np.where(total > 0, best - mu * np.log(np.where(total > 0, total, 1.0)), np.inf)
            fresh[d] = 0.0
            moved = np.abs(fresh[np.isfinite(fresh)] - V[np.isfinite(fresh)]).max()
            V = fresh
            if moved <= 1e-13 * max(1.0, float(V[np.isfinite(V)].max())):
                break
        share: FloatArray = weight / np.where(total[tail] > 0, total[tail], 1.0)
        return V, share

    def _bend(
        self, arcs: IntArray, p: FloatArray, weight: FloatArray, passing: FloatArray, hessian: FloatArray
    ) -> None:
        """Take the covariance of passages from `hessian` (arc, arc)."""
        tail, head = self.roads.tail[arcs], self.roads.head[arcs]
        w = weight[tail] * p
        used = np.flatnonzero(w > 1e-12 * max(w.max(initial=0.0), 1e-300))
        first = np.zeros((passing.shape[0], used.size))
        np.add.at(first, (tail[used], np.arange(used.size)), p[used])
        R = np.linalg.solve(passing, first)
        D = R[head[used]] - R[tail[used]]
        D[np.arange(used.size), np.arange(used.size)] += 1.0
        hessian[np.ix_(arcs[used], arcs[used])] -= D.T @ (w[used, None] * D)


def bpr_curves(free: FloatArray, capacity: FloatArray, *, b: FloatArray, power: FloatArray) -> Bottlenecks:
    """Return delay curves of the Bureau of Public Roads: cost = free (1 + b (v / capacity)^power)."""
    zero = np.zeros(free.size)
    names = tuple(str(i) for i in range(free.size))
    links = tuple((i,) for i in range(free.size))
    return Bottlenecks(names, links, capacity, zero, free * b, power, zero.copy(), zero.copy())


def relative_gap(roads: Roads, cost: FloatArray, flow: FloatArray) -> float:
    """Return (total cost - cost of all trips on least-cost paths) / total cost: 0 at Wardrop's equilibrium."""
    nodes, least = roads.through.size, 0.0
    for d in np.flatnonzero(roads.demand.sum(axis=0) > 0).tolist():
        arcs = np.flatnonzero(roads.through[roads.head] | (roads.head == d))
        matrix = csr_matrix((cost[arcs], (roads.head[arcs], roads.tail[arcs])), shape=(nodes, nodes))
        pi = dijkstra(matrix, indices=np.array([d]))[0][: roads.demand.shape[0]]
        wanted = (roads.demand[:, d] > 0) & (np.arange(pi.size) != d)
        least += float(roads.demand[wanted, d] @ pi[wanted])
    total = float(cost @ flow)
    return (total - least) / total
