"""Compiled N-1: what closing links does to all trips towards one destination, for one class and draw.

One pass gives least costs, values, probabilities and the shortest-path tree. A closure then touches
only what it changes: nodes below a closed tree arc get new least costs (Dijkstra among them alone) and
are valued anew; every other node whose downhill neighbours changed is updated from its old
probabilities,

    V'_k - V_k = -mu_k ln(1 + sum_e p_e (exp(-(V'_l - V_l) / mu_k) - 1)),

in order of least cost, and the change stops where it has died out. What was changed is put back from a
log, so that the next closure starts from the same pass.

What is called per node takes the parts of the kit one by one: to take them out of it there would count the
references of all their arrays, which costs ten times the work itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isthmus.routing.closures_detour import _detach, _note, _reopen, _reroute, _spread
from isthmus.routing.closures_state import Change, Kit, Pass
from isthmus.routing.heap import _compiled, _inlined
from isthmus.routing.kernels import Desk, Web, _choose, _gates
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

Bits = NDArray[np.uint64]

#: Below this share of its old probabilities a node is valued from its arcs: the update would cancel.
_LEFT = 1e-3
#: A value that falls by this many scales may bring back arcs that were too dear to list.
_FALL = 5.0


class Trip(NamedTuple):
    """The trips of one pass: towards a zone, under the same denials."""

    zone: int
    dest: int  # its node
    code: int  # denials
    farthest: float  # largest least cost of an origin
    tonnes: FloatArray  # (zone,) by origin
    economy: IntArray  # (zone,)


class Sums(NamedTuple):
    """What sets of closures add up to."""

    extra: FloatArray  # (set, economy + 1, 3) USD, tonne-hours, stranded t; the last row is the total
    worst: FloatArray  # (set, 3) the pair that strands most: tonnes, origin, destination
    outcome: IntArray  # (3,) sets: not computed, at fixed gates, rerouted


class Prints(NamedTuple):
    """What each closure changes alone, as bits by node."""

    changed: Bits  # (closure, node + zone / 64) nodes that change
    near: Bits  # the same and the nodes next downhill of them


@_inlined
def _soil(run: Pass, change: Change, k: int) -> None:
    """List a node for an update."""
    r = run.rank[k]
    if not change.dirty[r]:
        change.dirty[r] = True
        change.block[r >> 6] = True
        change.listed[change.number[0]] = k
        change.number[0] += 1
        change.number[3] += 1


@_inlined
def _strip(kit: Kit, c: int, whole: bool) -> None:
    """Take the probability of the arcs of closure `c` from the nodes that are not under its tree arcs."""
    web, run, change, shut = kit.web, kit.run, kit.change, kit.shut
    for m in range(shut.start[c], shut.start[c + 1]):
        i = shut.in_arc[m]
        k = web.in_tail[i]
        if run.p[i] == 0.0 or change.below[k] or run.rank[k] < 0 or not (whole or run.reach[k] or change.met[k]):
            continue
        change.lost[k] -= run.p[i]
        change.lost_hours[k] -= run.p[i] * (run.hours_in[i] + run.H[web.out_head[shut.out_arc[m]]])
        _soil(run, change, k)


@_inlined
def _regate(kit: Kit, whole: bool) -> None:
    """List the other nodes whose gates move, as nodes under closed tree arcs got dearer."""
    web, run, change, pi = kit.web, kit.run, kit.change, kit.desk.pi
    for m in range(change.number[1]):  # the log starts with the nodes under closed tree arcs
        u = change.log[m]
        before, after = change.old[m, 0], pi[u]
        if after == np.inf:
            kit.desk.V[u] = np.inf
        if u >= web.n_nodes:
            continue
        for i in range(web.in_start[u], web.in_start[u + 1]):
            k = web.in_tail[i]
            if run.p[i] == 0.0 or change.below[k] or web.in_cost[i] == np.inf:
                continue
            if not (whole or run.reach[k] or change.met[k]):
                continue
            slope = web.out_gate[run.out_of_in[i]]
            if min((pi[k] - before) * slope, 1.0) != min((pi[k] - after) * slope, 1.0):
                change.anew[k] = True
                _soil(run, change, k)


@_inlined
def _next_dirty(desk: Desk, run: Pass, change: Change, at: int) -> tuple[int, int]:
    """Return the first block of ranks from `at` with a dirty node, and that node; -1 if there is none."""
    ranks, found = run.rank.size, -1
    while at < change.block.size and change.number[3] > 0:
        if change.block[at]:
            for r in range(at << 6, min((at + 1) << 6, ranks)):
                if change.dirty[r]:
                    found = int(desk.order[r])
                    break
            if found >= 0:
                break
            change.block[at] = False
        at += 1
    return at, found


@_inlined
def _value(web: Web, desk: Desk, slate: Desk, run: Pass, change: Change, k: int, dest: int, code: int) -> None:
    """Give a node its new value and hours."""
    lost, mu = change.lost[k], web.scale[k]
    if change.below[k] or change.anew[k] or 1.0 + lost < _LEFT:
        last, best = _gates(web, slate, k, dest, code, 0)
        last, desk.V[k] = _choose(slate, 0, last, best, mu, web.cutoff)
        total = 0.0
        for m in range(last):
            e = slate.live[m]
            total += slate.p[m] * (run.hours_out[e] + run.H[web.out_head[e]])
        run.H[k] = total
    else:
        desk.V[k] -= mu * math.log1p(lost)
        run.H[k] += (change.lost_hours[k] - lost * run.H[k]) / (1.0 + lost)


@_inlined
def _carry(
    web: Web, pi: FloatArray, run: Pass, change: Change, k: int, rise: tuple[float, float], code: int,
    whole: bool,
) -> int:  # fmt: skip
    """Tell the nodes uphill by how much value and hours of `k` rose; return the first block that gets dirty."""
    gain, more = rise
    at = change.block.size
    for i in range(web.in_start[k], web.in_start[k + 1]):
        j = web.in_tail[i]
        if change.below[j] or run.rank[j] < 0 or pi[j] <= pi[k] or not (whole or run.reach[j] or change.met[j]):
            continue
        if gain < -_FALL * web.scale[j] and (web.in_bits[i] & code) == 0:
            change.anew[j] = True
        elif run.p[i] > 0.0 and web.in_cost[i] < np.inf:
            shift = math.expm1(-gain / web.scale[j])
            change.lost[j] += run.p[i] * shift
            change.lost_hours[j] += run.p[i] * (shift * (run.hours_in[i] + run.H[k]) + more)
        else:
            continue
        _soil(run, change, j)
        at = min(at, run.rank[j] >> 6)
    return at


@_inlined
def _revalue(kit: Kit, dest: int, code: int, rerouted: int, farthest: float, whole: bool) -> None:
    """Update values and hours in order of new least cost, until nothing moves or all origins are passed.

    Unless `whole`, only at nodes that trips may pass.
    """
    web, desk, slate, run, change = kit.web, kit.desk, kit.slate, kit.run, kit.change
    pi, V, H, tolerance = desk.pi, desk.V, run.H, kit.tolerance
    turn, at = 0, 0
    while True:
        at, k = _next_dirty(desk, run, change, at)
        if turn < rerouted and (k < 0 or pi[change.under[turn]] < pi[k]):
            k = int(change.under[turn])
            turn += 1
        elif k >= 0:
            change.dirty[run.rank[k]] = False
            change.number[3] -= 1
            _note(desk, run, change, k)
        else:
            break
        if pi[k] > farthest:
            break
        if change.below[k] and not (whole or run.reach[k] or change.met[k]):
            continue
        old_V, old_H = V[k], H[k]
        _value(web, desk, slate, run, change, k, dest, code)
        gain, more = V[k] - old_V, H[k] - old_H
        if k < web.n_nodes and (abs(gain) > tolerance or abs(more) > tolerance):
            # A node under the cut may tell one that comes before the next of the others.
            at = min(at, _carry(web, pi, run, change, k, (gain, more), code, whole))


@_inlined
def _restore(kit: Kit) -> None:
    """Put back all that a closure changed."""
    desk, run, change = kit.desk, kit.run, kit.change
    for m in range(change.number[2] - 1, -1, -1):
        k = change.log[m]
        desk.pi[k], desk.V[k], run.H[k] = change.old[m, 0], change.old[m, 1], change.old[m, 2]
        change.below[k] = False
    for m in range(change.number[0]):
        k = change.listed[m]
        change.lost[k] = 0.0
        change.lost_hours[k] = 0.0
        change.anew[k] = False
        change.dirty[run.rank[k]] = False
        change.block[run.rank[k] >> 6] = False
    for m in range(change.number[4]):
        change.met[change.found[m]] = False
    change.number[:] = 0


@_inlined
def _close(kit: Kit, first: int, second: int, trip: Trip, whole: bool) -> bool:
    """Bring the pass to the state with one closure, or two (`second` >= 0); return whether any node was rerouted."""
    change, farthest = kit.change, np.inf if whole else trip.farthest
    for c in (first, second):
        if c >= 0:
            _detach(kit, c)
    cut = bool(change.number[1] > 0)
    rerouted = 0
    if cut:
        rerouted, farthest = _reroute(kit, trip.dest, trip.code, farthest)
    if not whole:
        _spread(kit, trip.dest, trip.code, rerouted)
    for c in (first, second):
        if c >= 0:
            _strip(kit, c, whole)
    _regate(kit, whole)
    _revalue(kit, trip.dest, trip.code, rerouted, farthest, whole)
    return cut


@_inlined
def _tally(kit: Kit, trip: Trip, out: FloatArray, worst: FloatArray) -> None:
    """Add a closure's extra cost, tonne-hours and stranded tonnes to `out` (economy + 1, 3); the last row is the total.

    Trips count for the economies of both ends, once if they are the same. `worst` (3,) keeps the pair
    that strands most: tonnes, origin, destination.
    """
    desk, change, H, nodes = kit.desk, kit.change, kit.run.H, kit.web.n_nodes
    home, total = trip.economy[trip.zone], out.shape[0] - 1
    for m in range(change.number[2]):
        k = np.int64(change.log[m])
        o = k - nodes
        if o < 0 or not desk.member[o]:
            continue
        q, usd, hours, stranded = trip.tonnes[o], 0.0, 0.0, 0.0
        if desk.V[k] < np.inf:
            usd, hours = q * (desk.V[k] - change.old[m, 1]), q * (H[k] - change.old[m, 2])
        else:
            stranded = q
            if q > worst[0]:
                worst[0], worst[1], worst[2] = q, o, trip.zone
        own = trip.economy[o]
        for row in (total, home, own):
            if row != own or own != home or row == total:
                out[row, 0] += usd
                out[row, 1] += hours
                out[row, 2] += stranded


@_inlined
def _trace(kit: Kit, prints: Prints, c: int) -> None:
    """Note the nodes that closure `c` changes, and those next downhill."""
    web, desk, change, H, one = kit.web, kit.desk, kit.change, kit.run.H, np.uint64(1)
    for m in range(change.number[2]):
        k = np.int64(change.log[m])
        same = desk.pi[k] == change.old[m, 0] and abs(desk.V[k] - change.old[m, 1]) <= kit.tolerance
        if same and abs(H[k] - change.old[m, 2]) <= kit.tolerance:
            continue
        prints.changed[c, k >> 6] |= one << np.uint64(k & 63)
        prints.near[c, k >> 6] |= one << np.uint64(k & 63)
        for e in range(web.out_start[k], web.out_start[k + 1]):
            h = np.int64(web.out_head[e])
            prints.near[c, h >> 6] |= one << np.uint64(h & 63)


@_compiled
def passing(kit: Kit, flow: FloatArray, met: BoolArray) -> None:
    """Add tonnes to `flow` by arc of a closure; tell by closure whether any trip may pass it."""
    web, run, shut, pi = kit.web, kit.run, kit.shut, kit.desk.pi
    for c in range(met.size):
        met[c] = False
        for m in range(shut.start[c], shut.start[c + 1]):
            i = shut.in_arc[m]
            k = web.in_tail[i]
            if run.reach[k] and pi[web.out_head[shut.out_arc[m]]] < pi[k]:
                flow[m] += run.x[k] * run.p[i]
                met[c] = True


@_compiled
def close_sets(kit: Kit, trip: Trip, sets: IntArray, whole: bool, prints: Prints, sums: Sums) -> None:
    """Shut each of `sets` (set, 3: closure, second closure or -1, row of `sums`) and add what it does to `sums`.

    With `whole`, changes are followed at all nodes, not only where trips pass, and noted in `prints`.
    """
    for s in range(sets.shape[0]):
        first, second, row = sets[s, 0], sets[s, 1], sets[s, 2]
        cut = _close(kit, first, second, trip, whole)
        sums.outcome[2 if cut else 1] += 1
        _tally(kit, trip, sums.extra[row], sums.worst[row])
        if whole:
            _trace(kit, prints, first)
        _restore(kit)
        for c in (first, second):
            if c >= 0:
                _reopen(kit, c)
