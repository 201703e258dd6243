"""Generalised cost of each arc by class and taste draw.

c = rate x km + value of time x hours + fees + premia (DESIGN.md section 4). A draw multiplies the parts
by mean-one lognormal factors. Factors are keyed by name (mode, territory, link), not by position, so that
adding a link leaves all others' draws as they were; draws come in antithetic pairs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from isthmus.routing.graph import Graph
from isthmus.world.accounts import FloatArray, freeze
from isthmus.world.network import CLASSES, KINDS, MODES, Network

#: Least cost of an arc, USD per tonne: gates divide by it.
LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """Draws and shape of the route choice model; spreads are standard deviations of ln factors (assumptions)."""

    draws: int = 4
    seed: int = 0
    eta: float = 0.5  # share of least cost below which the logsum never falls
    gate: float = 0.5  # width of the gate, in link costs
    spread_mode: float = 0.10
    spread_territory: float = 0.10  # of a mode in a territory
    spread_time: float = 0.30  # of the value of time
    spread_border: float = 0.30  # of waits and fees at one border, port or ferry
    spread_transfer: float = 0.20  # of all handling
    threads: int | None = None  # None: all processors
    congestion: bool = True  # whether capacities bind


@dataclass(frozen=True, eq=False, slots=True)
class Delay:
    """What congestion adds to the observed cost of links, in both directions, all classes and draws."""

    gate: FloatArray  # (link,) USD per tonne: in the costs that gates and least costs rest on
    now: FloatArray  # (link,) USD per tonne: in the costs that trips meet

    def __post_init__(self) -> None:
        freeze(self)


def no_delay(network: Network) -> Delay:
    """Return the delay of links whose cost is as observed."""
    return Delay(np.zeros(len(network.link_ids)), np.zeros(len(network.link_ids)))


@lru_cache(maxsize=1 << 16)
def _normal(seed: int, draw: int, key: str) -> float:
    """Return a standard normal number that depends on the key alone; odd draws mirror even ones."""
    digest = hashlib.blake2b(f"{seed}|{draw // 2}|{key}".encode(), digest_size=8).digest()
    value = float(ndtri((int.from_bytes(digest, "big") + 0.5) / 2.0**64))
    return -value if draw % 2 else value


def _factor(settings: RoutingSettings, draw: int, spread: float, key: str) -> float:
    return float(np.exp(spread * _normal(settings.seed, draw, key) - 0.5 * spread**2))


def draw_factors(network: Network, settings: RoutingSettings, draw: int) -> dict[str, FloatArray]:
    """Return the factors of one draw: `haul`, `wait` and `fee` by link, `time` as one number."""
    mode = {m: _factor(settings, draw, settings.spread_mode, f"mode|{m}") for m in MODES}
    transfer = _factor(settings, draw, settings.spread_transfer, "transfer")
    index: dict[str, int] = {}
    place = np.array([index.setdefault(name, len(index)) for name in network.territory], dtype=np.int64)
    found, which = np.unique(place * len(MODES) + network.mode, return_inverse=True)
    names = list(index)
    local = [
        mode[m] * _factor(settings, draw, settings.spread_territory, f"{m}|{names[at]}")
        for at, m in ((pair // len(MODES), MODES[pair % len(MODES)]) for pair in found.tolist())
    ]
    haul = np.array(local)[which]
    special = np.isin(network.kind, [KINDS.index(k) for k in ("border", "port", "ferry", "chokepoint")])
    own = np.ones(len(network.link_ids))
    for i in np.flatnonzero(special):
        own[i] = _factor(settings, draw, settings.spread_border, f"link|{network.link_ids[i]}")
    handling = np.isin(network.kind, [KINDS.index(k) for k in ("port", "transfer")])
    return {
        "haul": haul,
        "wait": own,
        "fee": own * np.where(handling, transfer, 1.0),
        "time": np.array(_factor(settings, draw, settings.spread_time, "time")),
    }


def generalised_cost(
    network: Network,
    graph: Graph,
    factors: dict[str, FloatArray] | None,
    klass: int,
    *,
    superset: bool = False,
    delay: FloatArray | None = None,
) -> FloatArray:
    """Return the cost of each arc for one class.

    Parameters
    ----------
    factors : dict or None
        From `draw_factors`; None: all 1.
    klass : int
        Index into CLASSES.
    superset : bool
        Count closed links as open and leave premia out: the lowest cost that a scenario can meet.
    delay : (link,) array, optional
        What congestion adds, USD per tonne; below 0 where a link is less full than observed.

    Returns
    -------
    (arc,) array, USD per tonne
        inf where the link is closed, has no capacity, or bars the class.
    """
    one = np.ones(len(network.link_ids))
    f = factors or {"haul": one, "wait": one, "fee": one, "time": np.array(1.0)}
    vot = network.value_of_time[klass] * f["time"]
    haul = network.rate_usd_per_tkm[:, klass] * f["haul"]
    # A place has no haul even where the class has no rate: its fee says who may.
    line = np.where(network.length_km > 0, haul, 0.0) * network.length_km
    line = line + vot * network.hours + network.fee_usd_per_t[:, klass] * f["fee"]
    if network.calibrated_usd_per_t is not None:
        line = line + network.calibrated_usd_per_t
    if not superset:
        usable = network.open & (network.capacity_mt > 0)
        line = np.where(usable, line + network.premium[:, klass], np.inf)
    wait = vot * network.wait_hours * f["wait"][:, None]
    on_link = graph.link >= 0
    link = np.where(on_link, graph.link, 0)
    cost = line[link] + wait[link, graph.direction]
    connector = network.zones.connector_cost[np.where(on_link, 0, graph.connector), klass]
    cost = np.where(on_link, cost, connector)
    if delay is not None:  # a link that constants make cheaper than nothing bears its delay whole: delays are additive
        cost = np.where(cost < 0.0, LEAST, cost) + np.where(on_link, delay[link], 0.0)
    total: FloatArray = np.maximum(cost, LEAST)
    return total


def lowest_cost(network: Network, graph: Graph, settings: RoutingSettings) -> FloatArray:
    """Return (class, arc) the lowest cost over draws with every link open: what node scales rest on."""
    low = np.full((len(CLASSES), graph.tail.size), np.inf)
    for draw in range(settings.draws):
        factors = draw_factors(network, settings, draw)
        for klass in range(len(CLASSES)):
            low[klass] = np.minimum(low[klass], generalised_cost(network, graph, factors, klass, superset=True))
    return low
