"""The main alternative routes between two zones, as a freight forwarder would read them.

All trips of the logit are summed up by what distinguishes them: the sequence of modes and territories,
and the ferries, straits, pipelines and projects used. The share of such a group is the probability of
all its paths together, mean over draws; what is shown of it is its most probable path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.routing import kernels
from isthmus.routing.choice import Routing
from isthmus.routing.cost import draw_factors, generalised_cost
from isthmus.routing.graph import arc_masks, select_arcs, zone_masks
from isthmus.routing.reach import explain_cut
from isthmus.world.accounts import FloatArray
from isthmus.world.gauge import breaks_gauge
from isthmus.world.network import CLASSES, KINDS, MODES, Network

#: Parts of a group's probability below this are dropped on the way, which bounds the search.
_TRACE = 1e-5
#: Shorter links, the way across a town, make no route of its own.
_SHORT_KM = 3.0
_TRANSFER = MODES.index("transfer")
_NAMED = frozenset(KINDS.index(kind) for kind in ("chokepoint", "ferry", "pipeline", "project"))

_WAITED = frozenset(KINDS.index(kind) for kind in ("border", "port", "chokepoint", "ferry"))

#: What distinguishes a route: (mode, territory) runs and named links, in order.
Signature = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of a route by one mode in one territory, or a transfer."""

    mode: str
    start: str  # name of its first node
    end: str
    territory: str  # ISO3, "" at sea
    km: float
    hours: float  # running
    wait_hours: float  # at borders, ports and changes of gauge
    cost_usd_per_t: float
    links: tuple[str, ...]  # ids


@dataclass(frozen=True, slots=True)
class Route:
    """A group of alike paths and its most probable one."""

    share: float  # of the trips, mean over draws
    cost_usd_per_t: float  # generalised cost at mean tastes
    cost_parts: dict[str, float]  # haul, running time, waiting, fees, premia, access; USD per tonne, add up to cost
    km: float
    hours: float  # running and waiting
    territories: tuple[str, ...]  # in order, the sea left out
    legs: tuple[Leg, ...]
    waits: tuple[tuple[str, float], ...] = ()  # border, port, strait or ferry, and hours there
    gauge_changes: tuple[str, ...] = ()  # rail crossings where the gauge changes


class _Step(NamedTuple):
    """How the most probable path of a group came to a node."""

    mass: float  # probability of all paths of the group here
    best: float  # of its most probable path
    node: int  # where that came from, -1 at the origin
    signature: Signature
    arc: int  # by which arc of the graph


def find_zone(network: Network, economies: tuple[str, ...], word: str, class_index: int | None = None) -> int:
    """Return the zone that a word names: its id, its place, or an economy (then the heaviest of its zones).

    Parameters
    ----------
    network : Network
    economies : tuple of str
        Codes that `network.zones.economy` points into.
    word : str
        Case, accents and apostrophes do not matter.
    class_index : int, optional
        Class whose weights tell the heaviest zone, and whose zones go before others of the same place.

    Raises
    ------
    QueryError
        If nothing has that name; tells the nearest.
    """
    zones = network.zones
    weights = zones.origin_weight + zones.destination_weight
    weight = weights.sum(axis=0) if class_index is None else weights[class_index]
    for names in (zones.ids, zones.names):
        same = [zone for zone, name in enumerate(names) if _plain(name) == _plain(word)]
        if same:
            return max(same, key=lambda zone: (weight[zone], -zone))
    if word.upper() in economies:
        own = np.flatnonzero(zones.economy == economies.index(word.upper())).tolist()
        if own:
            return max(own, key=lambda zone: (weight[zone], -zone))
    known = [*zones.ids, *zones.names, *economies]
    raise QueryError(f"{word!r} is no zone, place or economy of this world.{nearest(word, known)}")


def _plain(name: str) -> str:
    """Return a name in lower-case letters and digits, accents taken off."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in bare if letter.isalnum())


def find_routes(
    routing: Routing, origin: int, destination: int, class_index: int, *, most: int = 5, least_share: float = 0.005
) -> tuple[Route, ...]:
    """Return the main routes from one zone to another, by share.

    Parameters
    ----------
    routing : Routing
        From `solve_routing`; only its network, settings and scales are read.
    origin, destination : int
        Indices into `network.zones`.
    class_index : int
        Index into CLASSES.
    most : int
        Routes returned at most.
    least_share : float
        Share below which a route is left out; the heaviest is always there.

    Returns
    -------
    tuple of Route
        Shares add up to at most 1.

    Raises
    ------
    NoRoute
        If no open route is left to this class; `cut` holds the closed links and denials that part the zones.
    QueryError
        If origin and destination are the same zone.
    """
    if origin == destination:
        raise QueryError(f"{routing.network.zones.ids[origin]!r} is origin and destination: give two zones.")
    network, graph = routing.network, routing.graph
    code = int(zone_masks(network, routing.economies)[origin, destination])
    groups: dict[Signature, tuple[float, float, tuple[int, ...]]] = {}
    for draw in range(routing.settings.draws):
        factors = draw_factors(network, routing.settings, draw)
        cost = generalised_cost(network, graph, factors, class_index)
        for signature, step, path in _trace(routing, cost, class_index, code, (origin, destination)):
            mass, best, known = groups.get(signature, (0.0, 0.0, ()))
            longer = step.best > best
            share = mass + step.mass / routing.settings.draws
            groups[signature] = (share, max(best, step.best), path if longer else known)
    if not groups:
        raise explain_cut(routing, origin, destination, class_index)
    ranked = sorted(groups.values(), key=lambda group: (-group[0], group[2]))
    kept = [group for i, group in enumerate(ranked[:most]) if i == 0 or group[0] >= least_share]
    return tuple(describe_path(routing, class_index, path, share) for share, _, path in kept)


def _trace(
    routing: Routing, cost: FloatArray, class_index: int, code: int, ends: tuple[int, int]
) -> Iterator[tuple[Signature, _Step, tuple[int, ...]]]:
    """Yield (signature, last step, path) of all groups of one draw that arrive."""
    graph = routing.graph
    arcs = select_arcs(graph, np.isfinite(cost))
    bits = arc_masks(routing.network, graph)[arcs.arc]
    web = kernels.make_web(
        arcs, graph.n_nodes, graph.n_zones, width=routing.settings.gate, cost=cost[arcs.arc], bits=bits,
        scale=routing.scale[class_index],
    )  # fmt: skip
    desk = kernels.make_desk(web)
    start, goal = (graph.n_nodes + zone for zone in ends)
    settled = kernels.least_cost(web, desk, goal, code)
    kernels.values(web, desk, goal, code, settled)
    steps: dict[int, dict[Signature, _Step]] = {start: {(): _Step(1.0, 1.0, -1, (), -1)}}
    for position in range(settled - 1, 0, -1):
        node = int(desk.order[position])
        if node not in steps:
            continue
        for m in range(desk.start[position], desk.start[position + 1]):
            arc, head = int(arcs.arc[desk.live[m]]), int(arcs.head[desk.live[m]])
            _advance(routing, steps, node, (arc, head, float(desk.p[m])))
    for signature, step in steps.get(goal, {}).items():
        if np.isfinite(desk.pi[start]):
            yield signature, step, _unwind(steps, step)


def _advance(
    routing: Routing, steps: dict[int, dict[Signature, _Step]], node: int, arc: tuple[int, int, float]
) -> None:
    """Carry all groups at a node over one arc (index, head, p)."""
    index, head, p = arc
    for signature, step in steps[node].items():
        mass, best = step.mass * p, step.best * p
        if mass < _TRACE:
            continue
        grown = _extend(signature, routing, index)
        there = steps.setdefault(head, {})
        old = there.get(grown)
        if old is None:
            there[grown] = _Step(mass, best, node, signature, index)
        elif best > old.best:
            there[grown] = _Step(old.mass + mass, best, node, signature, index)
        else:
            there[grown] = old._replace(mass=old.mass + mass)


def _extend(signature: Signature, routing: Routing, arc: int) -> Signature:
    """Return the signature after one more arc."""
    link, network = int(routing.graph.link[arc]), routing.network
    if link < 0 or network.mode[link] == _TRANSFER:
        return signature
    if network.kind[link] in _NAMED:
        mark = (network.link_ids[link], "")
    elif network.length_km[link] < _SHORT_KM:
        return signature
    else:
        mark = (MODES[network.mode[link]], network.territory[link])
    return signature if signature and signature[-1] == mark else (*signature, mark)


def _unwind(steps: dict[int, dict[Signature, _Step]], last: _Step) -> tuple[int, ...]:
    path = []
    step = last
    while step.node >= 0:
        path.append(step.arc)
        step = steps[step.node][step.signature]
    return tuple(reversed(path))


def describe_path(routing: Routing, class_index: int, path: tuple[int, ...], share: float) -> Route:
    """Return a path's legs, costs and times at mean tastes."""
    network, graph = routing.network, routing.graph
    parts = dict.fromkeys(("haul", "running", "waiting", "fees", "premia", "calibrated", "access"), 0.0)
    legs: list[Leg] = []
    for arc in path:
        link = int(graph.link[arc])
        if link < 0:
            parts["access"] += float(network.zones.connector_cost[graph.connector[arc], class_index])
            continue
        own = _link_parts(network, link, int(graph.direction[arc]), class_index)
        for name, usd in own.items():
            parts[name] += usd
        leg = _one_link_leg(network, link, bool(graph.direction[arc]), sum(own.values()))
        if legs and (legs[-1].mode, legs[-1].territory) == (leg.mode, leg.territory):
            leg = _join(legs.pop(), leg)
        legs.append(leg)
    places = [leg.territory for leg in legs if leg.territory]
    passed = [(int(graph.link[arc]), int(graph.direction[arc])) for arc in path if graph.link[arc] >= 0]
    return Route(
        share=share,
        cost_usd_per_t=sum(parts.values()),
        cost_parts=parts,
        km=sum(leg.km for leg in legs),
        hours=sum(leg.hours + leg.wait_hours for leg in legs),
        territories=tuple(place for i, place in enumerate(places) if i == 0 or places[i - 1] != place),
        legs=tuple(legs),
        waits=tuple(
            (network.link_names[i], float(network.wait_hours[i, way]))
            for i, way in passed
            if network.wait_hours[i, way] > 0 and network.kind[i] in _WAITED
        ),
        gauge_changes=tuple(network.link_names[i] for i, _ in passed if _changes_gauge(network, i)),
    )


def _changes_gauge(network: Network, link: int) -> bool:
    ends = (network.node_territory[network.from_node[link]], network.node_territory[network.to_node[link]])
    return bool(network.mode[link] == MODES.index("rail") and all(ends) and breaks_gauge(*ends))


def _link_parts(network: Network, link: int, direction: int, class_index: int) -> dict[str, float]:
    vot, km = float(network.value_of_time[class_index]), float(network.length_km[link])
    constant = network.calibrated_usd_per_t
    return {
        "haul": float(network.rate_usd_per_tkm[link, class_index]) * km if km > 0 else 0.0,
        "running": vot * float(network.hours[link]),
        "waiting": vot * float(network.wait_hours[link, direction]),
        "fees": float(network.fee_usd_per_t[link, class_index]),
        "premia": float(network.premium[link, class_index]),
        "calibrated": 0.0 if constant is None else float(constant[link]),
    }


def _one_link_leg(network: Network, link: int, back: bool, usd: float) -> Leg:
    ends = (int(network.from_node[link]), int(network.to_node[link]))
    start, end = reversed(ends) if back else ends
    return Leg(
        mode=MODES[network.mode[link]],
        start=network.node_names[start],
        end=network.node_names[end],
        territory=network.territory[link],
        km=float(network.length_km[link]),
        hours=float(network.hours[link]),
        wait_hours=float(network.wait_hours[link, int(back)]),
        cost_usd_per_t=usd,
        links=(network.link_ids[link],),
    )


def _join(first: Leg, second: Leg) -> Leg:
    return Leg(
        mode=first.mode,
        start=first.start,
        end=second.end,
        territory=first.territory,
        km=first.km + second.km,
        hours=first.hours + second.hours,
        wait_hours=first.wait_hours + second.wait_hours,
        cost_usd_per_t=first.cost_usd_per_t + second.cost_usd_per_t,
        links=first.links + second.links,
    )


def class_named(word: str) -> int:
    """Return the index of a freight class.

    Raises
    ------
    QueryError
        If there is none of that name.
    """
    if word not in CLASSES:
        raise QueryError(f"{word!r} is no freight class. Use one of {', '.join(CLASSES)}.{nearest(word, CLASSES)}")
    return CLASSES.index(word)
