"""Network: the multimodal freight graph, its zones, and who may use it, as arrays.

A link is undirected unless `one_way`; forward is from_node -> to_node. Its generalised cost for one
tonne of class w is rate[mode, territory, w] * length_km + value_of_time[w] * (hours + wait) + fee[w]
plus the premia of `access` and the constants of `calibration` (DESIGN.md section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze

MODES = ("road", "rail", "sea", "ferry", "oil_pipeline", "gas_pipeline", "air", "transfer")
KINDS = ("line", "border", "chokepoint", "port", "ferry", "pipeline", "transfer", "project", "fallback")
CLASSES = ("bulk", "general", "container", "products", "liquid", "gas")  # classes that move; services: "none"
EVERYBODY = "*"  # in a denial: against all trips without an end in the territory
STATUSES = ("open", "restricted", "closed", "planned")


@dataclass(frozen=True, slots=True)
class Denial:
    """Territory `by` may not be used by trips with an end in `against` and none in `by`."""

    by: str  # ISO3 of the territory
    against: str  # ISO3 of the economy or territory, or EVERYBODY
    modes: tuple[str, ...] = ()  # empty: all modes
    source: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Zones:
    """Where trade starts and ends; arrays are read-only."""

    ids: tuple[str, ...]  # zone id, for instance "AZE-nakhchivan"
    names: tuple[str, ...]
    economy: IntArray  # (zone,) index into World.economies
    territory: tuple[str, ...]  # (zone,) ISO3; members of ROW keep their own
    lat: FloatArray  # (zone,) degrees
    lon: FloatArray  # (zone,) degrees
    origin_weight: FloatArray  # (class, zone) share of the economy's supply, sums to 1 by economy or 0
    destination_weight: FloatArray  # (class, zone) share of its demand
    connector_zone: IntArray  # (connector,) index into zones
    connector_node: IntArray  # (connector,) index into nodes
    connector_cost: FloatArray  # (connector, class) USD per tonne; inf where the class may not

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Freight network on one day; arrays are read-only."""

    node_ids: tuple[str, ...]
    node_names: tuple[str, ...]
    node_mode: NDArray[np.int8]  # (node,) index into MODES
    node_territory: tuple[str, ...]  # (node,) ISO3, "" at sea
    node_lat: FloatArray  # (node,) degrees
    node_lon: FloatArray  # (node,) degrees
    link_ids: tuple[str, ...]
    link_names: tuple[str, ...]
    from_node: IntArray  # (link,) index into nodes
    to_node: IntArray  # (link,) index into nodes
    mode: NDArray[np.int8]  # (link,) index into MODES
    kind: NDArray[np.int8]  # (link,) index into KINDS
    territory: tuple[str, ...]  # (link,) ISO3, "" at sea
    length_km: FloatArray  # (link,)
    hours: FloatArray  # (link,) running time
    wait_hours: FloatArray  # (link, 2) border, port or gauge wait: forward, backward
    fee_usd_per_t: FloatArray  # (link, class) tolls, handling, pipeline tariff; inf: class barred
    capacity_mt: FloatArray  # (link,) Mt a year, both directions; inf: no known limit
    background_mt: FloatArray  # (link,) Mt a year that the model does not route
    one_way: BoolArray  # (link,) True: forward only
    open: BoolArray  # (link,) usable on the as-of day
    status: tuple[tuple[tuple[str, str], ...], ...]  # (link,) ((since ISO date or "", status), ...)
    basis: tuple[str, ...]  # (link,) source | assumption | osm ...
    source: tuple[str, ...]  # (link,)
    rate_usd_per_tkm: FloatArray  # (link, class) line-haul rate; inf where the class may not
    co2_g_per_tkm: FloatArray  # (link, class)
    value_of_time: FloatArray  # (class,) USD per tonne and hour
    scale_cap: FloatArray  # (class,) mu_w, USD per tonne: cap of the logit scale
    zones: Zones
    denials: tuple[Denial, ...]  # in force on the as-of day
    premium: FloatArray  # (link, class) USD per tonne in force on the as-of day, from `access`
    corridors: dict[str, tuple[str, ...]]  # corridor id -> link ids; a trip crosses the cut at most once
    projects: dict[str, tuple[str, ...]]  # project id -> link ids
    calibrated_usd_per_t: FloatArray | None = None  # (link,) constants of `calibration`, all classes alike; may be < 0
    calibrated_hours: FloatArray | None = None  # (link, direction) what they changed `wait_hours` by

    def __post_init__(self) -> None:
        freeze(self)

    def __repr__(self) -> str:
        return f"<Network: {len(self.node_ids)} nodes, {len(self.link_ids)} links, {len(self.zones.ids)} zones>"
