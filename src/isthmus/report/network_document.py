"""The network document: nodes, links, places and economies, sent once to whatever draws maps.

Columns, not rows, so that 13,000 links stay small. A link is drawn as great circles from one end over the
inner points of its course to the other; one without such points is straight. The form is published in
`schema/network.json`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isthmus.world.names import is_plain, names_of
from isthmus.world.network import KINDS, MODES
from isthmus.world.shapes import Point, inner_points
from isthmus.world.world import World

Json = dict[str, object]

#: How links are drawn in a world that knows their course.
GEOMETRY = "roads, railways and sea lanes along their course, simplified; ferries, pipelines and planned lines straight"

#: Credit that any map of the network must carry.
CREDIT = (
    "Network: OpenStreetMap contributors (ODbL 1.0), Eurostat marnet, own collection. Places: GeoNames (CC BY 4.0). "
    "Borders: Natural Earth (public domain) in the visionscarto edition, de jure: Crimea is drawn in Ukraine."
)


def network_document(world: World) -> Json:
    """Return the network of a world for drawing, in the form of `schema/network.json`.

    Coordinates are degrees (longitude, latitude), capacities million tonnes a year, null where no limit
    is known. A link's name is null where it is the names of its ends and its mode. A link's course is flat:
    longitude, latitude of its first inner point in hundredths of a degree, then the steps to the next ones.
    """
    net, called = world.network, names_of(world)
    courses = inner_points(world)
    return {
        "kind": "network",
        "world": world.name,
        "world_sha256": world.sha256,
        "as_of": world.as_of,
        "year": world.year,
        "geometry": GEOMETRY if courses else "straight from end to end, the world holds no courses",
        "credit": CREDIT,
        "modes": list(MODES),
        "kinds": list(KINDS),
        "nodes": {
            "name": list(called.nodes),
            "lon": _round(net.node_lon),
            "lat": _round(net.node_lat),
        },
        "links": {
            "id": list(net.link_ids),
            "name": [None if is_plain(net, i) else name for i, name in enumerate(called.links)],
            "from": net.from_node.tolist(),
            "to": net.to_node.tolist(),
            "mode": net.mode.tolist(),
            "kind": net.kind.tolist(),
            "territory": list(net.territory),
            "open": net.open.astype(int).tolist(),
            "capacity_mt": [float(f"{c:.4g}") if np.isfinite(c) else None for c in net.capacity_mt],
            "course": [_steps(courses.get(link, ())) for link in net.link_ids],
        },
        "places": _places(world),
        "economies": dict(zip(world.economies, world.economy_names, strict=True)),
        "corridors": {name: list(links) for name, links in net.corridors.items()},
        "projects": {name: list(links) for name, links in net.projects.items()},
    }


def _steps(points: Sequence[Point]) -> list[int]:
    """Return inner points in hundredths of a degree: the first one, then the step to each next one."""
    place = np.rint(np.array(points, dtype=float).reshape(-1, 2) * 100).astype(int)
    steps: list[int] = np.diff(place, axis=0, prepend=0).ravel().tolist()
    return steps


def _round(degrees: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    return [round(float(value), 3) for value in degrees]


def _places(world: World) -> list[Json]:
    """Return cities for labels, those with most trade first; fields and terminals are left out."""
    zones = world.network.zones
    gdp = world.accounts.value_added.sum(axis=1)
    weight = zones.destination_weight.max(axis=0) * gdp[zones.economy]
    rows: list[Json] = []
    for z in np.argsort(-weight, kind="stable"):
        if "-liquid-" in zones.ids[z] or "-gas-" in zones.ids[z]:
            continue
        rows.append(
            {"name": zones.names[z], "lon": round(float(zones.lon[z]), 3), "lat": round(float(zones.lat[z]), 3)}
        )
    return rows
