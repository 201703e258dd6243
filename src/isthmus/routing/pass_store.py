"""Solved passes of a base, held in memory: what a scenario that touches few links starts from.

Per class, draw, destination and denial group: least costs, expected costs and the order of settling of every node
(DESIGN.md section 4, steps 1 to 4). About 0.7 GB for 273 zones, 5,000 nodes and 4 draws; never written to disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from isthmus.routing import kernels
from isthmus.routing.choice import Piece, Routing, work_of
from isthmus.routing.graph import select_arcs
from isthmus.world.accounts import FloatArray, IntArray
from isthmus.world.network import CLASSES

Int32Array = NDArray[np.int32]
Place = NDArray[np.uint16]
#: Nodes and zones of the largest network whose passes are held: positions are kept as 16-bit numbers.
MOST_NODES = 65_535


class Passes(NamedTuple):
    """Passes of one class, draw and set of destinations; those of a destination follow one another."""

    dests: IntArray  # (destination,) zone
    first: IntArray  # (destination + 1,) rows of its passes
    turn: Int32Array  # (destination, zone) which of them serves an origin
    code: IntArray  # (pass,) denials
    settled: IntArray  # (pass,) nodes that reach the destination
    order: Place  # (pass, node + zone) nodes as settled
    pi: FloatArray  # (pass, node + zone) least cost, USD per tonne; inf without a route
    V: FloatArray  # (pass, node + zone) expected cost, USD per tonne; inf without a route


@dataclass(frozen=True, eq=False, slots=True)
class HeldPiece:
    """Passes with the costs that they were solved at."""

    klass: int
    draw: int
    cost: FloatArray  # (arc of the graph,) USD per tonne; inf where closed to the class
    gate_cost: FloatArray  # (arc of the graph,) what least costs and gates rest on
    passes: Passes


@dataclass(frozen=True, eq=False, slots=True)
class PassStore:
    """All passes of a routing."""

    routing: Routing
    codes: IntArray  # (zone, zone) denials that bind a trip
    bits: IntArray  # (arc,) denials that bar an arc
    pieces: tuple[HeldPiece, ...]

    @property
    def count(self) -> int:
        """Return the number of passes."""
        return sum(piece.passes.code.size for piece in self.pieces)

    def web(self, held: HeldPiece) -> tuple[IntArray, kernels.Web]:
        """Return the usable arcs of a piece, positions in the graph, and them with their costs as sweeps read them."""
        base = self.routing
        arcs = select_arcs(base.graph, np.isfinite(held.cost))
        web = kernels.make_web(
            arcs, base.graph.n_nodes, base.graph.n_zones, width=base.settings.gate, cost=held.cost[arcs.arc],
            gate_cost=held.gate_cost[arcs.arc], bits=self.bits[arcs.arc], scale=base.scale[held.klass],
        )  # fmt: skip
        return arcs.arc.astype(np.int64), web

    def costs(self, held: HeldPiece) -> FloatArray:
        """Return (destination, zone) expected costs of a piece, USD per tonne; inf without a route."""
        n, passes = self.routing.graph.n_nodes, held.passes
        out: FloatArray = passes.V[passes.turn, n + np.arange(self.routing.graph.n_zones)]
        return out

    def mean_cost(self) -> FloatArray:
        """Return (class, zone, zone) means over draws of expected costs, as `solve_routing` finds them."""
        z, draws = self.routing.graph.n_zones, self.routing.settings.draws
        cost = np.zeros((len(CLASSES), z, z))
        reached = np.zeros((len(CLASSES), z), dtype=bool)
        for held in self.pieces:
            cost[held.klass][:, held.passes.dests] += self.costs(held).T / draws
            reached[held.klass, held.passes.dests] = True
        cost[~np.broadcast_to(reached[:, None, :], cost.shape)] = np.inf
        return cost

    @property
    def megabytes(self) -> float:
        """Return the memory that passes take."""
        return sum(array.nbytes for piece in self.pieces for array in piece.passes) / 1e6


def hold_passes(routing: Routing) -> PassStore:
    """Return all passes of a routing, solved anew: as long as one full solve of all costs.

    Parameters
    ----------
    routing : Routing
        Its network, scales, settings and delays are read.
    """
    work = work_of(routing)

    def run(piece: Piece) -> HeldPiece:
        cost, gate_cost = np.full((2, routing.graph.tail.size), np.inf)
        cost[piece.arcs.arc] = piece.web.out_cost
        gate_cost[piece.arcs.arc[piece.arcs.in_arc]] = piece.web.in_cost
        return HeldPiece(piece.klass, piece.draw, cost, gate_cost, _solve(piece, work.codes))

    return PassStore(routing, work.codes, work.bits, tuple(held for _, held in work.spread(run)))


def _solve(piece: Piece, codes: IntArray) -> Passes:
    web, n_zones = piece.web, piece.web.n_zones
    desk = kernels.make_desk(web)
    turn, group_code = np.zeros(n_zones, np.int64), np.zeros(n_zones + 1, np.int64)
    turns = np.empty((piece.dests.size, n_zones), np.int32)
    first, code, count = [0], [], []
    order: list[Place] = []
    pi: list[FloatArray] = []
    V: list[FloatArray] = []
    for column, d in enumerate(piece.dests):
        turn[:] = 0
        settled, groups = kernels.deal(web, desk, codes, d, turn, group_code)
        for group in range(groups + 1):
            if group > 0:
                settled = kernels.solve_pass(web, desk, d, group_code[group])
            code.append(int(group_code[group]) if group > 0 else 0)
            count.append(settled)
            order.append(desk.order.astype(np.uint16))
            order[-1][settled:] = 0
            pi.append(desk.pi.copy())
            V.append(np.where(np.isfinite(desk.pi), desk.V, np.inf))
        turns[column] = first[-1] + turn
        first.append(first[-1] + groups + 1)
    size = (len(code), desk.pi.size)
    return Passes(
        piece.dests, np.array(first), turns, np.array(code, np.int64), np.array(count),
        np.array(order, np.uint16).reshape(size), np.array(pi).reshape(size), np.array(V).reshape(size),
    )  # fmt: skip
