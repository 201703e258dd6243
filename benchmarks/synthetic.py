"""A synthetic freight network of about the shipped world's size: clustered places on a plane, three layers."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from isthmus.world.network import CLASSES, KINDS, MODES, Network, Zones


def make_synthetic(nodes: int = 6500, links: int = 23000, zones: int = 220, seed: int = 1) -> Network:
    """Return a network of road, rail and sea layers joined by transfers, with `zones` zones."""
    rng = np.random.default_rng(seed)
    share = {"road": 0.55, "rail": 0.35, "sea": 0.10}
    places = rng.uniform(0, 8000, (nodes, 2)) * (1, 0.5)
    layer = rng.choice(len(share), nodes, p=list(share.values()))
    pairs: list[tuple[int, int, int]] = []
    per_node = (links - nodes // 2) / nodes
    for code in range(len(share)):
        own = np.flatnonzero(layer == code)
        near = cKDTree(places[own]).query(places[own], k=9)[1]
        wanted = int(per_node * len(own))
        seen: set[tuple[int, int]] = set()
        for rank in range(1, 9):
            for i, j in zip(range(len(own)), near[:, rank], strict=True):
                if len(seen) < wanted:
                    seen.add((min(own[i], own[j]), max(own[i], own[j])))
        pairs += [(a, b, code) for a, b in sorted(seen)]
    transfers = cKDTree(places[layer == 0]).query(places[layer != 0], k=1)[1]
    road, other = np.flatnonzero(layer == 0), np.flatnonzero(layer != 0)
    pairs += [(int(other[i]), int(road[j]), 3) for i, j in enumerate(transfers)]
    return _assemble(rng, places, layer, np.array(pairs), zones)


def _assemble(
    rng: np.random.Generator, places: np.ndarray, layer: np.ndarray, pairs: np.ndarray, zones: int
) -> Network:
    names = ("road", "rail", "sea", "transfer")
    count, nodes, classes = len(pairs), len(places), len(CLASSES)
    mode = np.array([MODES.index(names[code]) for code in pairs[:, 2]], dtype=np.int8)
    km = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T) * rng.uniform(1.0, 1.3, count) + 1
    rate = np.array([0.06, 0.025, 0.008, 0.0])[pairs[:, 2]]
    speed = np.array([50, 25, 25, 20])[pairs[:, 2]]
    border = rng.random(count) < 0.04
    block = (places // 800).astype(int) @ (1, 10)
    place = tuple(f"T{b:02d}" for b in block)
    chosen = rng.choice(np.flatnonzero(layer == 0), zones, replace=False)
    near = cKDTree(places).query(places[chosen], k=3)[1]
    return Network(
        node_ids=tuple(f"n{i}" for i in range(nodes)),
        node_names=tuple(f"n{i}" for i in range(nodes)),
        node_mode=np.array([MODES.index(names[code]) for code in layer], dtype=np.int8),
        node_territory=place,
        node_lat=places[:, 1] / 111,
        node_lon=places[:, 0] / 111,
        link_ids=tuple(f"l{i}" for i in range(count)),
        link_names=tuple(f"l{i}" for i in range(count)),
        from_node=pairs[:, 0],
        to_node=pairs[:, 1],
        mode=mode,
        kind=np.where(
            mode == MODES.index("transfer"), KINDS.index("transfer"), np.where(border, KINDS.index("border"), 0)
        ).astype(np.int8),
        territory=tuple(place[i] for i in pairs[:, 0]),
        length_km=np.where(pairs[:, 2] == 3, 0, km),
        hours=np.where(pairs[:, 2] == 3, 0, km / speed),
        wait_hours=np.where(border, rng.uniform(2, 40, count), 0)[:, None] * [1.0, 1.1],
        fee_usd_per_t=np.where(mode == MODES.index("transfer"), 5.0, 0.0)[:, None] * np.ones(classes),
        capacity_mt=np.full(count, np.inf),
        background_mt=np.zeros(count),
        one_way=np.zeros(count, dtype=bool),
        open=rng.random(count) < 0.99,
        status=((("", "open"),),) * count,
        basis=("assumption",) * count,
        source=("synthetic",) * count,
        rate_usd_per_tkm=rate[:, None] * np.array([0.7, 1.0, 1.2, 0.9, 0.9, 1.5]),
        co2_g_per_tkm=np.ones((count, classes)) * 20,
        value_of_time=np.array([0.02, 0.1, 0.25, 0.05, 0.05, 0.1]),
        scale_cap=np.array([3.0, 8.0, 15.0, 3.0, 3.0, 3.0]),
        zones=Zones(
            ids=tuple(f"z{i}" for i in range(zones)),
            names=tuple(f"z{i}" for i in range(zones)),
            economy=np.arange(zones) // 3,
            territory=tuple(place[i] for i in chosen),
            lat=places[chosen, 1] / 111,
            lon=places[chosen, 0] / 111,
            origin_weight=np.full((classes, zones), 1 / 3),
            destination_weight=np.full((classes, zones), 1 / 3),
            connector_zone=np.repeat(np.arange(zones), 3),
            connector_node=near.ravel(),
            connector_cost=np.full((3 * zones, classes), 2.0),
        ),
        denials=(),
        premium=np.zeros((count, classes)),
        corridors={},
        projects={},
    )
