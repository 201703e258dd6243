"""What a pair does not use, and why: closed links, projects, denials, dearer corridors; the best way by a link.

All at mean tastes: with least costs A from the origin and B to the destination, the best way by a link e is
A(tail) + c_e + B(head), for every link at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from isthmus.errors import NoRoute, QueryError, nearest
from isthmus.routing.choice import Routing
from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import Int32Array, arc_masks, zone_masks
from isthmus.routing.routes import Route, describe_path
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze
from isthmus.world.network import KINDS, MODES, Network

#: Ways dearer than this share of the best are not told.
_WORTH = 1.0
#: Closed links told at most.
_MOST = 8


@dataclass(frozen=True, slots=True)
class Option:
    """A way that is not used."""

    id: str
    name: str
    what: Literal["closed link", "project", "denial", "corridor"]
    dearer_usd_per_t: float  # than the best way in use; below 0 it would be cheaper
    premium_usd_per_t: float  # of it, premia that the link itself bears
    why: str


@dataclass(frozen=True, eq=False, slots=True)
class _Field:
    """Least costs of one pair at mean tastes on one state of the network."""

    cost: FloatArray  # (arc,) inf where it may not be used
    ahead: FloatArray  # (node + zone,) from the origin
    behind: FloatArray  # (node + zone,) to the destination
    best: float
    before: IntArray  # (node + zone,) the node before, from the origin
    after: IntArray  # (node + zone,) the node after, to the destination

    def __post_init__(self) -> None:
        freeze(self)

    def by_arc(self, routing: Routing, cost: FloatArray) -> FloatArray:
        """Return (arc,) the least cost of a way over each arc, at costs that may be of closed arcs.

        A way that would turn back at once is none.
        """
        graph = routing.graph
        back = (self.after[graph.head] == graph.tail) | (self.before[graph.tail] == graph.head)
        return np.where(back, np.inf, self.ahead[graph.tail] + cost + self.behind[graph.head])


def find_options(routing: Routing, origin: int, destination: int, klass: int) -> tuple[Option, ...]:
    """Return what a pair does not use and why, the cheapest first."""
    field = _lay(routing, origin, destination, klass)
    found = [
        *_closed(routing, field, origin, destination, klass),
        *_projects(routing, field, origin, destination, klass),
    ]
    found += _denied(routing, field, origin, destination, klass)
    found += _corridors(routing, field, klass)
    limit = _WORTH * field.best if np.isfinite(field.best) else np.inf
    told = [option for option in found if option.dearer_usd_per_t <= limit]
    return tuple(sorted(told, key=lambda option: (option.dearer_usd_per_t, option.id)))


def find_way_by(routing: Routing, origin: int, destination: int, klass: int, link: str) -> tuple[Route, float]:
    """Return the cheapest way over a link, closed or not, and how much dearer it is than the best, USD per tonne.

    A project or corridor may stand for a link: all its links are opened, and one of them is passed.

    Raises
    ------
    QueryError
        No link, project or corridor has that id.
    NoRoute
        No way over it joins the zones.
    """
    network, graph = routing.network, routing.graph
    groups = network.corridors | network.projects
    if link not in groups and link not in network.link_ids:
        known = [*network.link_ids, *groups]
        raise QueryError(f"--via: {link!r} is no link, project or corridor of this world.{nearest(link, known)}")
    index = np.flatnonzero(np.isin(network.link_ids, groups.get(link, (link,))))
    opened = network.open.copy()
    opened[index] = True
    state = replace(routing, network=replace(network, open=opened))
    field = _lay(state, origin, destination, klass)
    arcs = np.flatnonzero(np.isin(graph.link, index))
    by = field.by_arc(state, field.cost)[arcs]
    if not np.isfinite(by).any():
        free = _lay(state, origin, destination, klass, free=-1)
        denied = bool(np.isfinite(free.by_arc(state, free.cost)[arcs]).any())
        raise _no_way(state, origin, destination, link, denied=denied)
    arc = int(arcs[by.argmin()])
    nodes = [*_walk(field.before, int(graph.tail[arc]))[::-1]]
    rest = _walk(field.after, int(graph.head[arc]))
    path = [*_arcs(state, field, nodes), arc, *_arcs(state, field, rest)]
    return describe_path(state, klass, tuple(path), 0.0), float(
        by.min() - _lay(routing, origin, destination, klass).best
    )


def _no_way(routing: Routing, origin: int, destination: int, link: str, *, denied: bool) -> NoRoute:
    """Return the error that tells what bars every way over a link: denials, or the network and class themselves."""
    network = routing.network
    ends = f"{network.zones.ids[origin]} to {network.zones.ids[destination]}"
    if not denied:
        why = "no open links join it to both ends for this class; open its neighbours in a scenario"
        return NoRoute(f"No way over {link} leads from {ends}: {why}.")
    code = int(zone_masks(network, routing.economies)[origin, destination])
    cut = tuple(f"{denial.by} denies {denial.against}" for b, denial in enumerate(network.denials) if code >> b & 1)
    return NoRoute(f"No way over {link} leads from {ends} under what binds them: {', '.join(cut)}.", cut=cut)


def _walk(step: IntArray, node: int) -> list[int]:
    out = [node]
    while step[node] >= 0:
        node = int(step[node])
        out.append(node)
    return out


def _arcs(routing: Routing, field: _Field, nodes: list[int]) -> list[int]:
    """Return the cheapest arc between each two nodes."""
    graph, out = routing.graph, []
    for tail, head in pairwise(nodes):
        between = np.flatnonzero((graph.tail == tail) & (graph.head == head))
        out.append(int(between[field.cost[between].argmin()]))
    return out


def _lay(routing: Routing, origin: int, destination: int, klass: int, *, free: int = 0) -> _Field:
    """Return the least costs of a pair; the denials of the bits `free` are left out."""
    network, graph = routing.network, routing.graph
    cost = generalised_cost(network, graph, None, klass)
    code = int(zone_masks(network, routing.economies)[origin, destination]) & ~free
    start, goal = graph.n_nodes + origin, graph.n_nodes + destination
    own = (graph.link >= 0) | (graph.tail == start) | (graph.head == goal)
    cost = np.where(own & ((arc_masks(network, graph) & code) == 0), cost, np.inf)
    size = graph.n_nodes + graph.n_zones
    ahead, before = _least(graph.tail, graph.head, cost, start, size)
    behind, after = _least(graph.head, graph.tail, cost, goal, size)
    return _Field(cost, ahead, behind, float(ahead[goal]), before, after)


def _least(tail: Int32Array, head: Int32Array, cost: FloatArray, start: int, size: int) -> tuple[FloatArray, IntArray]:
    """Return least costs from `start` and each node's predecessor or -1; the cheapest of parallel arcs counts."""
    use = np.flatnonzero(np.isfinite(cost))
    order = use[np.lexsort((cost[use], head[use], tail[use]))]
    key = tail[order].astype(np.int64) * size + head[order]
    first = order[np.concatenate([[True], key[1:] != key[:-1]])] if order.size else order
    matrix = csr_matrix((cost[first], (tail[first], head[first])), shape=(size, size))
    least, step = dijkstra(matrix, indices=np.array([start]), return_predecessors=True)
    return least[0], np.where(step[0] < 0, -1, step[0]).astype(np.int64)


def _closed(routing: Routing, field: _Field, origin: int, destination: int, klass: int) -> list[Option]:
    """Return single closed links over which a way would be."""
    network, graph = routing.network, routing.graph
    wide = generalised_cost(network, graph, None, klass, superset=True)
    code = int(zone_masks(network, routing.economies)[origin, destination])
    wide = np.where((arc_masks(network, graph) & code) == 0, wide, np.inf)
    by = np.full(len(network.link_ids), np.inf)
    on_link = graph.link >= 0
    np.minimum.at(by, graph.link[on_link], field.by_arc(routing, wide)[on_link])
    by[network.open] = np.inf
    order = np.argsort(by, kind="stable")[:_MOST]
    return [
        Option(
            network.link_ids[i], network.link_names[i], "closed link", float(by[i]) - field.best,
            float(network.premium[i, klass]), _closed_why(network, i),
        )
        for i in order.tolist() if np.isfinite(by[i])
    ]  # fmt: skip


def _closed_why(network: Network, link: int) -> str:
    since, status = network.status[link][-1]
    return f"{status}{f' since {since}' if since else ''}: {network.source[link]}".strip(": ")


def _projects(routing: Routing, field: _Field, origin: int, destination: int, klass: int) -> list[Option]:
    """Return projects of several links that together would carry the pair."""
    network, out = routing.network, []
    index = {link: i for i, link in enumerate(network.link_ids)}
    for name, links in network.projects.items():
        own = np.array([index[link] for link in links])
        if len(own) < 2 or network.open[own].all():
            continue
        opened = network.open.copy()
        opened[own] = True
        state = replace(routing, network=replace(network, open=opened))
        laid = _lay(state, origin, destination, klass)
        by = laid.by_arc(state, laid.cost)[np.isin(routing.graph.link, own[~network.open[own]])]
        if np.isfinite(by).any():
            premium = float(network.premium[own, klass].max())
            dearer = float(by.min()) - field.best
            out.append(Option(name, name, "project", dearer, premium, f"not built or closed: {len(own)} links"))
    return out


def _denied(routing: Routing, field: _Field, origin: int, destination: int, klass: int) -> list[Option]:
    """Return denials that bind the pair, and what it would pay without them."""
    code = int(zone_masks(routing.network, routing.economies)[origin, destination])
    out = []
    for b, denial in enumerate(routing.network.denials):
        if code >> b & 1:
            best = _lay(routing, origin, destination, klass, free=1 << b).best
            if best < field.best:
                modes = f" {'/'.join(denial.modes)}" if denial.modes else ""
                name = f"{denial.by} denies {denial.against}{modes}"
                out.append(Option(name, name, "denial", best - field.best, 0.0, f"denied: {denial.source}".strip(": ")))
    return out


def _corridors(routing: Routing, field: _Field, klass: int) -> list[Option]:
    """Return open corridors over which the cheapest way is dearer than the best."""
    network, graph = routing.network, routing.graph
    by = field.by_arc(routing, field.cost)
    index = {link: i for i, link in enumerate(network.link_ids)}
    out = []
    for name, links in network.corridors.items():
        own = np.flatnonzero(np.isin(graph.link, [index[link] for link in links]))
        if own.size == 0 or not np.isfinite(by[own]).any():
            continue
        arc = int(own[by[own].argmin()])
        dearer, premium = float(by[arc]) - field.best, float(network.premium[graph.link[arc], klass])
        if dearer > 1e-6:
            why = f"dearer by {dearer:.1f} USD/t" + (f", of it premium {premium:.1f}" if premium > 0 else "")
            out.append(
                Option(
                    name, name, "corridor", dearer, premium, f"{why}; cheapest over {network.link_ids[graph.link[arc]]}"
                )
            )
    return out


def limit_network(network: Network, *, avoid: tuple[str, ...] = (), modes: tuple[str, ...] = ()) -> Network:
    """Return the network without territories or links to avoid, and with some modes only (transfers stay).

    Raises
    ------
    QueryError
        A word is no territory or link, or no mode.
    """
    places = set(network.node_territory) | set(network.territory) - {""}
    opened = network.open.copy()
    place = np.array(network.territory, dtype=object)
    node = np.array(network.node_territory, dtype=object)
    for word in avoid:
        if word in network.link_ids:
            opened[network.link_ids.index(word)] = False
        elif word in places:
            opened &= (place != word) & (node[network.from_node] != word) & (node[network.to_node] != word)
        else:
            known = [*sorted(places), *network.link_ids]
            raise QueryError(f"--avoid: {word!r} is no territory or link of this world.{nearest(word, known)}")
    for word in modes:
        if word not in MODES:
            raise QueryError(f"--mode: {word!r} is no mode. Use {', '.join(MODES)}.{nearest(word, MODES)}")
    if modes:
        kept: BoolArray = np.isin(network.mode, [MODES.index(mode) for mode in (*modes, "transfer")])
        opened &= kept | (network.kind == KINDS.index("transfer"))
    return replace(network, open=opened)
