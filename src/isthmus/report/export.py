"""The network for other tools: GMNS (General Modeling Network Specification 0.96) and GeoParquet 1.1.

Lines follow the course of a link where the world knows it (simplified to a few points), else they run straight.
References: https://github.com/zephyr-data-specs/GMNS, https://geoparquet.org/releases/v1.1.0.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.report.files import write_whole
from isthmus.world import World
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES, KINDS, MODES
from isthmus.world.shapes import Point, inner_points

#: Lines of points, longitude first; a point is a line of one.
Shape = tuple[tuple[tuple[float, float], ...], ...]


def links_frame(world: World) -> pd.DataFrame:
    """Return one row per link with its ends, lengths, times and fees; units are in the column names."""
    net = world.network
    columns: dict[str, object] = {
        "link_id": net.link_ids,
        "name": net.link_names,
        "from_node_id": [net.node_ids[i] for i in net.from_node],
        "to_node_id": [net.node_ids[i] for i in net.to_node],
        "mode": [MODES[m] for m in net.mode],
        "kind": [KINDS[k] for k in net.kind],
        "territory": net.territory,
        "one_way": net.one_way,
        "open": net.open,
        "length_km": net.length_km,
        "hours": net.hours,
        "wait_hours": net.wait_hours[:, 0],
        "wait_hours_back": net.wait_hours[:, 1],
        "capacity_mt_per_year": np.where(np.isfinite(net.capacity_mt), net.capacity_mt, np.nan),
        "basis": net.basis,
        "source": net.source,
    }
    for w, name in enumerate(CLASSES):  # empty: the class may not
        fee = net.fee_usd_per_t[:, w] + net.premium[:, w]
        columns[f"fee_usd_per_t_{name}"] = np.where(np.isfinite(fee), fee, np.nan)
    return pd.DataFrame({name: list(np.asarray(values)) for name, values in columns.items()})


def nodes_frame(world: World) -> pd.DataFrame:
    """Return one row per node."""
    net = world.network
    return pd.DataFrame(
        {
            "node_id": net.node_ids,
            "name": net.node_names,
            "lon": net.node_lon,
            "lat": net.node_lat,
            "mode": [MODES[m] for m in net.node_mode],
            "territory": net.node_territory,
        }
    )


def zones_frame(world: World) -> pd.DataFrame:
    """Return one row per zone with its economy and weights by class."""
    zones = world.network.zones
    frame = pd.DataFrame(
        {
            "zone_id": zones.ids,
            "name": zones.names,
            "economy": [world.economies[e] for e in zones.economy],
            "territory": zones.territory,
            "lon": zones.lon,
            "lat": zones.lat,
        }
    )
    for w, name in enumerate(CLASSES):
        frame[f"origin_weight_{name}"] = zones.origin_weight[w]
        frame[f"destination_weight_{name}"] = zones.destination_weight[w]
    return frame


def write_gmns(world: World, folder: Path) -> list[Path]:
    """Write node.csv, link.csv, zone.csv and config.csv; return their paths.

    Zones are nodes of type centroid, joined by undirected links of facility type connector. Fields beyond
    the specification carry their unit; its `capacity` (vehicles an hour) stays empty.
    """
    tables = {"node": _gmns_nodes(world), "link": _gmns_links(world), "zone": _gmns_zones(world)}
    tables["config"] = pd.DataFrame(
        {
            "dataset_name": [f"isthmus {world.name}, network of {world.as_of}"], "short_length": ["km"],
            "long_length": ["km"], "speed": ["kmh"], "crs": ["EPSG:4326"], "currency": ["USD"],
            "version_number": ["0.96"], "id_type": ["string"],
        }
    )  # fmt: skip
    paths = []
    for name, frame in tables.items():
        paths.append(folder / f"{name}.csv")
        write_whole(paths[-1], partial(frame.to_csv, index=False))
    return paths


def _gmns_nodes(world: World) -> pd.DataFrame:
    nodes = nodes_frame(world).rename(columns={"lon": "x_coord", "lat": "y_coord"}).assign(node_type="hub", zone_id="")
    zones = world.network.zones
    centroids = pd.DataFrame(
        {
            "node_id": [f"zone:{name}" for name in zones.ids], "name": zones.names, "x_coord": zones.lon,
            "y_coord": zones.lat, "mode": "", "territory": zones.territory, "node_type": "centroid",
            "zone_id": zones.ids,
        }
    )  # fmt: skip
    columns = ["node_id", "name", "x_coord", "y_coord", "node_type", "zone_id", "mode", "territory"]
    return pd.concat([nodes, centroids])[columns]


def _gmns_links(world: World) -> pd.DataFrame:
    frame, net = links_frame(world), world.network
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.where(net.hours > 0, net.length_km / net.hours, np.nan)
    frame = frame.assign(
        directed=net.one_way, length=net.length_km, free_speed=speed, facility_type=frame["kind"],
        allowed_uses=frame["mode"], geometry=[_wkt(line) for line in _lines(world)],
    ).drop(columns=["one_way", "length_km"])  # fmt: skip
    zones = net.zones
    connectors = pd.DataFrame(
        {
            "link_id": [f"connector:{c}" for c in range(len(zones.connector_zone))],
            "from_node_id": [f"zone:{zones.ids[z]}" for z in zones.connector_zone],
            "to_node_id": [net.node_ids[n] for n in zones.connector_node],
            "directed": False, "facility_type": "connector", "open": True,
        }
    )  # fmt: skip
    for w, name in enumerate(CLASSES):
        cost = zones.connector_cost[:, w]
        connectors[f"fee_usd_per_t_{name}"] = np.where(np.isfinite(cost), cost, np.nan)
    first = ["link_id", "name", "from_node_id", "to_node_id", "directed", "geometry", "length", "facility_type"]
    first += ["free_speed", "allowed_uses"]
    joined = pd.concat([frame, connectors])
    return joined[[*first, *(name for name in joined if name not in first)]]


def _gmns_zones(world: World) -> pd.DataFrame:
    frame = zones_frame(world).rename(columns={"economy": "super_zone"})
    return frame.assign(boundary="")[["zone_id", "name", "boundary", "super_zone", "territory", *frame.columns[6:]]]


def write_geoparquet(world: World, folder: Path) -> list[Path]:
    """Write nodes.parquet, links.parquet and zones.parquet with WKB geometry in OGC:CRS84; return their paths."""
    net, zones = world.network, world.network.zones
    parts: dict[str, tuple[pd.DataFrame, list[Shape]]] = {
        "nodes": (nodes_frame(world), _points(net.node_lon, net.node_lat)),
        "links": (links_frame(world), _lines(world)),
        "zones": (zones_frame(world), _points(zones.lon, zones.lat)),
    }
    paths = []
    for name, (frame, shapes) in parts.items():
        paths.append(folder / f"{name}.parquet")
        write_whole(paths[-1], partial(_write_geo, frame, shapes))
    return paths


def _write_geo(frame: pd.DataFrame, shapes: Sequence[Shape], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    points = np.array([point for shape in shapes for line in shape for point in line])
    geometry = {
        "encoding": "WKB",
        "geometry_types": sorted({_kind(shape) for shape in shapes}),
        "bbox": [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()],
    }
    about = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.append_column("geometry", pa.array([_wkb(shape) for shape in shapes], pa.binary()))
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(about).encode()}), path)


def _points(lon: FloatArray, lat: FloatArray) -> list[Shape]:
    return [(((float(x), float(y)),),) for x, y in zip(lon, lat, strict=True)]


def _lines(world: World) -> list[Shape]:
    """Return the line of each link, longitude first; one that crosses the antimeridian in parts."""
    net = world.network
    courses = inner_points(world)
    place = list(zip(net.node_lon.tolist(), net.node_lat.tolist(), strict=True))
    return [
        _line([place[a], *courses.get(link, ()), place[b]])
        for link, a, b in zip(net.link_ids, net.from_node, net.to_node, strict=True)
    ]


def _line(points: Sequence[Point]) -> Shape:
    """Return a line cut in parts where it crosses the antimeridian."""
    parts: list[list[Point]] = [[points[0]]]
    for start, end in pairwise(points):
        if abs(start[0] - end[0]) > 180:
            edge = 180.0 if start[0] > 0 else -180.0
            far = end[0] + 2 * edge  # the end as seen without the jump
            lat = start[1] + (end[1] - start[1]) * (edge - start[0]) / (far - start[0])
            parts[-1].append((edge, lat))
            parts.append([(-edge, lat)])
        parts[-1].append(end)
    return tuple(tuple(part) for part in parts)


def _kind(shape: Shape) -> str:
    if len(shape) > 1:
        return "MultiLineString"
    return "Point" if len(shape[0]) == 1 else "LineString"


def _wkb(shape: Shape) -> bytes:
    """Return little-endian well-known binary: point 1, line 2, several lines 5."""
    if len(shape) > 1:
        return struct.pack("<BII", 1, 5, len(shape)) + b"".join(_wkb((line,)) for line in shape)
    (line,) = shape
    coordinates = struct.pack(f"<{2 * len(line)}d", *(value for point in line for value in point))
    head = struct.pack("<BI", 1, 1) if len(line) == 1 else struct.pack("<BII", 1, 2, len(line))
    return head + coordinates


def _wkt(shape: Shape) -> str:
    texts = ["(" + ", ".join(f"{x:.6g} {y:.6g}" for x, y in line) + ")" for line in shape]
    return f"MULTILINESTRING ({', '.join(texts)})" if len(texts) > 1 else f"LINESTRING {texts[0]}"
