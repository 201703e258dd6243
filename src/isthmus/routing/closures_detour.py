"""The nodes whose least cost a closure changes: found on the tree, given new least costs, put back after.

Compiled into `closures_kernels`, which values them anew.
"""

from __future__ import annotations

import numpy as np

from isthmus.routing.closures_state import Change, Kit, Pass
from isthmus.routing.heap import _inlined, _lift, _pop
from isthmus.routing.kernels import Desk


@_inlined
def _note(desk: Desk, run: Pass, change: Change, k: int) -> None:
    """Write what a node was to the log."""
    n = change.number[2]
    change.log[n] = k
    change.old[n, 0] = desk.pi[k]
    change.old[n, 1] = desk.V[k]
    change.old[n, 2] = run.H[k]
    change.number[2] = n + 1


@_inlined
def _detach(kit: Kit, c: int) -> None:
    """Shut the arcs of closure `c`; log and list the nodes under those that are on the tree."""
    web, desk, run, change, shut = kit.web, kit.desk, kit.run, kit.change, kit.shut
    for m in range(shut.start[c], shut.start[c + 1]):
        web.out_gate[shut.out_arc[m]] = 0.0
        web.in_cost[shut.in_arc[m]] = np.inf
    for m in range(shut.start[c], shut.start[c + 1]):
        k = web.in_tail[shut.in_arc[m]]
        if run.rank[k] < 0 or run.parent[k] != np.int64(shut.out_arc[m]) or change.below[k]:
            continue
        for t in range(run.first[k], run.first[k] + run.size[k]):
            u = run.tour[t]
            if not change.below[u]:
                change.below[u] = True
                change.under[change.number[1]] = u
                change.number[1] += 1
                _note(desk, run, change, u)


@_inlined
def _reopen(kit: Kit, c: int) -> None:
    """Open the arcs of closure `c` again."""
    web, shut, least = kit.web, kit.shut, kit.run.least
    for m in range(shut.start[c], shut.start[c + 1]):
        e = shut.out_arc[m]
        web.out_gate[e] = 1.0 / (kit.width * least[e])
        web.in_cost[shut.in_arc[m]] = least[e]


@_inlined
def _hang(kit: Kit, dest: int, code: int) -> int:
    """Start the nodes under closed tree arcs at the least cost by an arc to the others; return the heap's size."""
    web, desk, change, least, size = kit.web, kit.desk, kit.change, kit.run.least, 0
    for m in range(change.number[1]):
        desk.pi[change.under[m]] = np.inf
        desk.place[change.under[m]] = -1
    for m in range(change.number[1]):
        u = change.under[m]
        best = np.inf
        for e in range(web.out_start[u], web.out_start[u + 1]):
            h = web.out_head[e]
            usable = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0)
            if usable and not change.below[h] and web.out_gate[e] > 0.0:
                best = min(best, least[e] + desk.pi[h])
        if best < np.inf:
            desk.pi[u] = best
            _lift(desk.key, desk.node, desk.place, size, best, u)
            size += 1
    return size


@_inlined
def _count_origins(kit: Kit) -> int:
    """Return how many origins of trips are under closed tree arcs."""
    count = 0
    for m in range(kit.change.number[1]):
        o = np.int64(kit.change.under[m]) - kit.web.n_nodes
        if o >= 0 and kit.desk.member[o]:
            count += 1
    return count


@_inlined
def _reroute(kit: Kit, dest: int, code: int, farthest: float) -> tuple[int, float]:
    """Give the nodes under closed tree arcs new least costs; order them by it.

    Ends where no trip starts any more: beyond `farthest` and all origins among the nodes. Those left out get
    inf, for they are uphill of all trips. Returns how many have a least cost and the largest of an origin.
    """
    web, desk, change = kit.web, kit.desk, kit.change
    key, node, place, pi, below, under = desk.key, desk.node, desk.place, desk.pi, change.below, change.under
    waiting, size, settled = _count_origins(kit), _hang(kit, dest, code), 0
    while size > 0:
        cost, h = key[0], node[0]
        if waiting == 0 and cost > farthest:
            break
        under[settled] = h
        settled += 1
        size -= 1
        if size > 0:
            _pop(key, node, place, size)
        if h >= web.n_nodes:
            if desk.member[np.int64(h) - web.n_nodes]:
                waiting -= 1
                farthest = max(farthest, cost)
            continue
        for i in range(web.in_start[h], web.in_start[h + 1]):
            k = web.in_tail[i]
            reached = cost + web.in_cost[i]
            if below[k] and reached < pi[k] and (code == 0 or (web.in_bits[i] & code) == 0):
                pi[k] = reached
                spot = place[k]
                if spot < 0:
                    spot = size
                    size += 1
                _lift(key, node, place, spot, reached, k)
    for i in range(size):
        pi[node[i]] = np.inf
    return settled, farthest


@_inlined
def _spread(kit: Kit, dest: int, code: int, rerouted: int) -> None:
    """Find the nodes that trips pass only now: downhill of rerouted ones that they pass.

    A node that keeps its least cost gets no new way downhill, so that new ways start at rerouted nodes.
    """
    web, pi, run, change = kit.web, kit.desk.pi, kit.run, kit.change
    done = change.number[4]
    for turn in range(rerouted - 1, -1, -1):
        k = np.int64(change.under[turn])
        if not (run.reach[k] or change.met[k]):
            continue
        while True:
            for e in range(web.out_start[k], web.out_start[k + 1]):
                h = np.int64(web.out_head[e])
                usable = (h < web.n_nodes or h == dest) and (code == 0 or (web.out_bits[e] & code) == 0)
                if pi[h] < pi[k] and web.out_gate[e] > 0.0 and usable and not (run.reach[h] or change.met[h]):
                    change.met[h] = True
                    change.found[change.number[4]] = h
                    change.number[4] += 1
            if done == change.number[4]:
                break
            k = np.int64(change.found[done])
            done += 1
