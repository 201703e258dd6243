"""Bottlenecks: the facilities whose capacity can bind, and the delay that their traffic causes.

A bottleneck is one or more links that share one capacity: both ways through a port; or the fullest piece
of a pipeline or railway that has the same capacity all along, for a trip that passes all its pieces should
wait once. The delay, USD per tonne, is the same for all classes and draws (DESIGN.md section 4, Capacity):

    d(v) = a alpha ((v + background) / capacity)^beta,   a = max(10, mean cost of the link)

Observed waits at borders and ports are those of loaded facilities. What trips meet beyond the observed
cost is therefore only D(v) = max(floor, d(v) - relief): in the base `relief` is what the observed wait is
worth and D is never negative; in a scenario `relief` is the part of the base delay that the observed wait
holds, so that an emptier link gets faster than observed. Scenario and base agree at base traffic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.routing.cost import LEAST, RoutingSettings, generalised_cost, lowest_cost
from isthmus.routing.graph import Graph
from isthmus.world.accounts import FloatArray, IntArray, freeze
from isthmus.world.network import CLASSES, KINDS, MODES, Network

#: Delay at capacity, as a share of a.
ALPHA = 0.5
#: Steepness: roads, railways, ports and ferries; pipelines, which hardly queue before they are full.
BETA, BETA_PIPELINE = 4.0, 8.0
#: Least a, USD per tonne.
LEAST_A = 10.0
#: A facility is congestible in the base if uncongested trips would use at least this share of its capacity.
_FELT = 0.4
#: Links that stand for a whole grid with a guessed capacity: no bottleneck of their own.
_AGGREGATES = ("europe-grid",)
#: Share of a link's lowest cost that relief may take away at most.
_MOST_RELIEF = 0.9


@dataclass(frozen=True, eq=False, slots=True)
class Bottlenecks:
    """Facilities and their delay curves; arrays are read-only. Traffic is Mt a year, both directions."""

    names: tuple[str, ...]  # (facility,) id of its first link
    links: tuple[tuple[int, ...], ...]  # (facility,) the links that share the capacity
    capacity: FloatArray  # (facility,) Mt a year
    background: FloatArray  # (facility,) Mt a year that the model does not route
    height: FloatArray  # (facility,) a x alpha, USD per tonne
    beta: FloatArray  # (facility,)
    relief: FloatArray  # (facility,) USD per tonne of delay that observed costs hold already
    floor: FloatArray  # (facility,) USD per tonne, least D

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def size(self) -> int:
        """Number of facilities."""
        return len(self.links)

    def loaded(self, traffic: FloatArray) -> FloatArray:
        """Return d (facility,), the whole delay at a traffic, USD per tonne; 0 below no traffic."""
        with np.errstate(over="ignore"):
            full: FloatArray = self.height * (np.maximum(traffic + self.background, 0.0) / self.capacity) ** self.beta
        return full

    def beyond(self, traffic: FloatArray) -> FloatArray:
        """Return D (facility,), the delay beyond observed costs, USD per tonne."""
        out: FloatArray = np.maximum(self.loaded(traffic) - self.relief, self.floor)
        return out

    def slope(self, traffic: FloatArray) -> FloatArray:
        """Return d' (facility,), USD per tonne and Mt a year."""
        rise: FloatArray = self.beta * self.loaded(traffic) / np.maximum(traffic + self.background, 1e-300)
        return rise

    def traffic(self, delay: FloatArray) -> FloatArray:
        """Return the traffic (facility,) at which D is `delay`, at least 0: the inverse of `beyond`."""
        share = np.maximum(delay + self.relief, 0.0) / self.height
        out: FloatArray = np.maximum(self.capacity * share ** (1.0 / self.beta) - self.background, 0.0)
        return out

    def potential(self, traffic: FloatArray) -> FloatArray:
        """Return (facility,) the integral of v dD from no traffic: the facility's term of the convex dual."""
        start = self.traffic(self.floor)
        low, high = (self._primitive(v) for v in (start, np.maximum(traffic, start)))
        out: FloatArray = high - low
        return out

    def _primitive(self, traffic: FloatArray) -> FloatArray:
        whole = traffic + self.background
        out: FloatArray = self.loaded(traffic) * (self.beta / (self.beta + 1.0) * whole - self.background)
        return out

    def on_links(self, delay: FloatArray, n_links: int) -> FloatArray:
        """Return (link,) the delay of each link's facility, 0 elsewhere."""
        out = np.zeros(n_links)
        for usd, links in zip(delay, self.links, strict=True):
            out[list(links)] = usd
        return out

    def at_links(self, delay: FloatArray) -> FloatArray:
        """Return (facility,) delays of (link,) delays."""
        return np.array([delay[links[0]] for links in self.links])

    def of_link(self, n_links: int) -> IntArray:
        """Return (link,) the position of each link's facility, -1 elsewhere."""
        out = np.full(n_links, -1, dtype=np.int64)
        for f, links in enumerate(self.links):
            out[list(links)] = f
        return out

    def through(self, flow: FloatArray) -> FloatArray:
        """Return (facility,) Mt a year of (class, link, 2) tonnes."""
        total = flow.sum(axis=(0, 2)) / 1e6
        return np.array([total[list(links)].sum() for links in self.links])

    def at_traffic(self, traffic: FloatArray) -> Bottlenecks:
        """Return the curves of scenarios that start from this base traffic."""
        relief = np.minimum(self.loaded(traffic), self.relief)
        return replace(self, relief=relief, floor=-relief)


def list_candidates(network: Network, settings: RoutingSettings) -> list[tuple[int, ...]]:
    """Return every open link with a capacity, each by itself; none if capacities are not to bind."""
    if not settings.congestion:
        return []
    candidates = np.isfinite(network.capacity_mt) & (network.capacity_mt > 0) & network.open
    real = [i for i in np.flatnonzero(candidates).tolist() if network.link_ids[i].split("~")[0] not in _AGGREGATES]
    return [(i,) for i in real]


def choose_bottlenecks(
    network: Network, candidates: list[tuple[int, ...]], traffic: FloatArray, *, beside: Bottlenecks | None = None
) -> list[tuple[int, ...]]:
    """Return the groups of links whose use at a traffic is felt; of groups in series, the fullest link.

    Parameters
    ----------
    network : Network
    candidates : list
        From `list_candidates`.
    traffic : (candidate,) array, Mt a year
        Both directions, all classes, without delays.
    beside : Bottlenecks, optional
        Facilities there are already: links that share a capacity with one of theirs are left out.
    """
    by_link = np.zeros(len(network.link_ids))
    links = [link for (link,) in candidates]
    by_link[links] = traffic
    known = {link for group in beside.links for link in group} if beside else set()
    groups = [group for group in _groups(network, sorted({*links, *known})) if not known & set(group)]
    chosen = [_binding(network, group, by_link) for group in groups]
    return [
        group
        for group in chosen
        if by_link[list(group)].sum() + network.background_mt[group[0]] >= _FELT * network.capacity_mt[group[0]]
    ]


def join_bottlenecks(first: Bottlenecks, second: Bottlenecks) -> Bottlenecks:
    """Return the facilities of both, in this order."""
    arrays = ("capacity", "background", "height", "beta", "relief", "floor")
    joined = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in arrays}
    return Bottlenecks(names=first.names + second.names, links=first.links + second.links, **joined)


def make_bottlenecks(network: Network, cost: FloatArray, groups: list[tuple[int, ...]]) -> Bottlenecks:
    """Return the base curves of facilities: relief is what the observed wait is worth, the floor 0."""
    groups = sorted(groups)
    first = np.array([links[0] for links in groups], dtype=np.int64)
    mean = np.array([_mean(cost[:, list(links)]) for links in groups])
    pipeline = np.array([MODES[network.mode[i]].endswith("pipeline") for i in first], dtype=bool)
    return Bottlenecks(
        names=tuple(network.link_ids[i] for i in first),
        links=tuple(groups),
        capacity=network.capacity_mt[first],
        background=network.background_mt[first],
        height=ALPHA * np.maximum(LEAST_A, mean),
        beta=np.where(pipeline, BETA_PIPELINE, BETA),
        relief=observed_wait(network, cost)[first],
        floor=np.zeros(len(groups)),
    )


def mean_link_cost(network: Network, graph: Graph) -> FloatArray:
    """Return (class, link) costs at mean tastes, mean of both directions, USD per tonne; inf where barred."""
    out = np.empty((len(CLASSES), len(network.link_ids)))
    on_link = graph.link >= 0
    link = graph.link[on_link]
    for klass in range(len(CLASSES)):
        cost = generalised_cost(network, graph, None, klass, superset=True)[on_link]
        out[klass] = np.bincount(link, weights=cost) / np.bincount(link)
    return out


def lowest_met_cost(network: Network, graph: Graph, settings: RoutingSettings) -> FloatArray:
    """Return (class, arc) the lowest cost that a trip can meet, an empty facility included: node scales rest on it."""
    capped = np.isfinite(network.capacity_mt)
    relief = np.where(capped, observed_wait(network, mean_link_cost(network, graph)), 0.0)
    on_arc = np.where(graph.link >= 0, relief[graph.link], 0.0)
    out: FloatArray = np.maximum(lowest_cost(network, graph, settings) - on_arc, LEAST)
    return out


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0


def observed_wait(network: Network, cost: FloatArray) -> FloatArray:
    """Return (link,) what the observed wait is worth, USD per tonne: mean over classes that may pass.

    Hours of fitted constants are no observed wait. At most 0.9 of the lowest cost of any class, for delays are equal
    for all classes and a cost stays above 0.
    """
    allowed = np.isfinite(cost)
    fitted = 0.0 if network.calibrated_hours is None else network.calibrated_hours
    wait = np.maximum(network.wait_hours - fitted, 0.0).mean(axis=1)[None, :] * network.value_of_time[:, None]
    mean = np.where(allowed, wait, 0.0).sum(axis=0) / np.maximum(allowed.sum(axis=0), 1)
    lowest = np.where(allowed, cost, np.inf).min(axis=0)
    out: FloatArray = np.where(allowed.any(axis=0), np.minimum(mean, _MOST_RELIEF * lowest), 0.0)
    return out


def _groups(network: Network, links: list[int]) -> list[tuple[int, ...]]:
    """Return the candidates by what shares a capacity: pieces of one id, or a railway's lines in a territory."""
    line = KINDS.index("line")
    groups: dict[tuple[object, ...], list[int]] = {}
    for i in links:
        stem = network.link_ids[i].split("~")[0]
        if network.kind[i] == line:
            stem = f"{MODES[network.mode[i]]} in {network.territory[i]}"
        groups.setdefault((stem, float(network.capacity_mt[i])), []).append(i)
    return [tuple(group) for group in groups.values()]


def _binding(network: Network, group: tuple[int, ...], traffic: FloatArray) -> tuple[int, ...]:
    """Return all of a port's links, which add up; of pieces in series the fullest one."""
    if network.kind[group[0]] == KINDS.index("port"):
        return group
    return (max(group, key=lambda i: (traffic[i], -i)),)
