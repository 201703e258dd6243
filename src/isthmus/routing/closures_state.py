"""What closures are computed on: one pass towards a destination, its shortest-path tree, who passes where.

For one class and draw (DESIGN.md section 4); `closures_kernels` closes links on it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isthmus.routing.graph import Arcs
from isthmus.routing.heap import Index, Int32Array, _compiled
from isthmus.routing.kernels import Desk, Web, least_cost, make_desk, values
from isthmus.world.accounts import BoolArray, FloatArray, IntArray


class Shut(NamedTuple):
    """The arcs of each closure; `start` rows."""

    start: Int32Array  # (closure + 1,)
    out_arc: Index  # (arc of a closure,) position among the arcs by tail
    in_arc: Index  # the same among the arcs by head


class Pass(NamedTuple):
    """One pass towards a destination and what its closures read of it; one thread's work space."""

    out_of_in: Index  # (arc,) position by tail of the arc at a position by head
    least: FloatArray  # (arc,) what least costs and gates rest on, by tail
    hours_out: FloatArray  # (arc,) hours along the arc, by tail
    hours_in: FloatArray  # the same by head
    p: FloatArray  # (arc,) choice probability by head, 0 where none
    parent: Int32Array  # (node + zone,) arc of the shortest-path tree by tail; -1
    size: Int32Array  # (node + zone,) nodes of its subtree, itself included
    first: Int32Array  # (node + zone,) where its subtree starts in `tour`
    tour: Index  # (node + zone,) nodes, every subtree in one piece
    rank: Int32Array  # (node + zone,) position in `order`; -1 unreached
    H: FloatArray  # (node + zone,) expected hours
    x: FloatArray  # (node + zone,) tonnes that pass
    reach: BoolArray  # (node + zone,) some trip may pass by open gates


class Change(NamedTuple):
    """What one closure changes; one thread's work space."""

    lost: FloatArray  # (node + zone,) sum of p (exp(-dV / mu) - 1) so far
    lost_hours: FloatArray  # (node + zone,) the same for expected hours
    anew: BoolArray  # (node + zone,) to be valued from its arcs
    below: BoolArray  # (node + zone,) under a closed tree arc
    dirty: BoolArray  # (node + zone,) by rank: to be updated
    block: BoolArray  # (node + zone >> 6,) some of 64 ranks dirty
    listed: Index  # (node + zone,) nodes ever dirty
    under: Index  # (node + zone,) nodes under closed tree arcs, then by new least cost
    log: Index  # (node + zone,) nodes changed
    old: FloatArray  # (node + zone, 3) their pi, V, H before
    met: BoolArray  # (node + zone,) passed by trips only now
    found: Index  # (node + zone,) those nodes
    number: IntArray  # (5,) listed, under, logged, dirty now, found


def make_shut(arcs: Arcs, closure_of_arc: Int32Array, closures: int) -> Shut:
    """Return the arcs of each closure; `closure_of_arc` is in the order of `arcs.arc`, -1 for none."""
    order = np.argsort(closure_of_arc, kind="stable")
    order = order[closure_of_arc[order] >= 0]
    in_position = np.empty(arcs.arc.size, dtype=np.uint32)
    in_position[arcs.in_arc] = np.arange(arcs.arc.size, dtype=np.uint32)
    start = np.concatenate([[0], np.cumsum(np.bincount(closure_of_arc[order], minlength=closures))])
    return Shut(start.astype(np.int32), order.astype(np.uint32), in_position[order])


def _make_pass(arcs: Arcs, web: Web, hours: FloatArray) -> Pass:
    """Return empty work space; `hours` is in the order of `arcs.arc`."""
    n = web.n_nodes + web.n_zones
    least = np.empty(arcs.arc.size)
    least[arcs.in_arc] = web.in_cost
    return Pass(
        arcs.in_arc.astype(np.uint32), least, hours, hours[arcs.in_arc], np.empty(arcs.arc.size),
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.uint32),
        np.empty(n, np.int32), np.empty(n), np.empty(n), np.empty(n, np.bool_),
    )  # fmt: skip


def _make_change(web: Web) -> Change:
    """Return empty work space."""
    n = web.n_nodes + web.n_zones
    return Change(
        np.zeros(n), np.zeros(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_),
        np.zeros((n >> 6) + 1, np.bool_), np.empty(n, np.uint32), np.empty(n, np.uint32), np.empty(n, np.uint32),
        np.empty((n, 3)), np.zeros(n, np.bool_), np.empty(n, np.uint32), np.zeros(5, np.int64),
    )  # fmt: skip


class Kit(NamedTuple):
    """All that closures of one class and draw work on; one thread's own."""

    web: Web
    desk: Desk
    slate: Desk  # the same desk with room for the arcs of one node
    run: Pass
    change: Change
    shut: Shut
    width: float  # of the gate, in link costs
    tolerance: float  # changes of value and hours below it are not carried on


def make_kit(arcs: Arcs, web: Web, shut: Shut, hours: FloatArray, *, width: float, tolerance: float) -> Kit:
    """Return the work space of a thread; `hours` is in the order of `arcs.arc`."""
    desk = make_desk(web)
    most = int(np.diff(arcs.out_start).max(initial=0)) + 1
    slate = desk._replace(live=np.empty(most, np.uint32), p=np.empty(most), gate=np.empty(most))
    return Kit(web, desk, slate, _make_pass(arcs, web, hours), _make_change(web), shut, width, tolerance)


@_compiled
def graft(web: Web, desk: Desk, run: Pass, dest: int, code: int, settled: int) -> None:
    """Fill the shortest-path tree of a pass: parent arcs, subtree sizes, the tour, ranks."""
    parent, size, first, pi = run.parent, run.size, run.first, desk.pi
    parent[:] = -1
    run.rank[:] = -1
    for position in range(settled):
        k = desk.order[position]
        size[k] = 1
        run.rank[k] = position
        for e in range(web.out_start[k], web.out_start[k + 1]):
            h = web.out_head[e]
            open_to = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0)
            if open_to and pi[h] + run.least[e] == pi[k]:
                parent[k] = e
                break
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        size[web.out_head[parent[k]]] += size[k]
    first[dest] = 0
    run.tour[0] = dest
    free = desk.place  # next free place of the tour under each node; the heap is empty now
    free[dest] = 1
    for position in range(1, settled):
        k = desk.order[position]
        up = web.out_head[parent[k]]
        first[k] = free[up]
        free[up] += size[k]
        free[k] = first[k] + 1
        run.tour[first[k]] = k


@_compiled
def follow(web: Web, desk: Desk, run: Pass, dest: int, code: int, settled: int) -> float:
    """Fill `p`, `H`, `x` and `reach` of a pass from the demand in `x`; return the largest pi of an origin."""
    x, H, reach, pi = run.x, run.H, run.reach, desk.pi
    dense = np.zeros(web.out_cost.size)
    H[:] = 0.0
    for position in range(1, settled):
        k = desk.order[position]
        for m in range(desk.start[position], desk.start[position + 1]):
            e = desk.live[m]
            dense[e] = desk.p[m]
            H[k] += desk.p[m] * (run.hours_out[e] + H[web.out_head[e]])
    for i in range(run.p.size):
        run.p[i] = dense[run.out_of_in[i]]
    reach[:] = False
    farthest = 0.0
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        if k >= web.n_nodes:
            if x[k] <= 0.0:
                continue
            farthest = max(farthest, pi[k])
        elif not reach[k]:
            continue
        reach[k] = True
        for e in range(web.out_start[k], web.out_start[k + 1]):
            h = web.out_head[e]
            gated = pi[h] < pi[k] and (h < web.n_nodes or h == dest)
            if gated and (code == 0 or (web.out_bits[e] & code) == 0):
                reach[h] = True
                x[h] += x[k] * dense[e]
    return farthest


@_compiled
def prepare(kit: Kit, dest: int, code: int) -> float:
    """Run the pass of the zones in `member`, whose tonnes are in `x`; return the largest pi of an origin.

    Zones that have no route leave `member`.
    """
    web, desk, run = kit.web, kit.desk, kit.run
    settled = least_cost(web, desk, dest, code)
    values(web, desk, dest, code, settled)
    graft(web, desk, run, dest, code, settled)
    for o in range(web.n_zones):
        if desk.pi[web.n_nodes + o] == np.inf:
            desk.member[o] = False
            run.x[web.n_nodes + o] = 0.0
    return follow(web, desk, run, dest, code, settled)
