"""From a fine graph to links between hubs: absorbing shortest paths, pruned by dominance."""

from __future__ import annotations

import numpy as np
from numba import njit

from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.repair import adjacency
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

#: Pruning drops a link if a way over one other hub is at most this much longer.
DOMINANCE = 0.10

#: A hub is joined to this many nearest hubs, none further than this, km.
_MOST_HUBS = 40
_REACH_KM = {"rail": 2500.0, "road": 2500.0, "sea": 20000.0}


@njit(cache=True)
def push(key: FloatArray, item: IntArray, size: int, new: float, what: int) -> None:
    """Add an entry to a heap of `size` entries, least key first."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if key[parent] <= new:
            break
        key[i], item[i] = key[parent], item[parent]
        i = parent
    key[i], item[i] = new, what


@njit(cache=True)
def pop(key: FloatArray, item: IntArray, size: int) -> None:
    """Remove the least entry of a heap that had size + 1 entries."""
    last_key, last_item = key[size], item[size]
    i = 0
    while True:
        j = 2 * i + 1
        if j >= size:
            break
        if j + 1 < size and key[j + 1] < key[j]:
            j += 1
        if key[j] >= last_key:
            break
        key[i], item[i] = key[j], item[j]
        i = j
    key[i], item[i] = last_key, last_item


#: Distances, predecessors, nodes seen, and a heap's keys and items: room for `grow_tree`.
Work = tuple[FloatArray, IntArray, IntArray, FloatArray, IntArray]


def make_work(nodes: int, edges: int) -> Work:
    """Return room for trees on a graph of so many nodes and directed edges."""
    return (
        np.full(nodes, np.inf), np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(edges + 1),
        np.empty(edges + 1, np.int64),
    )  # fmt: skip


@njit(cache=True)
def grow_tree(
    graph: tuple[IntArray, IntArray, FloatArray],
    hub: int,
    is_hub: BoolArray,
    reach: float,
    found: tuple[IntArray, FloatArray],
    work: Work,
) -> int:
    """Write the nearest hubs on paths from a hub that pass no other hub, with km; return how many.

    As many as `found` has room for, none further than `reach`. Predecessors on the paths stay in the work room.
    """
    start, head, km = graph
    hubs, away = found
    dist, before, seen, key, item = work
    dist[hub], seen[0], n_seen, count, size = 0.0, hub, 1, 0, 1
    key[0], item[0] = 0.0, hub
    while size > 0 and count < hubs.size:
        least, node = key[0], item[0]
        size -= 1
        pop(key, item, size)
        if least > reach:
            break
        if least > dist[node]:
            continue
        if is_hub[node] and node != hub:
            hubs[count], away[count] = node, least
            count += 1
            continue
        for e in range(start[node], start[node + 1]):
            other, new = head[e], least + km[e]
            if new < dist[other]:
                if dist[other] == np.inf:
                    seen[n_seen] = other
                    n_seen += 1
                dist[other], before[other] = new, node
                push(key, item, size, new, other)
                size += 1
    for i in range(n_seen):
        dist[seen[i]] = np.inf
    return count


@njit(cache=True)
def _absorb(
    graph: tuple[IntArray, IntArray, FloatArray],
    hubs: IntArray,
    is_hub: BoolArray,
    reach: float,
    most: int,
    out: tuple[IntArray, IntArray, FloatArray],
    work: Work,
) -> int:
    """Write shortest paths from each hub that stop at other hubs, each pair once; return how many."""
    out_from, out_to, out_km = out
    near, away = np.empty(most, np.int64), np.empty(most)
    count = 0
    for hub in hubs:
        n = grow_tree(graph, hub, is_hub, reach, (near, away), work)
        out_from[count : count + n] = hub
        out_to[count : count + n] = near[:n]
        out_km[count : count + n] = away[:n]
        count += n
    return count


@njit(cache=True)
def _dominated(
    a: IntArray, b: IntArray, km: FloatArray, graph: tuple[IntArray, IntArray, FloatArray], slack: float
) -> BoolArray:
    """Mark links a-b that a way over one other hub, both its parts shorter than a-b, replaces within the slack."""
    start, head, length = graph
    out = np.zeros(a.size, np.bool_)
    best = np.full(start.size - 1, np.inf)
    for i in range(a.size):
        u, v = a[i], b[i]
        for e in range(start[u], start[u + 1]):
            best[head[e]] = length[e]
        for e in range(start[v], start[v + 1]):
            w = head[e]
            parts_shorter = w not in (u, v) and best[w] < km[i] and length[e] < km[i]
            if parts_shorter and best[w] + length[e] <= (1.0 + slack) * km[i]:
                out[i] = True
                break
        for e in range(start[u], start[u + 1]):
            best[head[e]] = np.inf
    return out


def prune(a: IntArray, b: IntArray, km: FloatArray, n: int, *, slack: float = DOMINANCE) -> BoolArray:
    """Return which links stay: no way over one other hub is as short within the slack.

    Shortest distances grow by less than the slack per link that a path loses; connectivity is kept,
    because a link only goes if both parts of the way that replaces it are shorter than itself.
    """
    stay: BoolArray = ~_dominated(a, b, km, adjacency(a, b, km, n), slack)
    return stay


def contract(graph: RawGraph, hubs: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return (from, to, km) of links between hubs, which are nodes of the fine graph; each pair once.

    Pruning makes paths some 2 % longer than on the fine graph, whose edges are chords and some 2 % short:
    lengths are left as they come out (median ratio to sourced distances: rail 0.996, road 0.987).
    """
    n = graph.lat.size
    is_hub = np.zeros(n, dtype=bool)
    is_hub[hubs] = True
    room = hubs.size * _MOST_HUBS
    out = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    fine = adjacency(graph.tail, graph.head, graph.km, n)
    work = make_work(n, fine[1].size)
    count = _absorb(fine, np.sort(hubs), is_hub, _REACH_KM[graph.mode], _MOST_HUBS, out, work)
    low, high, km = np.minimum(out[0], out[1])[:count], np.maximum(out[0], out[1])[:count], out[2][:count]
    # A pair found from one end only (the other end had its fill) counts as well.
    order = np.lexsort((km, high, low))
    low, high, km = low[order], high[order], km[order]
    first = np.ones(count, dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, km = low[first], high[first], km[first]
    stay = prune(low, high, km, n)
    return low[stay], high[stay], km[stay]
