"""Compiled sweeps of the gated recursive logit, for one class and draw (DESIGN.md section 4, steps 1-5).

A pass towards destination d works on nodes with finite least cost, in the order in which Dijkstra
settles them; gates only let a trip go downhill in that cost, so one sweep up gives values and choice
probabilities, and one sweep down gives flows. Arcs are in the order of `Arcs`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from isthmus.routing.graph import Arcs
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

Int32Array = NDArray[np.int32]


class Web(NamedTuple):
    """A class's arcs and costs: `out_` rows by tail, `in_` rows by head."""

    n_nodes: int
    n_zones: int
    width: float  # of the gate, in link costs
    scale: FloatArray  # (node + zone,) mu_k
    out_start: Int32Array
    out_head: Int32Array
    out_cost: FloatArray
    out_bits: IntArray  # denials that bar the arc
    in_start: Int32Array
    in_tail: Int32Array
    in_cost: FloatArray
    in_bits: IntArray


class Desk(NamedTuple):
    """Work space of one thread."""

    pi: FloatArray  # (node + zone,) least cost
    V: FloatArray  # (node + zone,) expected cost
    order: Int32Array  # nodes as settled
    key: FloatArray  # heap
    node: Int32Array  # heap
    p: FloatArray  # (arc,) choice probability at the arc's tail
    x: FloatArray  # (node + zone,) flow on its way
    mark: BoolArray  # (node + zone,)
    member: BoolArray  # (zone,)


def make_web(
    arcs: Arcs, n_nodes: int, n_zones: int, *, width: float, cost: FloatArray, bits: IntArray, scale: FloatArray
) -> Web:
    """Return the arrays that the sweeps read; `cost` and `bits` are in the order of `arcs.arc`."""
    return Web(
        n_nodes, n_zones, width, scale, arcs.out_start, arcs.head, cost, bits, arcs.in_start,
        arcs.tail[arcs.in_arc], cost[arcs.in_arc], bits[arcs.in_arc],
    )  # fmt: skip


def make_desk(web: Web) -> Desk:
    """Return empty work space."""
    size, arcs = web.n_nodes + web.n_zones, web.out_cost.size
    return Desk(
        np.empty(size), np.empty(size), np.empty(size, np.int32), np.empty(arcs + 1), np.empty(arcs + 1, np.int32),
        np.empty(arcs), np.zeros(size), np.zeros(size, np.bool_), np.zeros(web.n_zones, np.bool_),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _pop(key: FloatArray, node: Int32Array, size: int) -> None:
    """Remove the root of a 4-ary heap of `size` entries by sifting its last leaf down."""
    last_key = key[size - 1]
    last_node = node[size - 1]
    size -= 1
    i = 0
    while True:
        child = 4 * i + 1
        if child >= size:
            break
        low = child
        for other in range(child + 1, min(child + 4, size)):
            if key[other] < key[low]:
                low = other
        if key[low] >= last_key:
            break
        key[i] = key[low]
        node[i] = node[low]
        i = low
    key[i] = last_key
    node[i] = last_node


@njit(cache=True, nogil=True)
def _push(key: FloatArray, node: Int32Array, size: int, value: float, item: int) -> None:
    """Add an entry to a 4-ary heap of `size` entries."""
    i = size
    while i > 0:
        parent = (i - 1) >> 2
        if key[parent] <= value:
            break
        key[i] = key[parent]
        node[i] = node[parent]
        i = parent
    key[i] = value
    node[i] = item


@njit(cache=True, nogil=True)
def least_cost(web: Web, desk: Desk, dest: int, code: int) -> int:
    """Fill `pi` with least costs to `dest` and `order` with nodes as settled; return how many were."""
    pi = desk.pi
    pi[:] = np.inf
    pi[dest] = 0.0
    desk.key[0] = 0.0
    desk.node[0] = dest
    size = 1
    settled = 0
    while size > 0:
        key = desk.key[0]
        node = desk.node[0]
        _pop(desk.key, desk.node, size)
        size -= 1
        if key > pi[node]:
            continue
        desk.order[settled] = node
        settled += 1
        if node >= web.n_nodes and node != dest:
            continue
        for e in range(web.in_start[node], web.in_start[node + 1]):
            reached = key + web.in_cost[e]
            k = web.in_tail[e]
            if reached < pi[k] and (code == 0 or (web.in_bits[e] & code) == 0):
                pi[k] = reached
                _push(desk.key, desk.node, size, reached, k)
                size += 1
    return settled


@njit(cache=True, nogil=True)
def values(web: Web, desk: Desk, dest: int, code: int, settled: int) -> None:
    """Fill `V` with expected costs to `dest` and `p` with choice probabilities, in increasing pi (step 4)."""
    pi, V, p = desk.pi, desk.V, desk.p
    V[dest] = 0.0
    for position in range(1, settled):
        k = desk.order[position]
        start, end = web.out_start[k], web.out_start[k + 1]
        best = np.inf
        for e in range(start, end):
            h = web.out_head[e]
            p[e] = -1.0
            if pi[h] < pi[k] and (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0):
                p[e] = web.out_cost[e] + V[h]
                best = min(best, p[e])
        mu = web.scale[k]
        total = 0.0
        for e in range(start, end):
            u = p[e]
            p[e] = 0.0
            if u < 0.0:
                continue
            z = (u - best) / mu
            if z < 40.0:
                gate = (pi[k] - pi[web.out_head[e]]) / (web.width * web.out_cost[e])
                gate = 1.0 if gate >= 1.0 else gate * gate * (3.0 - 2.0 * gate)
                p[e] = gate * np.exp(-z)
                total += p[e]
        V[k] = best - mu * np.log(total)
        for e in range(start, end):
            p[e] /= total


@njit(cache=True, nogil=True)
def load(web: Web, desk: Desk, dest: int, settled: int, flow: FloatArray) -> None:
    """Send what is in `x` down to `dest`, adding to `flow` by arc; mark the nodes passed (step 5)."""
    x, p, mark = desk.x, desk.p, desk.mark
    mark[:] = False
    mark[dest] = True
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        amount = x[k]
        if amount == 0.0:
            continue
        x[k] = 0.0
        mark[k] = True
        for e in range(web.out_start[k], web.out_start[k + 1]):
            if p[e] > 0.0:
                flow[e] += amount * p[e]
                x[web.out_head[e]] += amount * p[e]
    x[dest] = 0.0


@njit(cache=True, nogil=True)
def expect(web: Web, desk: Desk, dest: int, settled: int, attribute: FloatArray, R: FloatArray) -> None:
    """Fill `R` (node, attribute) with expected sums of arc attributes along trips, for marked nodes."""
    R[dest, :] = 0.0
    for position in range(1, settled):
        k = desk.order[position]
        if not desk.mark[k]:
            continue
        R[k, :] = 0.0
        for e in range(web.out_start[k], web.out_start[k + 1]):
            share = desk.p[e]
            h = web.out_head[e]
            if share > 1e-12 and desk.mark[h]:
                for a in range(attribute.shape[1]):
                    R[k, a] += share * (attribute[e, a] + R[h, a])


@njit(cache=True, nogil=True)
def touches(web: Web, desk: Desk, code: int, settled: int) -> bool:
    """Return whether any gated path from the zones in `member` uses an arc barred by `code`.

    If none does, barring those arcs changes nothing for these zones: their shortest paths are gated
    paths, so their least costs stay, gates on their paths stay, and other gates can only stay shut.
    """
    mark = desk.mark
    mark[:] = False
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        if k >= web.n_nodes:
            if not desk.member[k - web.n_nodes]:
                continue
        elif not mark[k]:
            continue
        for e in range(web.out_start[k], web.out_start[k + 1]):
            if desk.p[e] > 0.0:
                if (web.out_bits[e] & code) != 0:
                    return True
                mark[web.out_head[e]] = True
    return False


@njit(cache=True, nogil=True)
def settle(web: Web, desk: Desk, d: int, code: int, held: int, settled: int) -> tuple[int, int]:
    """Bring the desk to the pass towards zone `d` that binds the zones in `member` under denials `code`.

    `held` is the code of the pass that the desk holds (-1: none) and `settled` its nodes; returns both
    anew. A pass without denials also serves a code whose arcs its trips never touch.
    """
    dest = web.n_nodes + d
    if held != 0:
        settled = least_cost(web, desk, dest, 0)
        values(web, desk, dest, 0, settled)
        held = 0
    if code != 0 and touches(web, desk, code, settled):
        settled = least_cost(web, desk, dest, code)
        values(web, desk, dest, code, settled)
        held = code
    return held, settled


@njit(cache=True, nogil=True)
def pick(web: Web, desk: Desk, codes: IntArray, d: int, code: int, done: BoolArray) -> None:
    """Mark in `member` and `done` the origins whose trips to zone `d` are under denials `code`."""
    for o in range(web.n_zones):
        desk.member[o] = codes[o, d] == code
        if desk.member[o]:
            done[o] = True


@njit(cache=True, nogil=True)
def all_costs(web: Web, desk: Desk, dests: IntArray, codes: IntArray, out: FloatArray) -> None:
    """Fill `out` (zone, destination) with V from each zone to each of `dests`; inf without a route."""
    done = np.empty(web.n_zones, np.bool_)
    for column in range(dests.size):
        d = dests[column]
        done[:] = False
        held, settled = -1, 0
        for first in range(web.n_zones):
            if done[first]:
                continue
            pick(web, desk, codes, d, codes[first, d], done)
            held, settled = settle(web, desk, d, codes[first, d], held, settled)
            for o in range(web.n_zones):
                if desk.member[o]:
                    node = web.n_nodes + o
                    out[o, column] = desk.V[node] if desk.pi[node] < np.inf else np.inf


@njit(cache=True, nogil=True)
def all_flows(
    web: Web,
    desk: Desk,
    dests: IntArray,
    codes: IntArray,
    demand: FloatArray,
    attribute: FloatArray,
    flow: FloatArray,
    expected: FloatArray,
) -> None:
    """Add the flows of `demand` (zone, zone) to `flow` by arc; fill `expected` (zone, destination, attribute)."""
    done = np.empty(web.n_zones, np.bool_)
    R = np.zeros((web.n_nodes + web.n_zones, attribute.shape[1]))
    for column in range(dests.size):
        d = dests[column]
        done[:] = False
        held, settled = -1, 0
        for first in range(web.n_zones):
            if done[first] or demand[first, d] == 0.0:
                continue
            pick(web, desk, codes, d, codes[first, d], done)
            held, settled = settle(web, desk, d, codes[first, d], held, settled)
            for o in range(web.n_zones):
                if desk.member[o] and o != d and desk.pi[web.n_nodes + o] < np.inf:
                    desk.x[web.n_nodes + o] = demand[o, d]
            load(web, desk, web.n_nodes + d, settled, flow)
            if attribute.shape[1] > 0:
                expect(web, desk, web.n_nodes + d, settled, attribute, R)
                for o in range(web.n_zones):
                    if desk.member[o] and desk.mark[web.n_nodes + o]:
                        expected[o, column, :] = R[web.n_nodes + o, :]


@njit(cache=True, nogil=True)
def node_scales(out_start: Int32Array, low_cost: FloatArray, eta: float, cap: float) -> FloatArray:
    """Return mu_k = min(cap, root of sum_e exp(-(1 - eta) c_e / mu) = 1) (step 3)."""
    n = out_start.size - 1
    mu = np.full(n, cap)
    for k in range(n):
        low, high = 0.0, cap
        trial = cap
        for step in range(60):
            total = 0.0
            for e in range(out_start[k], out_start[k + 1]):
                total += np.exp(-(1.0 - eta) * low_cost[e] / trial)
            if total > 1.0:
                high = trial
            elif step == 0:
                low = cap
                break
            else:
                low = trial
            trial = 0.5 * (low + high)
        mu[k] = max(low, 1e-6)
    return mu
