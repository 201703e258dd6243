"""Small freight networks for tests: a link's cost is its length unless waits or fees say more."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from isthmus.routing import RoutingSettings
from isthmus.world.network import CLASSES, KINDS, MODES, Denial, Network, Zones

GENERAL = CLASSES.index("general")

#: No taste variation: costs are exactly those written in the test.
PLAIN = RoutingSettings(
    draws=1, spread_mode=0, spread_territory=0, spread_time=0, spread_border=0, spread_transfer=0, threads=1
)


@dataclass(frozen=True)
class Link:
    start: str
    end: str
    km: float = 1.0
    id: str = ""
    mode: str = "road"
    kind: str = "line"
    territory: str = "AAA"
    wait: tuple[float, float] = (0.0, 0.0)
    fee: float = 0.0
    one_way: bool = False
    open: bool = True

    @property
    def name(self) -> str:
        return self.id or f"{self.start}-{self.end}"


@dataclass(frozen=True)
class Zone:
    id: str
    nodes: dict[str, float]  # node -> connector cost
    economy: int = 0
    territory: str = "AAA"
    weight: float = 1.0


@dataclass(frozen=True)
class Plan:
    links: list[Link]
    zones: list[Zone]
    denials: list[Denial] = field(default_factory=list)
    territory: dict[str, str] = field(default_factory=dict)  # of nodes; AAA otherwise
    scale_cap: float = 1.0


def make_network(plan: Plan) -> Network:
    """Return the network of a plan; rate 1 USD/tkm and value of time 1 USD/th for every class."""
    nodes = sorted({node for link in plan.links for node in (link.start, link.end)})
    at = {node: i for i, node in enumerate(nodes)}
    links, classes = plan.links, len(CLASSES)
    connectors = [(z, at[node], cost) for z, zone in enumerate(plan.zones) for node, cost in zone.nodes.items()]
    weight = np.tile([zone.weight for zone in plan.zones], (classes, 1))
    return Network(
        node_ids=tuple(nodes),
        node_names=tuple(node.upper() for node in nodes),
        node_mode=np.zeros(len(nodes), dtype=np.int8),
        node_territory=tuple(plan.territory.get(node, "AAA") for node in nodes),
        node_lat=np.zeros(len(nodes)),
        node_lon=np.zeros(len(nodes)),
        link_ids=tuple(link.name for link in links),
        link_names=tuple(link.name for link in links),
        from_node=np.array([at[link.start] for link in links]),
        to_node=np.array([at[link.end] for link in links]),
        mode=np.array([MODES.index(link.mode) for link in links], dtype=np.int8),
        kind=np.array([KINDS.index(link.kind) for link in links], dtype=np.int8),
        territory=tuple(link.territory for link in links),
        length_km=np.array([link.km for link in links]),
        hours=np.zeros(len(links)),
        wait_hours=np.array([link.wait for link in links]),
        fee_usd_per_t=np.array([[link.fee] * classes for link in links]),
        capacity_mt=np.full(len(links), np.inf),
        background_mt=np.zeros(len(links)),
        one_way=np.array([link.one_way for link in links]),
        open=np.array([link.open for link in links]),
        status=((("", "open"),),) * len(links),
        basis=("assumption",) * len(links),
        source=("test",) * len(links),
        rate_usd_per_tkm=np.ones((len(links), classes)),
        co2_g_per_tkm=np.ones((len(links), classes)),
        value_of_time=np.ones(classes),
        scale_cap=np.full(classes, plan.scale_cap),
        zones=Zones(
            ids=tuple(zone.id for zone in plan.zones),
            names=tuple(zone.id.title() for zone in plan.zones),
            economy=np.array([zone.economy for zone in plan.zones]),
            territory=tuple(zone.territory for zone in plan.zones),
            lat=np.zeros(len(plan.zones)),
            lon=np.zeros(len(plan.zones)),
            origin_weight=weight,
            destination_weight=weight.copy(),
            connector_zone=np.array([z for z, _, _ in connectors]),
            connector_node=np.array([node for _, node, _ in connectors]),
            connector_cost=np.array([[cost] * classes for _, _, cost in connectors]),
        ),
        denials=tuple(plan.denials),
        premium=np.zeros((len(links), classes)),
        corridors={},
        projects={},
    )


def economies_of(network: Network) -> tuple[str, ...]:
    """Return one code per economy: the territory of its first zone."""
    codes: dict[int, str] = {}
    for economy, place in zip(network.zones.economy, network.zones.territory, strict=True):
        codes.setdefault(int(economy), place)
    return tuple(codes[i] for i in range(len(codes)))
