"""A changed network routed from the passes of its base: only what the changes touch is solved again.

Delays by congestion are held at the base's, in the costs of gates as in those of trips. Expected costs are those of a
full solve to about 1e-10 relative: changes below `TOLERANCE` are not carried on from node to node.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing import kernels
from isthmus.routing.choice import Routing, in_threads
from isthmus.routing.cost import draw_factors, generalised_cost
from isthmus.routing.graph import Arcs, select_arcs
from isthmus.routing.pass_store import HeldPiece, PassStore
from isthmus.routing.touch_kernels import Shift, States
from isthmus.routing.touch_pieces import Overlay, make_room, touch_piece
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES, Network

#: Share of a class's arcs that may differ: beyond it a full solve is faster.
MOST_CHANGED = 0.02


@dataclass(frozen=True, eq=False, slots=True)
class TouchedPiece:
    """A piece of the base's passes and what changes of it."""

    held: HeldPiece
    arcs: Arcs  # usable in either state
    states: States
    overlay: Overlay


@dataclass(frozen=True, eq=False, slots=True)
class Touched:
    """A changed network, routed."""

    store: PassStore
    routing: Routing
    pieces: tuple[TouchedPiece, ...]

    @property
    def share(self) -> float:
        """Return the share of nodes, over all passes, that were valued anew."""
        nodes = sum(int(piece.held.passes.settled.sum()) for piece in self.pieces)
        return sum(piece.overlay.valued for piece in self.pieces) / max(nodes, 1)


def same_frame(was: Network, network: Network) -> bool:
    """Tell whether two networks differ by nothing but what links cost and which of them are open."""
    names = ("node_ids", "link_ids", "from_node", "to_node", "one_way", "mode", "kind", "territory", "node_territory")
    return (
        was.zones is network.zones
        and was.denials == network.denials
        and all(_equal(getattr(was, name), getattr(network, name)) for name in names)
    )


def _equal(a: object, b: object) -> bool:
    if a is b:
        return True
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b  # type: ignore[arg-type]


def touch(store: PassStore, network: Network) -> Touched | None:
    """Return the routing of a changed network, or None where a full solve is due.

    Parameters
    ----------
    store : PassStore
        Passes of the base.
    network : Network
        The changed one.

    Returns
    -------
    Touched or None
        None if zones or denials differ, or more than `MOST_CHANGED` of a class's arcs.
    """
    if not same_frame(store.routing.network, network):
        return None
    shifts = _list_shifts(store, network)
    if shifts is None:
        return None

    def run(held: HeldPiece) -> TouchedPiece:
        arcs, states, opens = shifts[held.klass, held.draw]
        return TouchedPiece(held, arcs, states, touch_piece(states, held.passes, make_room(states), store.codes, opens))

    pieces = tuple(in_threads(store.routing.settings, run, list(store.pieces)))
    routing = replace(store.routing, network=network, cost=_mean_cost(store, pieces))
    return Touched(store, routing, pieces)


def _list_shifts(store: PassStore, network: Network) -> dict[tuple[int, int], tuple[Arcs, States, bool]] | None:
    """Return by class and draw the arcs, both states of them, and whether any is open that was not."""
    base, out = store.routing, {}
    factors = [draw_factors(network, base.settings, draw) for draw in range(base.settings.draws)]
    arcs: Arcs | None = None
    last = -1
    for held in store.pieces:
        if (held.klass, held.draw) in out:
            continue
        cost, gate_cost = (
            generalised_cost(network, base.graph, factors[held.draw], held.klass, delay=delay)
            for delay in (base.delay.now, base.delay.gate)
        )
        if arcs is None or last != held.klass:
            arcs, last = select_arcs(base.graph, np.isfinite(cost) | np.isfinite(held.cost)), held.klass
        states = _make_states(store, held, arcs, cost, gate_cost)
        if states.shift.changed.size > MOST_CHANGED * arcs.arc.size:
            return None
        opens = bool((np.isfinite(cost) & ~np.isfinite(held.cost)).any())
        out[held.klass, held.draw] = arcs, states, opens
    return out


def _make_states(store: PassStore, held: HeldPiece, arcs: Arcs, cost: FloatArray, gate_cost: FloatArray) -> States:
    base, arc = store.routing, arcs.arc
    old, new = (
        kernels.make_web(
            arcs, base.graph.n_nodes, base.graph.n_zones, width=base.settings.gate, cost=trip[arc],
            gate_cost=least[arc], bits=store.bits[arc], scale=base.scale[held.klass],
        )
        for trip, least in ((held.cost, held.gate_cost), (cost, gate_cost))
    )  # fmt: skip
    differs = (held.cost[arc] != cost[arc]) | (held.gate_cost[arc] != gate_cost[arc])
    shift = Shift(
        arcs.tail.astype(np.uint32), held.gate_cost[arc], gate_cost[arc], held.cost[arc],
        arcs.in_arc.astype(np.uint32), np.flatnonzero(differs).astype(np.uint32), differs,
    )  # fmt: skip
    return States(old, new, shift)


def _mean_cost(store: PassStore, pieces: tuple[TouchedPiece, ...]) -> FloatArray:
    """Return (class, zone, zone) means over draws; exactly the base's where no draw has changed."""
    base = store.routing
    cost = np.zeros_like(base.cost)
    changed = np.zeros(base.cost.shape, dtype=bool)
    reached = np.zeros((len(CLASSES), base.graph.n_zones), dtype=bool)
    for piece in pieces:
        klass, passes = piece.held.klass, piece.held.passes
        before = store.costs(piece.held)
        cost[klass][:, passes.dests] += piece.overlay.cost.T / base.settings.draws
        changed[klass][:, passes.dests] |= (piece.overlay.cost != before).T
        reached[klass, passes.dests] = True
    return np.where(changed, cost, base.cost)
