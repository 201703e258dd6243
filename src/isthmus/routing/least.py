"""Least-cost ways from zones: cost, path and territories crossed, at mean tastes and without congestion.

What the route choice model spreads over many paths stands here on one, which is what a question about the
possible (a way around a territory, the largest flow that fits) needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import Graph, arc_masks, compile_graph, zone_masks
from isthmus.world.accounts import BoolArray, FloatArray, IntArray
from isthmus.world.network import CLASSES, KINDS, MODES, Network

#: Kinds of link that a short account of a path names.
_NAMED = frozenset(KINDS.index(kind) for kind in ("border", "chokepoint", "ferry", "pipeline", "port", "project"))


@dataclass(frozen=True, slots=True)
class Way:
    """A least-cost path between two zones."""

    cost_usd_per_t: float
    km: float
    territories: tuple[str, ...]  # in order, each once; seas left out
    named: tuple[str, ...]  # ids of the crossings, ports, ferries, straits and pipelines used, in order


class LeastWays:
    """The arcs of a network with what bars them, ready for least-cost searches."""

    def __init__(self, network: Network, economies: tuple[str, ...]) -> None:
        self.network = network
        self.graph: Graph = compile_graph(network)
        self.zone_bits = zone_masks(network, economies)
        self.arc_bits = arc_masks(network, self.graph)
        link = np.where(self.graph.link >= 0, self.graph.link, 0)
        self.link = link
        self.cost = {w: generalised_cost(network, self.graph, None, w) for w in range(len(CLASSES))}
        ends = (network.territory, network.node_territory)
        self.places = tuple(sorted({*ends[0], *ends[1]} - {""}))
        code = {place: i for i, place in enumerate(self.places)}
        # Ships pass a coast without entering its territory; a port's quay does lie in it.
        ashore = ~np.isin(network.mode, [MODES.index(mode) for mode in ("sea", "ferry", "air")])
        on_link = (self.graph.link >= 0) & ashore[link]
        into = (self.graph.connector >= 0) & (self.graph.direction == 1)
        #: (arc,) heads with destinations apart from origins, so that no path leads through a zone
        self.heads: IntArray = np.where(into, self.graph.head.astype(np.int64) + self.graph.n_zones, self.graph.head)
        #: (arc, 2) territories that an arc touches: of the link and of its head; -1 for none
        self.touched = np.full((self.graph.tail.size, 2), -1, dtype=np.int64)
        place = np.array([code.get(p, -1) for p in network.territory], dtype=np.int64)
        node = np.array([code.get(p, -1) for p in network.node_territory] + [-1] * self.graph.n_zones, dtype=np.int64)
        self.touched[:, 0] = np.where(on_link, place[link], -1)
        self.touched[:, 1] = np.where(on_link, node[self.graph.head], -1)

    @property
    def size(self) -> int:
        """Vertices: nodes, zones as origins, zones as destinations."""
        return self.graph.n_nodes + 2 * self.graph.n_zones

    def usable(self, klass: int, denied: int = 0, avoid: Sequence[str] = ()) -> BoolArray:
        """Return (arc,) arcs that a class may use under denials (bits), outside the territories to avoid."""
        ok: BoolArray = np.isfinite(self.cost[klass]) & ((self.arc_bits & denied) == 0)
        for name in avoid:
            if name in self.places:
                ok &= (self.touched != self.places.index(name)).all(axis=1)
        return ok

    def search(
        self,
        klass: int,
        zones: Sequence[int],
        *,
        denied: int = 0,
        avoid: Sequence[str] = (),
        backward: bool = False,
    ) -> tuple[FloatArray, IntArray]:
        """Return (vertex,) least costs from (backward: to) the nearest of some zones, and the arc that joins a path.

        Costs are USD per tonne, inf where there is no path. The arc is the last one of the path (backward: the first),
        -1 at the zones themselves and where there is no path.
        """
        arcs = np.flatnonzero(self.usable(klass, denied, avoid))
        tail, head = self.graph.tail[arcs].astype(np.int64), self.heads[arcs]
        cost = self.cost[klass][arcs]
        first_zone = self.graph.n_nodes + (self.graph.n_zones if backward else 0)
        if backward:
            tail, head = head, tail
        # Of parallel arcs the cheapest counts.
        order = np.lexsort((cost, head, tail))
        key = tail[order] * self.size + head[order]
        single = np.r_[True, key[1:] != key[:-1]]
        first, keys = order[single], key[single]
        matrix = csr_array((cost[first], (tail[first], head[first])), shape=(self.size, self.size))
        starts = np.asarray(zones, dtype=np.int64) + first_zone
        found, before, _ = dijkstra(matrix, indices=starts, return_predecessors=True, min_only=True)
        before = before.astype(np.int64)
        ends = np.full(self.size, -1, dtype=np.int64)
        seen = before >= 0
        ends[seen] = arcs[first[np.searchsorted(keys, before[seen] * self.size + np.flatnonzero(seen))]]
        return np.asarray(found, dtype=np.float64), ends

    def zone_costs(self, found: FloatArray, *, backward: bool = False) -> FloatArray:
        """Return (zone,) costs of a search at the other end."""
        n, zones = self.graph.n_nodes, self.graph.n_zones
        start = n if backward else n + zones
        return found[start : start + zones]

    def path_to(self, ends: IntArray, zone: int) -> list[int]:
        """Return the arcs of a backward search's path from a zone, in order; empty if there is none."""
        at = self.graph.n_nodes + zone
        arcs: list[int] = []
        while ends[at] >= 0:
            arcs.append(int(ends[at]))
            at = int(self.heads[arcs[-1]])
        return arcs

    def way(self, klass: int, origin: int, destinations: Sequence[int], *, avoid: Sequence[str] = ()) -> Way | None:
        """Return the least-cost path from a zone to the nearest of some zones, under the denials that bind it.

        Returns None if there is none.
        """
        denied = int(np.bitwise_or.reduce(self.zone_bits[origin, list(destinations)]))
        found, ends = self.search(klass, destinations, denied=denied, avoid=avoid, backward=True)
        arcs = self.path_to(ends, origin)
        if not arcs:
            return None
        net = self.network
        links = [int(self.graph.link[arc]) for arc in arcs if self.graph.link[arc] >= 0]
        crossed = [int(p) for arc in arcs for p in self.touched[arc] if p >= 0]
        return Way(
            cost_usd_per_t=float(found[self.graph.n_nodes + origin]),
            km=float(net.length_km[links].sum()),
            territories=tuple(dict.fromkeys(self.places[p] for p in crossed)),
            named=tuple(dict.fromkeys(net.link_ids[i].split("~")[0] for i in links if int(net.kind[i]) in _NAMED)),
        )

    def crossings(self, ends: IntArray, *, backward: bool = False) -> BoolArray:
        """Return (zone, place) territories that the path between the search's zone and each other zone touches."""
        n, zones = self.graph.n_nodes, self.graph.n_zones
        inside = np.zeros((self.size, len(self.places)), dtype=bool)
        reached = np.flatnonzero(ends >= 0)
        arcs = ends[reached]
        for side in range(2):
            place = self.touched[arcs, side]
            inside[reached[place >= 0], place[place >= 0]] = True
        # Each vertex takes over what lies before it on its path, in steps of 1, 2, 4 ... arcs.
        before = np.arange(self.size)
        before[reached] = self.heads[arcs] if backward else self.graph.tail[arcs]
        while (before[before] != before).any():
            inside |= inside[before]
            before = before[before]
        inside |= inside[before]
        start = n if backward else n + zones
        return inside[start : start + zones]
