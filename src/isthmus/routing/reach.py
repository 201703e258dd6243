"""Why two zones are parted: the closed links and denials at the edge of what can be reached."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from isthmus.errors import NoRoute
from isthmus.routing.choice import Routing
from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import arc_masks, zone_masks
from isthmus.world.accounts import BoolArray, FloatArray, IntArray
from isthmus.world.network import CLASSES

#: Weight of an arc in use beside 1 for a barred one: a path has far fewer than 1e6 arcs.
_PASSING = 1e-7


def explain_cut(routing: Routing, origin: int, destination: int, class_index: int) -> NoRoute:
    """Return the error that tells why no route joins two zones.

    Returns
    -------
    NoRoute
        `cut` names the closed links on the edge of what the origin reaches, those on some path that
        needs the fewest openings, and the denials that bar such a path. Empty if no link, open or
        closed, would join the zones for this class.
    """
    network, graph = routing.network, routing.graph
    code = int(zone_masks(network, routing.economies)[origin, destination])
    possible = np.isfinite(generalised_cost(network, graph, None, class_index, superset=True))
    closed = np.zeros(len(graph.tail), dtype=bool)
    on_link = graph.link >= 0
    closed[on_link] = ~network.open[graph.link[on_link]]
    bits = arc_masks(network, graph) & code
    start, goal = graph.n_nodes + origin, graph.n_nodes + destination
    usable = possible & (on_link | (graph.tail == start) | (graph.head == goal))
    arcs = np.flatnonzero(usable)
    barred = closed[arcs] | (bits[arcs] != 0)
    edge = _edge(graph.tail[arcs].astype(np.int64), graph.head[arcs].astype(np.int64), barred, start, goal)
    names = network.zones.ids[origin], network.zones.ids[destination]
    what = f"No open route for {CLASSES[class_index]} from {names[0]} to {names[1]}"
    if edge is None:
        return NoRoute(f"{what}: no link of the network, open or closed, joins them for this class.")
    found = arcs[edge]
    links = sorted({network.link_ids[graph.link[a]] for a in found if closed[a]})
    denials = [
        f"{denial.by} denies {denial.against}"
        for b, denial in enumerate(network.denials)
        if any(int(bits[a]) >> b & 1 for a in found)
    ]
    cut = (*links, *dict.fromkeys(denials))
    shown = ", ".join(cut[:6]) + (f" and {len(cut) - 6} more" if len(cut) > 6 else "")
    return NoRoute(f"{what}. What parts them: {shown}. Open one of these in a scenario (open_link).", cut=cut)


def _edge(tail: IntArray, head: IntArray, barred: BoolArray, start: int, goal: int) -> IntArray | None:
    """Return the barred arcs out of what `start` reaches that lie on a path with the fewest barred arcs."""
    size = int(max(tail.max(initial=0), head.max(initial=0), start, goal)) + 1
    weight = np.where(barred, 1.0, _PASSING)
    ahead = _barred_needed(tail, head, weight, start, size)
    behind = _barred_needed(head, tail, weight, goal, size)
    if not np.isfinite(ahead[goal]):
        return None
    on_path = (ahead[tail] == 0) & (1 + behind[head] == ahead[goal])
    out: IntArray = np.flatnonzero(barred & on_path)
    return out


def _barred_needed(tail: IntArray, head: IntArray, weight: FloatArray, start: int, size: int) -> FloatArray:
    """Return (node,) how many barred arcs a path from `start` needs at least; inf out of reach."""
    order = np.lexsort((weight, head, tail))
    key = tail[order] * size + head[order]
    first = order[np.concatenate([[True], key[1:] != key[:-1]])] if order.size else order
    matrix = csr_matrix((weight[first], (tail[first], head[first])), shape=(size, size))
    out: FloatArray = np.round(dijkstra(matrix, indices=np.array([start]))[0])
    return out
