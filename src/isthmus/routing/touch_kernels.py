"""Compiled re-solve of one pass where arcs open, close, get dearer or cheaper: only what changes is touched.

Least costs follow Ramalingam and Reps (1996): nodes that lose their support are settled again, together with
those that a cheaper arc improves; the result is that of a full search to the last digit, for both are the one
solution of pi_k = min_e (c_e + pi_l). Expected costs then change from the tails of changed arcs and from moved
gates upwards, in increasing new least cost, until neither they nor the choice of routes move (DESIGN.md
section 4, steps 1 to 4).

Beside dV each node gets M, a bound on the part of its trips that take another way than before or meet a
changed arc: at a node M is the total variation of its own choice plus that of the nodes ahead. Trips with M of
nil flow as they did.

References
----------
Ramalingam and Reps 1996, "On the computational complexity of dynamic graph problems".
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isthmus.routing.heap import Index, _bare, _inlined, _lift, _pop
from isthmus.routing.kernels import Desk, Web, _choose, _gates
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

#: Marks of a node.
_SEEN, _LOST, _QUEUED, _DIRECT = 1, 2, 4, 8
#: Node of a destination, denials.
Trip = tuple[int, int]
#: Changes of expected cost, USD per tonne, and of route choice that are not carried on.
TOLERANCE, TOLERANCE_CHOICE = 1e-10, 1e-9


class Shift(NamedTuple):
    """How a class's arcs of a draw differ between two states."""

    tail: Index  # (arc,) by tail
    least_old: FloatArray  # (arc,) cost that least costs rest on, by tail
    least_new: FloatArray
    cost_old: FloatArray  # (arc,) cost of trips in the old state, by tail
    out_of_in: Index  # (arc,) position by tail of the arc at a position by head
    changed: Index  # arcs that differ, positions by tail
    differs: BoolArray  # (arc,) the same by arc


class States(NamedTuple):
    """A class's arcs of a draw in two states, with the same adjacency: an arc that a state bars costs inf."""

    old: Web
    new: Web
    shift: Shift


class Sheet(NamedTuple):
    """Work space of one thread, empty between passes."""

    mark: NDArray[np.uint8]  # (node + zone,)
    M: FloatArray  # (node + zone,)
    lost: Index  # (node + zone,) nodes without support
    moved: Index  # (node + zone,) nodes settled anew, by new least cost; then those without a route left
    listed: Index  # (node + zone,) nodes with a mark
    log: Index  # (node + zone,) nodes with another least or expected cost: first those of `moved`
    tally: IntArray  # (4,) listed, settled anew, moved, log
    p_old: FloatArray  # (most arcs of a node,)
    p_new: FloatArray


def make_sheet(web: Web) -> Sheet:
    """Return empty work space."""
    size, most = web.n_nodes + web.n_zones, int(np.diff(web.out_start.astype(np.int64)).max(initial=0)) + 1
    lists = [np.empty(size, np.uint32) for _ in range(4)]
    return Sheet(
        np.zeros(size, np.uint8), np.zeros(size), lists[0], lists[1], lists[2], lists[3], np.zeros(4, np.int64),
        np.zeros(most), np.zeros(most),
    )  # fmt: skip


@_inlined
def _stamp(sheet: Sheet, k: int, mark: int) -> None:
    """Give a node a mark, and list it if it had none."""
    if sheet.mark[k] == 0:
        sheet.listed[sheet.tally[0]] = k
        sheet.tally[0] += 1
    sheet.mark[k] |= np.uint8(mark)


@_inlined
def _gate(gain: float, slope: float) -> float:
    """Return how far a gate is open, before smoothing."""
    return min(gain * slope, 1.0) if gain > 0.0 and slope > 0.0 else 0.0


@_inlined
def _doubt(web: Web, shift: Shift, desk: Desk, sheet: Sheet, pi0: FloatArray, dest: int) -> int:
    """Put the tails of dearer arcs that gave them their least cost on the heap; return its size."""
    size = 0
    for c in range(shift.changed.size):
        e = shift.changed[c]
        k, h = shift.tail[e], web.out_head[e]
        if shift.least_new[e] <= shift.least_old[e] or sheet.mark[k] != 0 or pi0[k] == np.inf:
            continue
        if pi0[h] + shift.least_old[e] == pi0[k] and (h < web.n_nodes or h == dest):
            _stamp(sheet, k, _SEEN)
            _lift(desk.key, desk.node, desk.place, size, pi0[k], k)
            size += 1
    return size


@_inlined
def _held(web: Web, shift: Shift, sheet: Sheet, pi0: FloatArray, k: int, trip: Trip) -> bool:
    """Tell whether some arc still gives a node its old least cost."""
    for e in range(web.out_start[k], web.out_start[k + 1]):
        h = web.out_head[e]
        usable = (h < web.n_nodes or h == trip[0]) and (trip[1] == 0 or (web.out_bits[e] & trip[1]) == 0)
        if usable and sheet.mark[h] & _LOST == 0 and pi0[h] + shift.least_new[e] <= pi0[k]:
            return True
    return False


@_bare
def lose(states: States, desk: Desk, sheet: Sheet, pi0: FloatArray, dest: int, code: int) -> int:
    """List in `lost` the nodes none of whose arcs gives their old least cost any more; return how many."""
    web, shift, key, node, place, mark = states.new, states.shift, desk.key, desk.node, desk.place, sheet.mark
    size, lost = _doubt(web, shift, desk, sheet, pi0, dest), 0
    while size > 0:
        k = node[0]
        size -= 1
        if size > 0:
            _pop(key, node, place, size)
        if _held(web, shift, sheet, pi0, k, (dest, code)):
            continue
        mark[k] |= np.uint8(_LOST)
        sheet.lost[lost] = k
        lost += 1
        for i in range(web.in_start[k], web.in_start[k + 1] if k < web.n_nodes else web.in_start[k]):
            j = web.in_tail[i]
            if mark[j] == 0 and pi0[k] + shift.least_old[shift.out_of_in[i]] == pi0[j]:
                _stamp(sheet, j, _SEEN)
                _lift(key, node, place, size, pi0[j], j)
                size += 1
    return lost


@_inlined
def _offer(desk: Desk, k: int, reached: float, size: int) -> int:
    """Lower the least cost of a node to `reached`, in the heap; return the heap's size."""
    desk.pi[k] = reached
    spot = desk.place[k]
    if spot < 0:
        spot = size
        size += 1
    _lift(desk.key, desk.node, desk.place, spot, reached, k)
    return size


@_inlined
def _start(web: Web, shift: Shift, desk: Desk, sheet: Sheet, dest: int, code: int, lost: int) -> int:
    """Offer lost nodes and the tails of cheaper arcs their best arc; return the heap's size."""
    pi, size = desk.pi, 0
    for m in range(lost):
        pi[sheet.lost[m]] = np.inf
    for m in range(lost):
        u = sheet.lost[m]
        best = np.inf
        for e in range(web.out_start[u], web.out_start[u + 1]):
            h = web.out_head[e]
            usable = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0)
            if usable:
                best = min(best, pi[h] + shift.least_new[e])
        if best < np.inf:
            size = _offer(desk, u, best, size)
    for c in range(shift.changed.size):
        e = shift.changed[c]
        k, h = shift.tail[e], web.out_head[e]
        reached = pi[h] + shift.least_new[e]
        usable = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0)
        if usable and reached < pi[k]:
            size = _offer(desk, k, reached, size)
    return size


@_bare
def settle_again(states: States, desk: Desk, sheet: Sheet, dest: int, code: int, lost: int) -> None:
    """Bring `pi` from its old to its new values; list in `moved` the nodes concerned."""
    web, pi, key, node, place = states.new, desk.pi, desk.key, desk.node, desk.place
    place[:] = -1
    size = _start(web, states.shift, desk, sheet, dest, code, lost)
    settled = 0
    while size > 0:
        cost, h = key[0], node[0]
        sheet.moved[settled] = h
        settled += 1
        size -= 1
        if size > 0:
            _pop(key, node, place, size)
        if h >= web.n_nodes and h != dest:
            continue
        for i in range(web.in_start[h], web.in_start[h + 1]):
            reached = cost + web.in_cost[i]
            k = web.in_tail[i]
            if reached < pi[k] and (code == 0 or (web.in_bits[i] & code) == 0):
                size = _offer(desk, k, reached, size)
    sheet.tally[1] = settled
    for m in range(lost):
        if pi[sheet.lost[m]] == np.inf:
            sheet.moved[settled] = sheet.lost[m]
            settled += 1
    sheet.tally[2] = settled


@_inlined
def _queue(desk: Desk, sheet: Sheet, k: int, mark: int, size: int) -> int:
    """Have a node valued; return the heap's size."""
    if desk.pi[k] < np.inf:
        if sheet.mark[k] & _QUEUED == 0:
            _lift(desk.key, desk.node, desk.place, size, desk.pi[k], k)
            size += 1
        _stamp(sheet, k, mark | _QUEUED)
    return size


@_inlined
def _queue_changes(
    old: Web, web: Web, shift: Shift, desk: Desk, sheet: Sheet, pi0: FloatArray, dest: int, code: int
) -> int:
    """Have the tails of changed arcs and of moved gates valued; return the heap's size."""
    pi, size = desk.pi, 0
    for c in range(shift.changed.size):
        e = shift.changed[c]
        k, h = shift.tail[e], web.out_head[e]
        usable = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0) and k != dest
        if usable and (pi[k] > pi[h] or pi0[k] > pi0[h]):
            size = _queue(desk, sheet, k, _DIRECT, size)
    for m in range(sheet.tally[2]):
        k = sheet.moved[m]
        size = _queue(desk, sheet, k, _DIRECT, size)
        for i in range(web.in_start[k], web.in_start[k + 1] if k < web.n_nodes else web.in_start[k]):
            j, e = web.in_tail[i], shift.out_of_in[i]
            before, after = _gate(pi0[j] - pi0[k], old.out_gate[e]), _gate(pi[j] - pi[k], web.out_gate[e])
            if before != after:
                size = _queue(desk, sheet, j, _DIRECT, size)
    return size


@_inlined
def _vary(old: Web, differs: BoolArray, slate: Desk, other: Desk, sheet: Sheet, k: int, trip: Trip, last: int) -> float:
    """Return the total variation of a node's choice, all of the arcs that differ counted; `slate` has the new one."""
    first, degree = old.out_start[k], old.out_start[k + 1] - old.out_start[k]
    p_old, p_new = sheet.p_old, sheet.p_new
    for a in range(degree):
        p_old[a] = p_new[a] = 0.0
    for m in range(last):
        p_new[slate.live[m] - first] = slate.p[m]
    if other.pi[k] < np.inf:
        end, best = _gates(old, other, k, trip[0], trip[1], 0)
        end, _ = _choose(other, 0, end, best, old.scale[k], old.cutoff)
        for m in range(end):
            p_old[other.live[m] - first] = other.p[m]
    total = 0.0
    for a in range(degree):
        if differs[first + a]:
            total += max(p_old[a], p_new[a])
        else:
            total += 0.5 * abs(p_new[a] - p_old[a])
    return total


@_inlined
def _carry(web: Web, shift: Shift, desk: Desk, sheet: Sheet, V0: FloatArray, k: int, code: int, size: int) -> int:
    """Have the nodes uphill valued that feel the change of `k`; return the heap's size."""
    pi, V, scale = desk.pi, desk.V, web.scale
    gain, vary = abs(V[k] - V0[k]), sheet.M[k]
    if gain <= TOLERANCE and vary <= TOLERANCE_CHOICE:
        return size
    for i in range(web.in_start[k], web.in_start[k + 1]):
        j, e = web.in_tail[i], shift.out_of_in[i]
        if sheet.mark[j] & _QUEUED != 0 or pi[j] <= pi[k] or (web.in_bits[i] & code) != 0:
            continue
        # The larger of the arc's weights before and after, its gate taken as open.
        z = min(web.out_cost[e] + V[k], shift.cost_old[e] + V0[k]) - V0[j]
        weight = math.exp(-z / scale[j])
        if weight * gain > TOLERANCE or weight * vary > TOLERANCE_CHOICE:
            size = _queue(desk, sheet, j, _SEEN, size)
    return size


@_inlined
def _follow(desk: Desk, slate: Desk, web: Web, V0: FloatArray, k: int, last: int) -> float:
    """Return a bound on the change of a node's choice that comes from the expected costs ahead."""
    own, total = float(desk.V[k] - V0[k]), 0.0
    for m in range(last):
        h = web.out_head[slate.live[m]]
        total += slate.p[m] * abs(desk.V[h] - V0[h] - own)
    return total / float(web.scale[k])


@_bare
def value_again(
    states: States, desk: Desk, slate: Desk, other: Desk, sheet: Sheet, dest: int, code: int
) -> int:  # fmt: skip
    """Bring `V` from its old to its new values, fill `M` and the log; return how many nodes were valued.

    `desk` has the new `pi`, and the old `V`; `slate` is the same desk with room for the arcs of one node, and
    `other` the old state with such room.
    """
    old, web, shift, pi, V, pi0, V0, M = (
        states.old, states.new, states.shift, desk.pi, desk.V, other.pi, other.V, sheet.M,
    )  # fmt: skip
    size = _queue_changes(old, web, shift, desk, sheet, pi0, dest, code)
    logged, valued = sheet.tally[2], 0
    for m in range(sheet.tally[2]):
        k = sheet.moved[m]
        sheet.log[m] = k
        _stamp(sheet, k, _SEEN)
        if pi[k] == np.inf:
            V[k], M[k] = np.inf, 1.0
    while size > 0:
        k = desk.node[0]
        size -= 1
        if size > 0:
            _pop(desk.key, desk.node, desk.place, size)
        last, best = _gates(web, slate, k, dest, code, 0)
        last, V[k] = _choose(slate, 0, last, best, web.scale[k], web.cutoff)
        valued += 1
        ahead = 0.0
        for m in range(last):
            ahead += slate.p[m] * M[web.out_head[slate.live[m]]]
        if sheet.mark[k] & _DIRECT != 0:
            ahead += _vary(old, shift.differs, slate, other, sheet, k, (dest, code), last)
        else:
            ahead += _follow(desk, slate, web, V0, k, last)
        M[k] = min(1.0, ahead)
        if pi[k] == pi0[k]:
            sheet.log[logged] = k
            logged += 1
        if k < web.n_nodes:
            size = _carry(web, shift, desk, sheet, V0, k, code, size)
    sheet.tally[3] = logged
    return valued


@_bare
def wipe(sheet: Sheet) -> None:
    """Empty the work space."""
    for m in range(sheet.tally[0]):
        sheet.mark[sheet.listed[m]] = 0
        sheet.M[sheet.listed[m]] = 0.0
    sheet.tally[:] = 0
