"""Compiled sweeps of the gated recursive logit, for one class and draw (DESIGN.md section 4, steps 1-5).

A pass towards destination d works on nodes with finite least cost, in the order in which Dijkstra
settles them; gates only let a trip go downhill in that cost, so one sweep up gives values and choice
probabilities, and one sweep down gives flows. Only live arcs, those with a gate and a probability
above exp(-50) of the best at their node, are listed and touched again; the rest is far below rounding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from isthmus.routing.graph import Arcs
from isthmus.routing.heap import Index, Int32Array, _compiled, _inlined, _lift, _pop, still
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

#: Choices this many scales dearer than the best are left out: exp(-50) = 2e-22.
CUTOFF = 50.0
#: A gate below which that would no longer be harmless.
_FAINT = 1e-3


class Web(NamedTuple):
    """A class's arcs and costs: `out_` rows by tail, `in_` rows by head."""

    n_nodes: int
    n_zones: int
    scale: FloatArray  # (node + zone,) mu_k
    out_start: Index
    out_head: Index
    out_cost: FloatArray
    out_gate: FloatArray  # 1 / (width of the gate x cost)
    out_bits: IntArray  # denials that bar the arc
    in_start: Index
    in_tail: Index
    in_cost: FloatArray
    in_bits: IntArray
    cutoff: float  # choices this many scales dearer than the best are left out


class Desk(NamedTuple):
    """Work space of one thread."""

    pi: FloatArray  # (node + zone,) least cost
    V: FloatArray  # (node + zone,) expected cost
    order: Index  # nodes as settled
    key: FloatArray  # (node + zone,) heap
    node: Index  # (node + zone,) heap
    place: Int32Array  # (node + zone,) position in the heap
    start: Index  # (node + zone + 1,) first live arc of order[i]
    live: Index  # (arc + 1,) live arcs, positions among the arcs by tail
    p: FloatArray  # (arc + 1,) their choice probability
    gate: FloatArray  # (arc + 1,) their gate
    x: FloatArray  # (node + zone,) flow on its way
    mark: BoolArray  # (node + zone,)
    member: BoolArray  # (zone,)


def _index(values: Int32Array) -> Index:
    """Return indices without a sign: signed ones are checked for counting from the end at every use."""
    return values.astype(np.uint32)


def make_web(
    arcs: Arcs,
    n_nodes: int,
    n_zones: int,
    *,
    width: float,
    cost: FloatArray,
    bits: IntArray,
    scale: FloatArray,
    gate_cost: FloatArray | None = None,
) -> Web:
    """Return the arrays that the sweeps read.

    `cost`, `bits` and `gate_cost` are in the order of `arcs.arc`; least costs and gates rest on `gate_cost`,
    by default the costs themselves.
    """
    least = cost if gate_cost is None else gate_cost
    return Web(
        n_nodes, n_zones, still(scale), _index(arcs.out_start), _index(arcs.head), cost, 1.0 / (width * least), bits,
        _index(arcs.in_start), _index(arcs.tail[arcs.in_arc]), least[arcs.in_arc], bits[arcs.in_arc], CUTOFF,
    )  # fmt: skip


def make_desk(web: Web) -> Desk:
    """Return empty work space."""
    size, arcs = web.n_nodes + web.n_zones, web.out_cost.size + 1
    return Desk(
        np.empty(size), np.empty(size), np.empty(size, np.uint32), np.empty(size), np.empty(size, np.uint32),
        np.empty(size, np.int32), np.empty(size + 1, np.uint32), np.empty(arcs, np.uint32), np.empty(arcs),
        np.empty(arcs), np.zeros(size), np.zeros(size, np.bool_), np.zeros(web.n_zones, np.bool_),
    )  # fmt: skip


@_compiled
def least_cost(web: Web, desk: Desk, dest: int, code: int) -> int:
    """Fill `pi` with least costs to `dest` and `order` with nodes as settled; return how many were."""
    pi, key, node, place, in_start, in_tail = desk.pi, desk.key, desk.node, desk.place, web.in_start, web.in_tail
    pi[:] = np.inf
    place[:] = -1
    pi[dest] = 0.0
    key[0], node[0] = 0.0, dest
    size, settled = 1, 0
    while size > 0:
        cost, h = key[0], node[0]
        desk.order[settled] = h
        settled += 1
        size -= 1
        if size > 0:
            _pop(key, node, place, size)
        if h >= web.n_nodes and h != dest:  # nothing passes through a zone
            continue
        for e in range(in_start[h], in_start[h + 1]):
            reached = cost + web.in_cost[e]
            k = in_tail[e]
            if reached < pi[k] and (code == 0 or (web.in_bits[e] & code) == 0):
                pi[k] = reached
                i = place[k]
                if i < 0:
                    i = size
                    size += 1
                _lift(key, node, place, i, reached, k)
    return settled


@_inlined
def _gates(web: Web, desk: Desk, k: int, dest: int, code: int, first: int) -> tuple[int, int]:
    """List the arcs out of `k` that are open, with their gate and c + V; return the end and where that is least."""
    pi, V, live, p, gate, out_head = desk.pi, desk.V, desk.live, desk.p, desk.gate, web.out_head
    own, best, at, end = pi[k], np.inf, first, first
    for e in range(web.out_start[k], web.out_start[k + 1]):
        h = out_head[e]
        gain = own - pi[h]
        cost = web.out_cost[e] + V[h]
        share = min(gain * web.out_gate[e], 1.0)
        live[end] = e  # the next arc overwrites it unless this one is open
        p[end] = cost
        gate[end] = share * share * (3.0 - 2.0 * share)
        usable = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0)
        if gain > 0.0 and gate[end] > 0.0 and usable:
            if cost < best:
                best, at = cost, end
            end += 1
    return end, at


@_inlined
def _choose(desk: Desk, first: int, end: int, at: int, mu: float, cutoff: float) -> tuple[int, float]:
    """Turn the costs listed in `p` into probabilities; return the end of the arcs that stay live and V."""
    live, p, gate = desk.live, desk.p, desk.gate
    if gate[at] < _FAINT:  # the least cost stands behind a nearly shut gate: compare c + V - mu ln s
        for m in range(first, end):
            p[m] -= mu * math.log(gate[m])
            gate[m] = 1.0
            if p[m] < p[at]:
                at = m
    best, inverse = p[at], 1.0 / mu
    total = 0.0
    kept = first
    for m in range(first, end):
        z = (p[m] - best) * inverse
        if z < cutoff:
            weight = gate[m] * math.exp(-z)
            total += weight
            live[kept] = live[m]
            p[kept] = weight
            kept += 1
    share = 1.0 / total
    for m in range(first, kept):
        p[m] *= share
    return kept, best - mu * math.log(total)


@_compiled
def values(web: Web, desk: Desk, dest: int, code: int, settled: int) -> None:
    """Fill `V` with expected costs to `dest` and the live arcs with their `p`, in increasing pi (step 4)."""
    desk.V[dest] = 0.0
    desk.start[0] = 0
    desk.start[1] = 0
    end = 0
    for position in range(1, settled):
        k = desk.order[position]
        last, at = _gates(web, desk, k, dest, code, end)
        end, desk.V[k] = _choose(desk, end, last, at, web.scale[k], web.cutoff)
        desk.start[position + 1] = end


@_compiled
def load(web: Web, desk: Desk, dest: int, settled: int, flow: FloatArray) -> None:
    """Send what is in `x` down to `dest`, adding to `flow` by arc; mark the nodes passed (step 5)."""
    x, mark = desk.x, desk.mark
    mark[:] = False
    mark[dest] = True
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        amount = x[k]
        if amount == 0.0:
            continue
        x[k] = 0.0
        mark[k] = True
        for m in range(desk.start[position], desk.start[position + 1]):
            e = desk.live[m]
            part = amount * desk.p[m]
            flow[e] += part
            x[web.out_head[e]] += part
    x[dest] = 0.0


@_compiled
def expect(web: Web, desk: Desk, dest: int, settled: int, attribute: FloatArray, R: FloatArray) -> None:
    """Fill `R` (node, attribute) with expected sums of arc attributes along trips, for marked nodes."""
    R[dest, :] = 0.0
    width = attribute.shape[1]
    for position in range(1, settled):
        k = desk.order[position]
        if not desk.mark[k]:
            continue
        R[k, :] = 0.0
        for m in range(desk.start[position], desk.start[position + 1]):
            share, e = desk.p[m], desk.live[m]
            h = web.out_head[e]
            if desk.mark[h]:  # a node that no flow reaches, for its p underflows, holds stale sums
                for a in range(width):
                    R[k, a] += share * (attribute[e, a] + R[h, a])


@_compiled
def touches(web: Web, desk: Desk, dest: int, code: int, settled: int) -> bool:
    """Return whether any gated path from the zones in `member` uses an arc barred by `code`.

    If none does, barring those arcs changes nothing for these zones. Every least-cost path is downhill,
    so the nodes they reach downhill keep their least cost, and that of others cannot fall: an open gate
    out of a reached node leads to a reached node and stays, a shut one stays shut. Any downhill arc
    counts as gated here, live or not.
    """
    mark, pi = desk.mark, desk.pi
    mark[:] = False
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        if k >= web.n_nodes:
            if not desk.member[k - web.n_nodes]:
                continue
        elif not mark[k]:
            continue
        for e in range(web.out_start[k], web.out_start[k + 1]):
            h = web.out_head[e]
            if pi[h] < pi[k] and (h < web.n_nodes or h == dest):
                if (web.out_bits[e] & code) != 0:
                    return True
                mark[h] = True
    return False


@_compiled
def solve_pass(web: Web, desk: Desk, d: int, code: int) -> int:
    """Bring the desk to the pass towards zone `d` under denials `code`; return how many nodes reach it."""
    dest = web.n_nodes + d
    settled = least_cost(web, desk, dest, code)
    values(web, desk, dest, code, settled)
    return settled


@_compiled
def deal(web: Web, desk: Desk, codes: IntArray, d: int, turn: IntArray, group_code: IntArray) -> tuple[int, int]:
    """Solve the pass towards zone `d` without denials, and find which origins need one of their own.

    `turn` holds -1 for origins that are left out and is filled with 0 for those that this pass serves,
    because no gated path of theirs meets an arc that is barred to them, and g for those under the denials
    `group_code[g]`, where `group_code[0]` is 0. Returns how many nodes reach `d` and how many more passes there are.
    """
    settled = solve_pass(web, desk, d, group_code[0])  # a literal 0 would be a type of its own
    groups = 0
    waiting = turn >= 0
    for first in range(web.n_zones):
        if not waiting[first]:
            continue
        code, own = codes[first, d], 0
        for o in range(web.n_zones):
            desk.member[o] = waiting[o] and codes[o, d] == code
        if code != 0 and touches(web, desk, web.n_nodes + d, code, settled):
            groups += 1
            own = groups
            group_code[own] = code
        for o in range(web.n_zones):
            if desk.member[o]:
                turn[o] = own
                waiting[o] = False
    return settled, groups


@_compiled
def all_costs(web: Web, desk: Desk, dests: IntArray, codes: IntArray, out: FloatArray) -> None:
    """Fill `out` (zone, destination) with V from each zone to each of `dests`; inf without a route."""
    turn, group_code = np.zeros(web.n_zones, np.int64), np.zeros(web.n_zones + 1, np.int64)
    for column in range(dests.size):
        d = dests[column]
        turn[:] = 0
        _, groups = deal(web, desk, codes, d, turn, group_code)
        for group in range(groups + 1):
            if group > 0:
                solve_pass(web, desk, d, group_code[group])
            read_costs(web, desk, turn, group, out[:, column])


@_compiled
def read_costs(web: Web, desk: Desk, turn: IntArray, group: int, out: FloatArray) -> None:
    """Fill `out` (zone,) with V from the zones whose `turn` it is; inf without a route."""
    for o in range(web.n_zones):
        if turn[o] == group:
            node = web.n_nodes + o
            out[o] = desk.V[node] if desk.pi[node] < np.inf else np.inf


@_compiled
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
    turn, group_code = np.zeros(web.n_zones, np.int64), np.zeros(web.n_zones + 1, np.int64)
    R = np.zeros((web.n_nodes + web.n_zones, attribute.shape[1]))
    for column in range(dests.size):
        d = dests[column]
        turn[:] = -1
        turn[demand[:, d] != 0.0] = 0
        if turn.max() < 0:
            continue
        settled, groups = deal(web, desk, codes, d, turn, group_code)
        for group in range(groups + 1):
            if group > 0:
                settled = solve_pass(web, desk, d, group_code[group])
            depart(web, desk, d, demand, turn, group)
            load(web, desk, web.n_nodes + d, settled, flow)
            if attribute.shape[1] > 0:
                expect(web, desk, web.n_nodes + d, settled, attribute, R)
                for o in range(web.n_zones):
                    if turn[o] == group and desk.mark[web.n_nodes + o]:
                        expected[o, column, :] = R[web.n_nodes + o, :]


@_compiled
def depart(web: Web, desk: Desk, d: int, demand: FloatArray, turn: IntArray, group: int) -> None:
    """Put the demand (zone, zone) to `d` of the zones whose `turn` it is into `x`, where there is a route."""
    for o in range(web.n_zones):
        if turn[o] == group and o != d and desk.pi[web.n_nodes + o] < np.inf:
            desk.x[web.n_nodes + o] = demand[o, d]


@_compiled
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
