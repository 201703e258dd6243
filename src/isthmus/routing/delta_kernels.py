"""Compiled loading of passes by kind of trip: only trips whose way or tonnes change are sent, before and after.

Each origin's freight goes down in a column of its own territory and kind of trip, so that what a trip pays on links
of its own ends can be told from transit without any expectation by pair. Choice probabilities are made on the way,
at nodes that carry freight (DESIGN.md section 4, step 5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isthmus.routing.heap import Int32Array, _bare, _inlined
from isthmus.routing.kernels import Desk, Web, _choose, _gates
from isthmus.routing.pass_store import Passes
from isthmus.routing.touch_kernels import States
from isthmus.routing.touch_pieces import Overlay, Room, merge_order
from isthmus.world.accounts import FloatArray, IntArray

#: Part of trips with another way, and relative change of a pair's tonnes, below which trips are let be.
NIL_CHOICE, NIL_TONNES = 2e-8, 1e-7
#: Share of a pass's tonnes below which a node's freight is not followed further: trips that take another way, and
#: mere changes of tonnes.
_TRACE, _TRACE_TONNES = 1e-11, 5e-10
#: Kinds of trip: domestic, regional, transit.
KINDS_OF_TRIP = 3


class Marks(NamedTuple):
    """What arcs and zones are counted for; places are positions among the territories followed, -1 for none."""

    place: Int32Array  # (arc,) whose links it is on
    start: Int32Array  # (arc,) whose border it crosses at its link's first end
    end: Int32Array  # (arc,) the same at its other end
    follow: Int32Array  # (arc,) position among the links followed; -1
    home: Int32Array  # (zone,)
    kind: Int32Array  # (zone, zone) of a trip; all 0 where no link is followed


class Counts(NamedTuple):
    """Freight by arc, t a year: all of it, and that of trips with an end in the arc's place, start and end."""

    flow: FloatArray
    own: FloatArray
    own_start: FloatArray
    own_end: FloatArray
    by_trip: FloatArray  # (link followed, kind)


class Columns(NamedTuple):
    """Freight on its way by territory of origin and kind of trip; work space of one thread, empty between passes."""

    x: FloatArray  # (node x column,)
    column: IntArray  # (key,) of territory and kind
    kind: IntArray  # (column,)
    low: IntArray  # (place,) its first column
    high: IntArray  # (place,) the end of its columns
    amount: FloatArray  # (zone,) what is sent


def make_counts(arcs: int, followed: int) -> Counts:
    """Return counts of nothing."""
    flow, own, own_start, own_end = np.zeros((4, arcs))
    return Counts(flow, own, own_start, own_end, np.zeros((followed, KINDS_OF_TRIP)))


def make_columns(web: Web, places: int) -> Columns:
    """Return empty work space."""
    keys = KINDS_OF_TRIP * (places + 1)
    return Columns(
        np.zeros((web.n_nodes + web.n_zones) * keys), np.zeros(keys, np.int64), np.zeros(keys, np.int64),
        np.zeros(places, np.int64), np.zeros(places, np.int64), np.zeros(web.n_zones),
    )  # fmt: skip


@_bare
def put(n_nodes: int, d: int, marks: Marks, columns: Columns) -> int:
    """Lay out columns for the zones that send something to zone `d`, and put it there; return how many there are."""
    column, amount, home = columns.column, columns.amount, marks.home
    column[:] = -1
    columns.low[:] = 0
    columns.high[:] = 0
    for o in range(amount.size):
        if amount[o] != 0.0:
            column[KINDS_OF_TRIP * (home[o] + 1) + marks.kind[o, d]] = 0
    width = 0
    for key in range(column.size):
        if column[key] == 0:
            place = key // KINDS_OF_TRIP - 1
            column[key], columns.kind[width] = width, key % KINDS_OF_TRIP
            if place >= 0:
                if columns.high[place] == 0:
                    columns.low[place] = width
                columns.high[place] = width + 1
            width += 1
    for o in range(amount.size):
        if amount[o] != 0.0:
            key = KINDS_OF_TRIP * (home[o] + 1) + marks.kind[o, d]
            columns.x[(n_nodes + o) * width + column[key]] = amount[o]
    return width


@_inlined
def _count(columns: Columns, marks: Marks, counts: Counts, e: int, at: int, width: int, p: float, home: int) -> None:
    """Count part `p` of the freight from position `at` on that passes arc `e` of a trip to the place `home`."""
    x, whole = columns.x, 0.0
    for c in range(width):
        whole += x[at + c]
    whole *= p
    counts.flow[e] += whole
    for turn in range(3):
        t = marks.place[e] if turn == 0 else marks.start[e] if turn == 1 else marks.end[e]
        if t < 0:
            continue
        own = whole if t == home else 0.0
        if t != home:
            for c in range(columns.low[t], columns.high[t]):
                own += p * x[at + c]
        if turn == 0:
            counts.own[e] += own
        elif turn == 1:
            counts.own_start[e] += own
        else:
            counts.own_end[e] += own
    f = marks.follow[e]
    if f >= 0:
        for c in range(width):
            counts.by_trip[f, columns.kind[c]] += p * x[at + c]


@_bare
def send(
    web: Web, slate: Desk, columns: Columns, marks: Marks, counts: Counts, trip: tuple[int, int, int], width: int,
    least: float,
) -> None:  # fmt: skip
    """Send what is in the columns down the pass on the slate; `trip` is zone, denials, nodes that reach it."""
    d, code, settled = trip
    dest, x, home = web.n_nodes + d, columns.x, marks.home[d]
    for position in range(settled - 1, 0, -1):
        k = int(slate.order[position])
        at, total = k * width, 0.0
        for c in range(width):
            total += abs(x[at + c])
        if total == 0.0:
            continue
        if total >= least:
            last, best = _gates(web, slate, k, dest, code, 0)
            last, _ = _choose(slate, 0, last, best, web.scale[k], web.cutoff)
            for m in range(last):
                e, p = int(slate.live[m]), slate.p[m]
                _count(columns, marks, counts, e, at, width, p, home)
                to = int(web.out_head[e]) * width
                for c in range(width):
                    x[to + c] += p * x[at + c]
        for c in range(width):
            x[at + c] = 0.0
    for c in range(width):
        x[dest * width + c] = 0.0


@_bare
def lay_old(passes: Passes, row: int, desk: Desk) -> int:
    """Bring the desk to a pass of the base; return how many nodes reach its destination."""
    for k in range(desk.pi.size):
        desk.pi[k], desk.V[k], desk.order[k] = passes.pi[row, k], passes.V[row, k], passes.order[row, k]
    return int(passes.settled[row])


@_bare
def lay_new(passes: Passes, overlay: Overlay, row: int, desk: Desk) -> int:
    """Bring the desk to a pass as it has become; return how many nodes reach its destination."""
    first, end, moved = overlay.start[row], overlay.start[row + 1], overlay.moved[row]
    own = row >= passes.code.size
    if own:
        desk.pi[:] = np.inf
        settled = int(end - first)
        for m in range(settled):
            desk.order[m] = overlay.node[first + m]
    else:
        settled = lay_old(passes, row, desk)
    for m in range(first, end):
        k = overlay.node[m]
        desk.pi[k], desk.V[k] = overlay.pi[m], overlay.V[m]
    if not own and moved > 0:
        settled = merge_order(
            passes.order[row], settled, overlay.node[first : first + moved], overlay.popped[row], desk.pi, desk.mark,
            desk.order,
        )  # fmt: skip
    return settled


@_bare
def fill_old(
    passes: Passes, overlay: Overlay, column: int, row: int, n_nodes: int, before: FloatArray, amount: FloatArray
) -> bool:
    """Fill `amount` (zone,) with what trips that change sent by a pass of the base; tell whether it is anything."""
    d, some = passes.dests[column], False
    for o in range(amount.size):
        amount[o] = 0.0
        reached = passes.V[row, n_nodes + o] < np.inf
        if passes.turn[column, o] == row and overlay.vary[column, o] > NIL_CHOICE and o != d and reached:
            amount[o] = before[o, d]
            some = some or amount[o] != 0.0
    return some


@_bare
def fill_new(
    passes: Passes, overlay: Overlay, column: int, row: int, before: FloatArray, after: FloatArray, amount: FloatArray
) -> float:
    """Fill `amount` (zone,) with what is sent by a pass as it has become, or what more than before.

    Returns down to which share of the pass's tonnes to follow it; 0 if it is nothing.
    """
    d, trace = passes.dests[column], 0.0
    for o in range(amount.size):
        amount[o] = 0.0
        if overlay.turn[column, o] != row or o == d or overlay.cost[column, o] == np.inf:
            continue
        if overlay.vary[column, o] > NIL_CHOICE:
            amount[o] = after[o, d]
            trace = _TRACE
        elif abs(after[o, d] - before[o, d]) > NIL_TONNES * max(after[o, d], before[o, d]):
            amount[o] = after[o, d] - before[o, d]
            trace = trace if trace > 0.0 else _TRACE_TONNES
    return trace


@_bare
def load_piece(
    states: States, passes: Passes, overlay: Overlay, room: Room, marks: Marks, columns: Columns,
    demand: tuple[FloatArray, FloatArray], counts: tuple[Counts, Counts],
) -> None:  # fmt: skip
    """Add to `counts` the freight of trips that change, as it was and as it is (see the module)."""
    n, desk, slate = states.new.n_nodes, room.desk, room.slate
    before, after = demand
    for column in range(passes.dests.size):
        d, whole = passes.dests[column], 0.0
        for o in range(before.shape[0]):
            whole += max(before[o, d], after[o, d])
        for row in range(passes.first[column], passes.first[column + 1]):
            if fill_old(passes, overlay, column, row, n, before, columns.amount):
                settled = lay_old(passes, row, desk)
                width = put(n, d, marks, columns)
                send(
                    states.old, slate, columns, marks, counts[0], (d, passes.code[row], settled), width, _TRACE * whole
                )
        first, own = passes.first[column], overlay.own.size
        for turn in range(passes.first[column + 1] - first + own):
            row = first + turn
            if row >= passes.first[column + 1]:
                g = row - passes.first[column + 1]
                row = passes.code.size + g
                if overlay.own[g] != column:
                    continue
            trace = fill_new(passes, overlay, column, row, before, after, columns.amount)
            if trace > 0.0:
                settled = lay_new(passes, overlay, row, desk)
                width = put(n, d, marks, columns)
                send(
                    states.new, slate, columns, marks, counts[1], (d, overlay.code[row], settled), width, trace * whole
                )


@_bare
def load_passes(
    web: Web, passes: Passes, desk: Desk, marks: Marks, columns: Columns, demand: FloatArray, counts: Counts
) -> None:
    """Add to `counts` the freight of a whole demand (zone, zone) on the passes of a base."""
    n, amount = web.n_nodes, columns.amount
    for column in range(passes.dests.size):
        d, whole = passes.dests[column], 0.0
        for o in range(amount.size):
            whole += demand[o, d]
        for row in range(passes.first[column], passes.first[column + 1]):
            some = False
            for o in range(amount.size):
                served = passes.turn[column, o] == row and o != d and passes.V[row, n + o] < np.inf
                amount[o] = demand[o, d] if served else 0.0
                some = some or amount[o] != 0.0
            if some:
                settled = lay_old(passes, row, desk)
                width = put(n, d, marks, columns)
                send(web, desk, columns, marks, counts, (d, passes.code[row], settled), width, _TRACE * whole)
