"""From a fine graph to links between hubs: absorbing shortest paths, pruned by dominance."""

from __future__ import annotations

import numpy as np
from numba import njit

from isthmus.build.network.raw import RawGraph
from isthmus.world.accounts import FloatArray, IntArray

#: Pruning keeps a path that is up to this much shorter than any path through other hubs.
_DOMINANCE = 0.10

#: The pruned graph's shortest paths are longer than the fine graph's by about this factor.
OVERSHOOT = 1.03

_REACH_KM = 2500.0
_MOST_HUBS = 40


@njit(cache=True)
def _absorb(start, head, km, hubs, is_hub, reach, most, out_from, out_to, out_km):
    """Shortest paths from each hub that stop at other hubs; return how many were written."""
    n = start.size - 1
    dist = np.full(n, np.inf)
    heap_key = np.empty(head.size + 1)
    heap_node = np.empty(head.size + 1, np.int64)
    seen = np.empty(n, np.int64)
    count = 0
    for hub in hubs:
        n_seen = 0
        dist[hub] = 0.0
        seen[n_seen] = hub
        n_seen += 1
        heap_key[0] = 0.0
        heap_node[0] = hub
        size = 1
        found = 0
        while size > 0 and found < most:
            key = heap_key[0]
            node = heap_node[0]
            size -= 1
            last_key = heap_key[size]
            last_node = heap_node[size]
            i = 0
            while True:
                j = 2 * i + 1
                if j >= size:
                    break
                if j + 1 < size and heap_key[j + 1] < heap_key[j]:
                    j += 1
                if heap_key[j] >= last_key:
                    break
                heap_key[i] = heap_key[j]
                heap_node[i] = heap_node[j]
                i = j
            heap_key[i] = last_key
            heap_node[i] = last_node
            if key > dist[node]:
                continue
            if key > reach:
                break
            if is_hub[node] and node != hub:
                if hub < node:
                    out_from[count] = hub
                    out_to[count] = node
                    out_km[count] = key
                    count += 1
                found += 1
                continue
            for e in range(start[node], start[node + 1]):
                other = head[e]
                new = key + km[e]
                if new < dist[other]:
                    if dist[other] == np.inf:
                        seen[n_seen] = other
                        n_seen += 1
                    dist[other] = new
                    i = size
                    size += 1
                    while i > 0:
                        parent = (i - 1) >> 1
                        if heap_key[parent] <= new:
                            break
                        heap_key[i] = heap_key[parent]
                        heap_node[i] = heap_node[parent]
                        i = parent
                    heap_key[i] = new
                    heap_node[i] = other
        for i in range(n_seen):
            dist[seen[i]] = np.inf
    return count


@njit(cache=True)
def _dominated(a, b, km, start, head, length, slack, limit):
    """Mark links a-b that a path over one other hub replaces within the slack."""
    out = np.zeros(a.size, np.bool_)
    best = np.full(start.size - 1, np.inf)
    for i in range(a.size):
        u, v = a[i], b[i]
        for e in range(start[u], start[u + 1]):
            best[head[e]] = length[e]
        for e in range(start[v], start[v + 1]):
            w = head[e]
            if w != u and w != v and best[w] < np.inf and best[w] + length[e] <= (1.0 + slack) * km[i]:
                if best[w] < km[i] and length[e] < km[i]:
                    out[i] = True
                    break
        for e in range(start[u], start[u + 1]):
            best[head[e]] = np.inf
    return out


def adjacency(tail: IntArray, head: IntArray, km: FloatArray, n: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return (start, head, km) of an undirected graph as compressed rows."""
    both_tail, both_head, both_km = np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([km, km])
    order = np.argsort(both_tail, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(both_tail, minlength=n))])
    return start.astype(np.int64), both_head[order].astype(np.int64), both_km[order]


def contract(graph: RawGraph, hubs: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return (from, to, km) of links between hubs, nodes of the fine graph; lengths as driven."""
    n = graph.lat.size
    start, head, km = adjacency(graph.tail, graph.head, graph.km, n)
    is_hub = np.zeros(n, dtype=bool)
    is_hub[hubs] = True
    room = hubs.size * _MOST_HUBS
    a, b, length = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    count = _absorb(start, head, km, np.sort(hubs), is_hub, _REACH_KM, _MOST_HUBS, a, b, length)
    a, b, length = a[:count], b[:count], length[:count]
    h_start, h_head, h_km = adjacency(a, b, length, n)
    drop = _dominated(a, b, length, h_start, h_head, h_km, _DOMINANCE, _REACH_KM)
    return a[~drop], b[~drop], length[~drop] / OVERSHOOT
