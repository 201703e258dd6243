"""The freight network as directed arcs, ready for sweeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isthmus.world.accounts import BoolArray, IntArray, freeze
from isthmus.world.network import CLASSES, EVERYBODY, MODES, Denial, Network, Zones

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class Graph:
    """Arcs of every link in both directions, then connectors out of and into zones.

    Nodes 0..n_nodes-1 are the network's; n_nodes + z is zone z. A trip leaves its origin zone by an
    arc out of it and ends by an arc into its destination zone; it never passes through a zone.
    """

    n_nodes: int
    n_zones: int
    tail: Int32Array  # (arc,)
    head: Int32Array  # (arc,)
    link: Int32Array  # (arc,) index into links; -1 for connectors
    direction: NDArray[np.int8]  # (arc,) 0 forward, 1 backward
    connector: Int32Array  # (arc,) index into connectors; -1 for links

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class Arcs:
    """Adjacency of the arcs that one class may use, as compressed rows by head and by tail."""

    arc: Int32Array  # (kept,) index into Graph arcs, in order of tail
    tail: Int32Array  # (kept,)
    head: Int32Array  # (kept,)
    out_start: Int32Array  # (node + zone + 1,) rows of `arc` by tail
    in_start: Int32Array  # (node + zone + 1,) rows of `in_arc` by head
    in_arc: Int32Array  # (kept,) positions in `arc`, by head

    def __post_init__(self) -> None:
        freeze(self)


def compile_graph(network: Network) -> Graph:
    """Return the directed arcs of a network, open or not."""
    zones = network.zones
    n, n_links, n_connectors = len(network.node_ids), len(network.link_ids), len(zones.connector_zone)
    links = np.arange(n_links)
    back = links[~network.one_way]
    none = np.full(n_connectors, -1)
    connectors = np.arange(n_connectors)
    zone = zones.connector_zone + n
    return Graph(
        n_nodes=n,
        n_zones=len(zones.ids),
        tail=_join(network.from_node, network.to_node[back], zone, zones.connector_node),
        head=_join(network.to_node, network.from_node[back], zones.connector_node, zone),
        link=_join(links, back, none, none),
        direction=_join(0 * links, 0 * back + 1, 0 * none, 0 * none + 1).astype(np.int8),
        connector=_join(0 * links - 1, 0 * back - 1, connectors, connectors),
    )


def _join(*parts: IntArray) -> Int32Array:
    return np.concatenate(parts).astype(np.int32)


def select_arcs(graph: Graph, usable: BoolArray) -> Arcs:
    """Return the adjacency of the usable arcs; ties keep the order of arcs, so that results are repeatable."""
    kept = np.flatnonzero(usable)
    kept = kept[np.argsort(graph.tail[kept], kind="stable")]
    tail, head = graph.tail[kept], graph.head[kept]
    size = graph.n_nodes + graph.n_zones
    by_head = np.argsort(head, kind="stable")
    return Arcs(
        arc=kept.astype(np.int32),
        tail=tail,
        head=head,
        out_start=_starts(tail, size),
        in_start=_starts(head, size),
        in_arc=by_head.astype(np.int32),
    )


def _starts(node: Int32Array, size: int) -> Int32Array:
    return np.concatenate([[0], np.cumsum(np.bincount(node, minlength=size))]).astype(np.int32)


def zone_masks(network: Network, economies: tuple[str, ...]) -> NDArray[np.int64]:
    """Return (zone origin, zone destination) bits of the denials that bind a trip.

    Denial b binds trips with an end in `against` and none in `by` (DESIGN.md section 4, Access).
    """
    zones = len(network.zones.ids)
    bits = np.zeros((zones, zones), dtype=np.int64)
    for b, denial in enumerate(network.denials):
        bits[bound_trips(network, economies, denial)] |= 1 << b
    return bits


def bound_trips(network: Network, economies: tuple[str, ...], denial: Denial) -> BoolArray:
    """Return (zone origin, zone destination) whether a denial binds the trip."""
    zones = network.zones
    place = np.array(zones.territory, dtype=object)
    economy = np.array([economies[e] for e in zones.economy], dtype=object)
    against = (place == denial.against) | (economy == denial.against) | (denial.against == EVERYBODY)
    bound: BoolArray = (against[:, None] | against[None, :]) & through_trips(zones, denial.by)
    return bound


def through_trips(zones: Zones, territory: str) -> BoolArray:
    """Return (zone origin, zone destination) whether a trip has no end in a territory: on it, it is transit."""
    away = np.array([place != territory for place in zones.territory])
    through: BoolArray = away[:, None] & away[None, :]
    return through


def arc_masks(network: Network, graph: Graph) -> NDArray[np.int64]:
    """Return (arc,) bits of the denials that bar an arc: it lies in, enters or leaves the territory."""
    place = np.array(network.territory, dtype=object)
    node = np.array(network.node_territory, dtype=object)
    bits = np.zeros(len(network.link_ids), dtype=np.int64)
    for b, denial in enumerate(network.denials):
        inside = (place == denial.by) | (node[network.from_node] == denial.by) | (node[network.to_node] == denial.by)
        if denial.modes:
            inside &= np.isin(network.mode, [MODES.index(mode) for mode in denial.modes])
        bits[inside] |= 1 << b
    return np.where(graph.link >= 0, bits[graph.link], 0)


def class_index(name: str) -> int:
    """Return the position of a freight class."""
    return CLASSES.index(name)
