"""Network tables of an imported world: nodes, links, zones, connectors, weights, rates, values of time."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from isthmus.errors import WorldError, nearest
from isthmus.world.load import worlds_folder
from isthmus.world.network import CLASSES

Tables = dict[str, pd.DataFrame]

#: Defaults of what a small set leaves out (assumptions): a transfer between modes, a connector.
_TRANSFER = {"wait_hours": 24.0, "wait_hours_back": 24.0, "fee_usd_per_t": 5.0}
_CONNECTOR_USD_PER_T = 2.0
_PIPELINE_CLASS = {"oil_pipeline": "liquid", "gas_pipeline": "gas"}


def plain_network(places: pd.DataFrame, links: pd.DataFrame, economies: tuple[str, ...], source: str) -> Tables:
    """Return the network tables of places and links.

    Each place is a zone; it gets a node for every mode that a link uses there, transfers between them, and
    connectors. Weights of zones are the shares of places, or equal.

    Raises
    ------
    WorldError
        A link ends at an unknown place, a place lies in an unknown economy, an economy has no place.
    """
    known = tuple(places["place"])
    for table, columns, valid, what in (
        (links, ("from", "to"), known, "place"),
        (places, ("economy",), economies, "economy"),
    ):
        for column in columns:
            wrong = table[~table[column].isin(valid)]
            if len(wrong):
                bad = str(wrong.iloc[0][column])
                raise WorldError(f"unknown {what} {bad!r} in column {column!r}.{nearest(bad, valid)}")
    bare = [name for name in economies if name not in set(places["economy"])]
    if bare:
        raise WorldError(f"places.csv: no place in {', '.join(bare)}. Give every economy at least one.")
    modes = {place: sorted(_modes_at(place, links)) or ["road"] for place in known}
    return {
        **_nodes_and_zones(places, modes, source),
        "links": pd.concat([_transfers(places, modes), _lines(places, links, source)], ignore_index=True),
        "projects": _projects(links),
        **_defaults(),
    }


def star_network(economies: tuple[str, ...]) -> Tables:
    """Return the network tables of a world without freight: one place per economy, joined through one node.

    Places lie where the shipped world has the economy's largest zone, else on the equator.
    """
    shipped = pd.read_parquet(worlds_folder() / "eurasia-2022" / "zones.parquet").drop_duplicates("economy")
    shipped = shipped.set_index("economy")
    lat = [float(shipped["lat"].get(name, 0.0)) for name in economies]
    lon = [float(shipped["lon"].get(name, float(i))) for i, name in enumerate(economies)]
    places = pd.DataFrame({"place": economies, "economy": economies, "lat": lat, "lon": lon, "share": 1.0})
    ends = [(economies[0], name) for name in economies[1:]]
    links = pd.DataFrame(
        [{"link": f"{a}-{b}", "from": a, "to": b, "mode": "sea", "length_km": 1000.0} for a, b in ends],
        columns=["link", "from", "to", "mode", "length_km"],
    )
    for column in ("hours", "wait_hours", "fee_usd_per_t"):
        links[column] = np.nan
    links["status"] = links["project"] = ""
    return plain_network(places, links, economies, "no network given: stands in for one, carries nothing")


def _modes_at(place: str, links: pd.DataFrame) -> set[str]:
    return set(links.loc[(links["from"] == place) | (links["to"] == place), "mode"])


def _nodes_and_zones(places: pd.DataFrame, modes: dict[str, list[str]], source: str) -> Tables:
    at = places.set_index("place")
    nodes = [
        {
            "node": f"{mode}:{place}",
            "name": place,
            "mode": mode,
            "kind": "port" if mode == "sea" else "hub",
            "territory": at.loc[place, "economy"],
            "lat": at.loc[place, "lat"],
            "lon": at.loc[place, "lon"],
            "source": source,
        }
        for place, used in modes.items()
        for mode in used
    ]
    connectors = [
        {"zone": place, "node": f"{mode}:{place}", "class": klass, "cost_usd_per_t": _CONNECTOR_USD_PER_T}
        for place, used in modes.items()
        for mode in used
        for klass in ([_PIPELINE_CLASS[mode]] if mode in _PIPELINE_CLASS else CLASSES)
    ]
    share = places["share"].fillna(1.0)
    weight = share / share.groupby(places["economy"]).transform("sum")
    weights = [
        {
            "zone": place,
            "class": klass,
            "origin_weight": w,
            "destination_weight": w,
            "basis": "assumption",
            "source": source,
        }
        for place, w in zip(places["place"], weight, strict=True)
        for klass in CLASSES
    ]
    zones = pd.DataFrame(
        {
            "zone": places["place"],
            "name": places["place"],
            "economy": places["economy"],
            "territory": places["economy"],
            "lat": places["lat"],
            "lon": places["lon"],
            "source": source,
        }
    )
    return {
        "nodes": pd.DataFrame(nodes),
        "zones": zones,
        "connectors": pd.DataFrame(connectors),
        "zone_weights": pd.DataFrame(weights),
    }


def _transfers(places: pd.DataFrame, modes: dict[str, list[str]]) -> pd.DataFrame:
    economy = places.set_index("place")["economy"]
    rows = [
        {
            "link": f"transfer:{place}:{a}-{b}",
            "name": f"Transfer {a}-{b}, {place}",
            "from_node": f"{a}:{place}",
            "to_node": f"{b}:{place}",
            "mode": "transfer",
            "kind": "transfer",
            "territory": economy[place],
            "length_km": 0.0,
            **_TRANSFER,
            "one_way": "false",
            "status": "open",
            "basis": "assumption",
            "source": "default of an imported world",
        }
        for place, used in modes.items()
        for a, b in combinations([mode for mode in used if mode not in _PIPELINE_CLASS], 2)
    ]
    return pd.DataFrame(rows)


def _lines(places: pd.DataFrame, links: pd.DataFrame, source: str) -> pd.DataFrame:
    economy = places.set_index("place")["economy"]
    start, end = links["from"].map(economy), links["to"].map(economy)
    wait = links["wait_hours"].fillna(0.0)
    kinds = np.where(
        links["project"] != "",
        "project",
        np.where(links["mode"].isin(list(_PIPELINE_CLASS)), "pipeline", np.where(start != end, "border", "line")),
    )
    usual = np.where(links["project"] != "", "planned", "open")
    return pd.DataFrame(
        {
            "link": links["link"],
            "name": links["link"],
            "from_node": links["mode"] + ":" + links["from"],
            "to_node": links["mode"] + ":" + links["to"],
            "mode": links["mode"],
            "kind": kinds,
            "territory": start,
            "length_km": links["length_km"],
            "hours": links["hours"],
            "wait_hours": wait,
            "wait_hours_back": wait,
            "fee_usd_per_t": links["fee_usd_per_t"].fillna(0.0),
            "one_way": "false",
            "status": np.where(links["status"] != "", links["status"], usual),
            "basis": "observed",
            "source": source,
        }
    )


def _projects(links: pd.DataFrame) -> pd.DataFrame:
    built = links[links["project"] != ""]
    return pd.DataFrame(
        {
            "project": built["project"],
            "name": built["project"],
            "link": built["link"],
            "basis": "assumption",
            "source": "links.csv",
        }
    )


def _defaults() -> Tables:
    """Return rates for any territory and values of time of the shipped world."""
    folder = worlds_folder() / "eurasia-2022"
    rates = pd.read_parquet(folder / "rates.parquet")
    return {"rates": rates[rates["territory"] == "*"], "classes": pd.read_parquet(folder / "classes.parquet")}
