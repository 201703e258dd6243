"""Repair of a fine graph inside countries: coarse borders, gaps between pieces, gaps between dead ends."""

from __future__ import annotations

import numpy as np
from numba import njit

from isthmus.build.network.geometry import Nearest
from isthmus.build.network.rawgraph import RawGraph
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

#: Largest gap that is closed inside one country without a patch, km.
GAP_KM = {"rail": 5.0, "road": 3.0}

#: Dead ends of one component are joined over this gap if the way round is longer than this, km.
_DEAD_END_KM = {"rail": 3.0, "road": 3.0}
_DETOUR_KM = 50.0

#: A joined gap is this much longer than its chord.
_WINDING = 1.2


def straighten_borders(graph: RawGraph, fixed: set[int]) -> int:
    """Give small pieces that a coarse border cuts off to the country around them; return how many nodes.

    A road that runs along a border leaves and enters a country many times in the data. A piece of one
    country with under 15 km of line, all of whose border edges lead to one other country, belongs there,
    unless it holds a node of `fixed`, whose country is sourced.
    """
    changed = 0
    for _ in range(3):
        label = graph.components(domestic=True)
        inside = graph.country[graph.tail] == graph.country[graph.head]
        length = np.bincount(label[graph.tail[inside]], weights=graph.km[inside], minlength=int(label.max()) + 1)
        nodes = np.bincount(label)
        over = np.flatnonzero(~inside)
        moved = {
            piece: next(iter(around))
            for piece, around in _neighbours(graph, label, over).items()
            if len(around) == 1 and length[piece] < 15.0 and nodes[piece] < 40
        }
        for node in fixed:
            moved.pop(int(label[node]), None)
        # Of two small pieces that touch, only the smaller moves.
        for a, b in zip(label[graph.tail[over]].tolist(), label[graph.head[over]].tolist(), strict=True):
            if a in moved and b in moved:
                moved.pop(a if length[a] >= length[b] else b)
        if not moved:
            break
        hit = np.isin(label, list(moved))
        graph.country[hit] = np.array([moved[piece] for piece in label[hit].tolist()], dtype=object)
        changed += int(hit.sum())
    return changed


def _neighbours(graph: RawGraph, label: IntArray, over: IntArray) -> dict[int, set[str]]:
    """Return the countries that the border edges of each piece lead to."""
    around: dict[int, set[str]] = {}
    for a, b in ((graph.tail[over], graph.head[over]), (graph.head[over], graph.tail[over])):
        for piece, country in zip(label[a].tolist(), graph.country[b], strict=True):
            around.setdefault(piece, set()).add(country)
    return around


def repair_gaps(graph: RawGraph) -> int:
    """Join components of one country that come within a few km of each other; return how many joins."""
    joins = 0
    for _ in range(3):
        label = graph.components(domestic=True)
        degree = graph.degree()
        found: dict[tuple[int, int], tuple[float, int, int]] = {}
        for country in sorted(set(graph.country)):
            mine = np.flatnonzero((graph.country == country) & (degree > 0))
            if mine.size > 1:
                _close_pieces(graph, label, mine, found)
        if not found:
            break
        chosen = [found[key] for key in sorted(found)]
        graph.add_edges([c[1] for c in chosen], [c[2] for c in chosen], [max(_WINDING * c[0], 0.05) for c in chosen])
        joins += len(chosen)
    return joins


def _close_pieces(
    graph: RawGraph, label: IntArray, mine: IntArray, found: dict[tuple[int, int], tuple[float, int, int]]
) -> None:
    """Note in `found` the shortest gap between each two pieces of a country that are close."""
    small = mine[label[mine] != np.bincount(label[mine]).argmax()]
    if not small.size:
        return
    away, near = Nearest(graph.lat[mine], graph.lon[mine]).find(
        graph.lat[small], graph.lon[small], most=min(24, mine.size), within_km=GAP_KM[graph.mode]
    )
    other = np.where(near >= 0, mine[near], -1)
    strange = (near >= 0) & (label[other] != label[small][:, None])
    first = strange.argmax(axis=1)
    for row in np.flatnonzero(strange.any(axis=1)).tolist():
        km, a, b = float(away[row, first[row]]), int(small[row]), int(other[row, first[row]])
        key = (int(min(label[a], label[b])), int(max(label[a], label[b])))
        if key not in found or km < found[key][0]:
            found[key] = (km, a, b)


def join_dead_ends(graph: RawGraph) -> int:
    """Join dead ends of one country that face each other over a small gap; return how many joins.

    Gaps inside one component are missed by `repair_gaps`. A pair is joined where the way round in the
    data is longer than 50 km; shortest gaps go first and a dead end is used once.
    """
    ends = np.flatnonzero(graph.degree() == 1)
    away, near = Nearest(graph.lat[ends], graph.lon[ends]).find(
        graph.lat[ends], graph.lon[ends], most=min(6, ends.size), within_km=_DEAD_END_KM[graph.mode]
    )
    i, k = np.nonzero((near >= 0) & (near > np.arange(ends.size)[:, None]))
    a, b, gap = ends[i], ends[near[i, k]], away[i, k]
    domestic = graph.country[a] == graph.country[b]
    a, b, gap = a[domestic], b[domestic], gap[domestic]
    if not a.size:
        return 0
    start, head, km = adjacency(graph.tail, graph.head, graph.km, graph.lat.size)
    far = _farther(start, head, km, a, b, _DETOUR_KM)
    order = np.lexsort((b, a, gap))
    used: set[int] = set()
    chosen = []
    for pair in order[far[order]].tolist():
        u, v = int(a[pair]), int(b[pair])
        if u not in used and v not in used:
            used |= {u, v}
            chosen.append((u, v, max(_WINDING * float(gap[pair]), 0.05)))
    graph.add_edges([c[0] for c in chosen], [c[1] for c in chosen], [c[2] for c in chosen])
    return len(chosen)


def adjacency(tail: IntArray, head: IntArray, km: FloatArray, n: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return (start, head, km) of an undirected graph as compressed rows."""
    both_tail, both_head, both_km = np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([km, km])
    order = np.argsort(both_tail, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(both_tail, minlength=n))])
    return start.astype(np.int64), both_head[order].astype(np.int64), both_km[order]


@njit(cache=True)
def _farther(
    start: IntArray, head: IntArray, km: FloatArray, source: IntArray, target: IntArray, limit: float
) -> BoolArray:
    """Return which targets cannot be reached from their sources within the limit, by label correcting."""
    out = np.ones(source.size, np.bool_)
    dist = np.full(start.size - 1, np.inf)
    queue = np.empty(start.size, np.int64)
    waiting = np.zeros(start.size - 1, np.bool_)
    seen = np.empty(start.size, np.int64)
    for pair in range(source.size):
        n_seen, first, count = 1, 0, 1
        dist[source[pair]] = 0.0
        seen[0] = source[pair]
        queue[0] = source[pair]
        while count > 0:
            node = queue[first]
            first = (first + 1) % queue.size
            count -= 1
            waiting[node] = False
            for e in range(start[node], start[node + 1]):
                other, new = head[e], dist[node] + km[e]
                if new <= limit and new < dist[other]:
                    if dist[other] == np.inf:
                        seen[n_seen] = other
                        n_seen += 1
                    dist[other] = new
                    if not waiting[other]:
                        waiting[other] = True
                        queue[(first + count) % queue.size] = other
                        count += 1
        out[pair] = dist[target[pair]] == np.inf
        for i in range(n_seen):
            dist[seen[i]] = np.inf
    return out
