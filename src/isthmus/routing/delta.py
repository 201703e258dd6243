"""Freight on passes held in memory: that of a base, and what trips that few changes touch take off and put on links.

What is let be: trips of which less than 2e-8 take another way, where tonnes move by less than 1e-7 too; and at nodes
the freight below 1e-11 of what goes to the destination, 5e-10 where only tonnes move. Everything else is exact, so that
flows, transit and traffic of new lines are those of a full loading to 1e-6 of the largest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from isthmus.routing import kernels
from isthmus.routing.choice import in_threads
from isthmus.routing.delta_kernels import (
    KINDS_OF_TRIP,
    Counts,
    Marks,
    load_passes,
    load_piece,
    make_columns,
    make_counts,
)
from isthmus.routing.graph import Graph, Int32Array
from isthmus.routing.heap import still
from isthmus.routing.measure import Freight, crossed_places, link_payment, trip_kinds
from isthmus.routing.pass_store import HeldPiece, PassStore
from isthmus.routing.touch_pieces import make_room
from isthmus.routing.touched import Touched, TouchedPiece
from isthmus.world.accounts import FloatArray, IntArray
from isthmus.world.network import CLASSES, Network


def load_touched(
    touched: Touched,
    base: Freight,
    demand: tuple[FloatArray, FloatArray],
    followed: IntArray,
    around: frozenset[str],
) -> Freight:
    """Return freight on a changed network, from that of its base.

    Parameters
    ----------
    touched : Touched
    base : Freight
        Of the base, at the first demand.
    demand : two (class, zone, zone) arrays, t a year
        Before and after.
    followed : (n,) array
        Links, closed in the base, whose traffic is split by kind of trip.
    around : frozenset of str
        Territories next to these links.

    Returns
    -------
    Freight
        As `load_freight` returns, see the module for what is let be.
    """
    routing = touched.routing
    network, graph, draws = routing.network, routing.graph, routing.settings.draws
    every = _mark_arcs(network, graph, base.territories, followed, around)

    def run(piece: TouchedPiece) -> tuple[Counts, Counts]:
        arc, klass = piece.arcs.arc, piece.held.klass
        marks = _at_arcs(every, arc)
        counts = make_counts(arc.size, followed.size), make_counts(arc.size, followed.size)
        columns = make_columns(piece.states.new, len(base.territories))
        split = still(demand[0][klass]), still(demand[1][klass])
        load_piece(
            piece.states, piece.held.passes, piece.overlay, make_room(piece.states), marks, columns, split, counts
        )
        return counts

    sums = np.zeros((2, 4, len(CLASSES), graph.tail.size))
    by_trip = np.zeros((len(CLASSES), followed.size, 3))
    for piece, counts in zip(touched.pieces, in_threads(routing.settings, run, list(touched.pieces)), strict=True):
        klass, arc = piece.held.klass, piece.arcs.arc
        for state in range(2):
            for count in range(4):
                sums[state, count, klass][arc] += counts[state][count] / draws
        by_trip[klass] += counts[1].by_trip / draws
    states = touched.store.routing.network, network
    return _add_up(graph, states, sums, replace(base, followed=followed, by_trip=by_trip))


def load_held(store: PassStore, demand: FloatArray, territories: tuple[str, ...]) -> Freight:
    """Return the freight of a demand on the passes of a base, no link followed.

    Parameters
    ----------
    store : PassStore
    demand : (class, zone, zone) array, t a year
    territories : tuple of str
        Whose transit revenue is followed.

    Returns
    -------
    Freight
        As `load_freight` returns, but for freight at nodes below 1e-11 of what goes to the destination.
    """
    network, graph, draws = store.routing.network, store.routing.graph, store.routing.settings.draws
    nothing = np.zeros(0, dtype=np.int64)
    every = _mark_arcs(network, graph, territories, nothing, frozenset())

    def run(held: HeldPiece) -> FloatArray:
        arc, web = store.web(held)
        counts, columns = make_counts(arc.size, 0), make_columns(web, len(territories))
        load_passes(web, held.passes, kernels.make_desk(web), _at_arcs(every, arc), columns, demand[held.klass], counts)
        found = np.zeros((4, graph.tail.size))
        found[:, arc] = np.array(counts[:4]) / draws
        return found

    sums = np.zeros((2, 4, len(CLASSES), graph.tail.size))
    for held, found in zip(store.pieces, in_threads(store.routing.settings, run, list(store.pieces)), strict=True):
        sums[1, :, held.klass] += found
    zero = np.zeros(len(territories))
    empty = Freight(
        np.zeros((len(CLASSES), len(network.link_ids), 2)), territories, zero, zero, nothing,
        np.zeros((len(CLASSES), 0, KINDS_OF_TRIP)),
    )  # fmt: skip
    return _add_up(graph, (network, network), sums, empty)


def _at_arcs(every: Marks, arc: IntArray | Int32Array) -> Marks:
    """Return marks of some arcs of the graph."""
    return Marks(every.place[arc], every.start[arc], every.end[arc], every.follow[arc], every.home, every.kind)


def _mark_arcs(
    network: Network, graph: Graph, territories: tuple[str, ...], followed: IntArray, around: frozenset[str]
) -> Marks:
    """Return what the arcs of the graph are counted for."""
    on_link = graph.link >= 0

    def by_arc(on: Int32Array) -> Int32Array:
        return np.where(on_link, on[graph.link], -1).astype(np.int32)

    start, end = (positions(ends, territories) for ends in crossed_places(network))
    crossing = start != end
    follow = np.full(len(network.link_ids), -1, np.int32)
    follow[followed] = np.arange(followed.size)
    place = np.array(network.zones.territory, dtype=object)
    kind = np.zeros((place.size, place.size), np.int32)
    if followed.size:
        kind = trip_kinds(network.zones.economy, np.isin(place, list(around))).astype(np.int32)
    return Marks(
        by_arc(positions(network.territory, territories)), by_arc(np.where(crossing, start, -1)),
        by_arc(np.where(crossing, end, -1)), by_arc(follow), positions(place, territories), kind,
    )  # fmt: skip


def positions(names: Iterable[str], among: tuple[str, ...]) -> Int32Array:
    """Return the position of each name among others; -1 where it is not."""
    index = {name: i for i, name in enumerate(among)}
    return np.array([index.get(name, -1) for name in names], np.int32)


def _add_up(graph: Graph, states: tuple[Network, Network], sums: FloatArray, base: Freight) -> Freight:
    """Return freight with what (state, count, class, arc) sums take off and put on; networks before and after."""
    network = states[1]
    real = graph.link >= 0
    link, direction = graph.link[real], graph.direction[real]
    flow = base.flow.copy()
    flow[:, link, direction] += (sums[1] - sums[0])[0][:, real]
    # Closed links carry nothing; on others only rounding can be below 0.
    flow = np.maximum(flow * network.open[:, None], 0.0)
    pays = [link_payment(state)[:, link] for state in states]
    usd, tonnes = base.transit_usd_m.copy(), base.transit_mt.copy()
    place = positions(network.territory, base.territories)[link]
    ends = [positions(names, base.territories)[link] for names in crossed_places(network)]
    for state, sign in ((0, -1.0), (1, 1.0)):
        through = sums[state, 0] - sums[state, 1:]
        paid = (through[0][:, real] * pays[state]).sum(axis=0)
        usd += sign * _by_place(place, paid, usd.size) / 1e6
        for turn in range(2):
            crossed = through[turn + 1][:, real].sum(axis=0)
            crossing = np.where(ends[0] != ends[1], ends[turn], -1)
            tonnes += sign * _by_place(crossing, crossed, usd.size) / 2e6
    return replace(base, flow=flow, transit_usd_m=usd, transit_mt=tonnes)


def _by_place(place: Int32Array, amount: FloatArray, places: int) -> FloatArray:
    here = place >= 0
    total = np.zeros(places)
    np.add.at(total, place[here], amount[here])
    return total
