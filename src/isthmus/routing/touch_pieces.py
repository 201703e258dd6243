"""Compiled re-solve of all passes of a piece, and what it leaves: the nodes that changed, pass by pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from isthmus.routing.heap import Index, _bare, _compiled
from isthmus.routing.kernels import Desk, make_desk, solve_pass, touches
from isthmus.routing.pass_store import Int32Array, Passes, Place
from isthmus.routing.thin import grown
from isthmus.routing.touch_kernels import Sheet, States, lose, make_sheet, settle_again, value_again, wipe
from isthmus.world.accounts import BoolArray, FloatArray, IntArray


class Overlay(NamedTuple):
    """What a scenario changes of the passes of a piece: first the rows of `Passes`, then passes of its own."""

    turn: Int32Array  # (destination, zone) which pass serves an origin
    code: IntArray  # (pass,) denials
    start: IntArray  # (pass + 1,) first of its nodes
    popped: IntArray  # (pass,) how many of them have a new least cost: they come first, by that cost
    moved: IntArray  # (pass,) the same and those without a route left
    node: Int32Array  # (changed node,)
    pi: FloatArray  # (changed node,) USD per tonne
    V: FloatArray  # (changed node,) USD per tonne
    cost: FloatArray  # (destination, zone) USD per tonne; inf without a route
    vary: FloatArray  # (destination, zone) bound on the part of trips that take another way
    own: IntArray  # (pass of its own,) which of the destinations
    valued: int  # nodes valued anew, of all passes


#: Arrays of changed nodes: node, pi, V.
Kept = tuple[Int32Array, FloatArray, FloatArray]


class Room(NamedTuple):
    """Work space of one thread."""

    desk: Desk
    slate: Desk  # with room for the arcs of one node
    other: Desk  # the same
    sheet: Sheet


def make_room(states: States) -> Room:
    """Return empty work space."""
    desk = make_desk(states.new)
    sheet = make_sheet(states.new)
    most = sheet.p_old.size

    def narrow() -> Desk:
        return desk._replace(live=np.empty(most, np.uint32), p=np.empty(most), gate=np.empty(most))

    return Room(desk, narrow(), narrow(), sheet)


@_bare
def merge_order(
    order: Place, settled: int, moved: Int32Array, popped: int, pi: FloatArray, mark: BoolArray, out: Index
) -> int:
    """Fill `out` with nodes by increasing `pi`: those of `order` but `moved`, and the first `popped` of `moved`."""
    mark[:] = False
    for m in range(moved.size):
        mark[moved[m]] = True
    count, turn = 0, 0
    for position in range(settled):
        k = order[position]
        if mark[k]:
            continue
        while turn < popped and pi[moved[turn]] < pi[k]:
            out[count] = moved[turn]
            turn += 1
            count += 1
        out[count] = k
        count += 1
    while turn < popped:
        out[count] = moved[turn]
        turn += 1
        count += 1
    return count


@_compiled
def barred_codes(
    states: States, desk: Desk, code_of: IntArray, turn: Int32Array, row: int, d: int, settled: int, found: IntArray
) -> int:
    """List in `found` the denials whose trips pass `row`, free of denials, would now lead over barred arcs."""
    n_zones, count = states.new.n_zones, 0
    for first in range(n_zones):
        code = code_of[first]
        fresh = turn[first] == row and code != 0
        for o in range(first):
            if turn[o] == row and code_of[o] == code:
                fresh = False
        if not fresh:
            continue
        for o in range(n_zones):
            desk.member[o] = turn[o] == row and code_of[o] == code
        if touches(states.new, desk, states.new.n_nodes + d, code, settled):
            found[count] = code
            count += 1
    return count


@_bare
def touch_pass(states: States, room: Room, pi0: FloatArray, V0: FloatArray, dest: int, code: int) -> int:
    """Bring the desk from the old pass to the new one; return how many nodes were valued."""
    desk, slate, other = room.desk, room.slate, room.other
    for k in range(pi0.size):
        desk.pi[k], desk.V[k] = pi0[k], V0[k]
    was = Desk(
        pi0, V0, other.order, other.key, other.node, other.place, other.start, other.live, other.p, other.gate,
        other.x, other.mark, other.member,
    )  # fmt: skip
    lost = lose(states, desk, room.sheet, pi0, dest, code)
    settle_again(states, desk, room.sheet, dest, code, lost)
    return value_again(states, desk, slate, was, room.sheet, dest, code)


@_compiled
def log_nodes(desk: Desk, listed: Index, count: int, at: int, kept: Kept) -> Kept:
    """Return the arrays of changed nodes with `count` more from position `at` on."""
    node, pi, V = grown(kept[0], at, count), grown(kept[1], at, count), grown(kept[2], at, count)
    for m in range(count):
        k = listed[m]
        node[at + m], pi[at + m], V[at + m] = k, desk.pi[k], desk.V[k]
    return node, pi, V


@_bare
def read_row(
    room: Room, n: int, row: int, V0: FloatArray, turn: Int32Array, cost: FloatArray, vary: FloatArray
) -> None:
    """Fill `cost` and `vary` (zone,) of the zones that a pass serves."""
    V = room.desk.V
    for o in range(turn.size):
        if turn[o] == row:
            cost[o] = V[n + o]
            vary[o] = room.sheet.M[n + o] if (V[n + o] < np.inf) == (V0[n + o] < np.inf) else 1.0


@_compiled
def part_zones(
    states: States,
    passes: Passes,
    room: Room,
    codes: IntArray,
    at: tuple[int, int],
    kept: Int32Array,
    turn: Int32Array,
    own: IntArray,
) -> int:
    """Give zones that would now meet barred arcs passes of their own; list these in `own`, return how many.

    `at` are the destination and the row, free of denials; `kept` its changed nodes, the moved ones in front; new rows
    are numbered from `own[0, 0]` on, which is not a list entry.
    """
    desk, column, row = room.desk, at[0], at[1]
    d = passes.dests[column]
    settled = merge_order(
        passes.order[row], passes.settled[row], kept[: room.sheet.tally[2]], room.sheet.tally[1], desk.pi, desk.mark,
        desk.order,
    )  # fmt: skip
    found = np.empty(turn.size, np.int64)
    groups = barred_codes(states, desk, codes[:, d], turn, row, d, settled, found)
    for g in range(groups):
        own[0, 0] += 1
        own[own[0, 0], 0], own[own[0, 0], 1] = column, found[g]
        for o in range(turn.size):
            if turn[o] == row and codes[o, d] == found[g]:
                turn[o] = passes.code.size + own[0, 0] - 1
    return groups


@_compiled
def touch_piece(states: States, passes: Passes, room: Room, codes: IntArray, opens: bool) -> Overlay:
    """Return what a shift changes of all passes of a piece; `opens`: some arc is open that was not."""
    n, n_zones, size = states.new.n_nodes, states.new.n_zones, passes.dests.size
    sheet, rows, valued = room.sheet, passes.code.size, 0
    turn, cost, vary = passes.turn.copy(), np.full((size, n_zones), np.inf), np.zeros((size, n_zones))
    at, popped, moved = np.zeros(rows + 1, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64)
    kept = (np.empty(0, np.int32), np.empty(0), np.empty(0))
    own = np.zeros((size * n_zones + 1, 2), np.int64)
    for column in range(size):
        for row in range(passes.first[column], passes.first[column + 1]):
            code, V0 = passes.code[row], passes.V[row]
            valued += touch_pass(states, room, passes.pi[row], V0, n + passes.dests[column], code)
            read_row(room, n, row, V0, turn[column], cost[column], vary[column])
            kept = log_nodes(room.desk, sheet.log, sheet.tally[3], at[row], kept)
            at[row + 1], popped[row], moved[row] = at[row] + sheet.tally[3], sheet.tally[1], sheet.tally[2]
            if code == 0 and (opens or moved[row] > 0):
                mine = kept[0][at[row] : at[row + 1]]
                part_zones(states, passes, room, codes, (column, row), mine, turn[column], own)
            wipe(sheet)
    listed = own[1 : own[0, 0] + 1]
    base = Overlay(
        turn, passes.code, at, popped, moved, kept[0], kept[1], kept[2], cost, vary, listed[:, 0].copy(), valued
    )
    return base if listed.size == 0 else add_own(states, passes, room, base, listed[:, 1])


@_compiled
def add_own(states: States, passes: Passes, room: Room, base: Overlay, codes: IntArray) -> Overlay:
    """Return an overlay with the passes of zones that now need one of their own."""
    desk, n, rows, owns = room.desk, states.new.n_nodes, base.code.size, codes.size
    at = np.concatenate((base.start, np.zeros(owns, np.int64)))
    count = np.empty(owns, np.int64)
    kept = (base.node, base.pi, base.V)
    for g in range(owns):
        column, row = base.own[g], rows + g
        settled = solve_pass(states.new, desk, passes.dests[column], codes[g])
        kept = log_nodes(desk, desk.order, settled, at[row], kept)
        at[row + 1], count[g] = at[row] + settled, settled
        for o in range(base.turn.shape[1]):
            if base.turn[column, o] == row:
                base.cost[column, o] = desk.V[n + o] if desk.pi[n + o] < np.inf else np.inf
                base.vary[column, o] = 1.0
    return Overlay(
        base.turn, np.concatenate((base.code, codes)), at, np.concatenate((base.popped, count)),
        np.concatenate((base.moved, count)), kept[0], kept[1], kept[2], base.cost, base.vary, base.own, base.valued,
    )  # fmt: skip
