"""Waits and fees of crossings, ports and transfers, and surcharges of short seas."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.network.base import read_facts
from isthmus.world.network import CLASSES

#: Tonnes on one lorry and one wagon: conversions of observed costs (assumptions).
LORRY_T, WAGON_T = 18.0, 60.0

#: Broad gauge, 1,520 mm.
_BROAD = set("RUS BLR UKR MDA KAZ KGZ UZB TKM TJK GEO ARM AZE MNG LTU LVA EST FIN AFG".split())
_CUSTOMS_UNION = set("RUS BLR KAZ KGZ ARM".split())

#: Border hours where no figure is known: CAREC means by road, half of it inside the customs union (assumptions).
_WAIT = {"road": 10.0, "rail": 18.0}
_WAIT_INSIDE = {"road": 2.0, "rail": 4.0}
_BORDER_FEE = {"road": 10.4, "rail": 4.0}  # facts/rates border-fixed-road; rail: assumption
_GAUGE_HOURS, _GAUGE_FEE = 24.0, 16.0  # facts/rates transfer-gauge-change; hours: assumption

#: Port handling and dwell where facts/ports have none (facts/rates transfer-port-container; the rest assumptions).
_HANDLING = {"bulk": 6.0, "general": 12.0, "container": 15.0, "products": 4.0, "liquid": 2.0, "gas": 60.0}
_DWELL_H = 48.0
_OIL_PORTS = {"supsa", "kulevi", "dubendi", "ceyhan"}  # terminals for oil and products (facts/ports)
_TRANSFER_FEE, _TRANSFER_H = 5.0, 48.0  # rail-road at one place, waiting for wagons included: assumption

#: Closed seas where freight rates are those of small ships, USD per t-km on top of the deep-sea rate (facts/rates
#: sea-caspian-*, sea-blacksea-container, sea-bulk, sea-tanker); boxes as lat, lat, lon, lon.
_SHORT_SEAS = {
    "caspian": (
        (36.0, 47.6, 46.5, 54.6),
        {"bulk": 0.035, "general": 0.06, "container": 0.064, "products": 0.029, "liquid": 0.031, "gas": 0.05},
    ),
    "black": (
        (40.9, 47.5, 27.4, 42.0),
        {"bulk": 0.006, "general": 0.02, "container": 0.026, "products": 0.006, "liquid": 0.003, "gas": 0.01},
    ),
}

#: The Suez toll and the like per tonne (assumption: canal tolls of 2022 over cargo).
_TOLLS = {"suez-canal": 6.0, "panama-canal": 6.0, "bosphorus-strait": 0.5}
_STRAIT_H = {"suez-canal": 24.0, "panama-canal": 36.0, "bosphorus-strait": 12.0, "kerch-strait": 24.0}


def lay_crossings(links: pd.DataFrame, countries: dict[str, tuple[str, str]]) -> None:
    """Fill waits, fees, capacities and timelines of border links; `countries` gives both sides by link id."""
    facts = read_facts("crossings").set_index("id")
    for i in links.index[links["kind"] == "border"]:
        link, mode = str(links.at[i, "link"]), str(links.at[i, "mode"])
        a, b = countries[link]
        union = a in _CUSTOMS_UNION and b in _CUSTOMS_UNION
        wait = (_WAIT_INSIDE if union else _WAIT)[mode]
        fee = 0.0 if union else _BORDER_FEE[mode]
        breaks = mode == "rail" and (a in _BROAD) != (b in _BROAD)
        if breaks:
            wait, fee = wait + _GAUGE_HOURS, fee + _GAUGE_FEE
        row = facts.loc[link] if link in facts.index else None
        if row is not None:
            if np.isfinite(row["mean_delay_hours"]):
                wait = float(row["mean_delay_hours"])
            if np.isfinite(row["mean_cost_usd_per_truck_or_wagon"]) and mode in {"road", "rail"}:
                load = LORRY_T if mode == "road" else WAGON_T
                fee = float(row["mean_cost_usd_per_truck_or_wagon"]) / load + (_GAUGE_FEE if breaks else 0.0)
                fee = min(fee, 110.0)
            if np.isfinite(row["trucks_per_day_capacity"]):
                links.at[i, "capacity_mt_per_year"] = row["trucks_per_day_capacity"] * LORRY_T * 365 / 1e6
            links.at[i, "basis"], links.at[i, "source"] = str(row["basis"]), str(row["source"])
            links.at[i, "status"], links.at[i, "timeline"] = status_of(row["status"], row["status_since"])
        links.at[i, "wait_hours"] = links.at[i, "wait_hours_back"] = wait
        links.at[i, "fee_usd_per_t"] = round(fee, 2)
    _directions(links)


def _directions(links: pd.DataFrame) -> None:
    """Waits that differ by direction: forward is from country_a to country_b of the row."""
    back = {
        "tsiteli-khidi-red-bridge": 13.6,  # Azerbaijan to Georgia: facts krasny-most-aze-side
        "upper-lars-kazbegi": 72.0,
    }
    forward = {"upper-lars-kazbegi": 18.0}  # Georgia to Russia is 'far faster' (assumption: a quarter)
    for name, hours in back.items():
        links.loc[links["link"] == name, "wait_hours_back"] = hours
    for name, hours in forward.items():
        links.loc[links["link"] == name, "wait_hours"] = hours


def status_of(status: str, since: object) -> tuple[str, str]:
    """Return (status, timeline) in the words of the schema from a facts row."""
    word = {"under_construction": "planned"}.get(str(status), str(status))
    if not isinstance(since, str) or not since or word == "planned":
        return word, word if word == "planned" else ""
    since = since if word in {"closed", "restricted"} or len(since) > 4 else since
    return word, f"{since} {word}"


def lay_ports(links: pd.DataFrame) -> None:
    """Fill handling and dwell of port links, and of transfers at one place."""
    facts = read_facts("ports").set_index("id")
    port = links["kind"] == "port"
    for i in links.index[port]:
        name = str(links.at[i, "link"]).removeprefix("port-").split("~")[0]
        row = facts.loc[name] if name in facts.index else None
        dwell = _DWELL_H if row is None or not np.isfinite(row["dwell_hours"]) else float(row["dwell_hours"]) / 2
        known = row is not None and np.isfinite(row["handling_cost_usd_per_tonne"])
        for klass in CLASSES:
            fee = _HANDLING[klass]
            if known and klass in {"general", "container"}:
                fee = float(row["handling_cost_usd_per_tonne"])  # type: ignore[index]
            links.at[i, f"fee_{klass}"] = fee
        if name in _OIL_PORTS:
            links.loc[i, ["fee_bulk", "fee_general", "fee_container", "fee_gas"]] = np.inf
        # Published dwell is of boxes waiting for a ship and of paper; a shipper's own delay is half (assumption).
        links.at[i, "wait_hours"] = links.at[i, "wait_hours_back"] = dwell
        if row is not None:
            links.at[i, "capacity_mt_per_year"] = row["capacity_mt_per_year"]
            links.at[i, "basis"], links.at[i, "source"] = str(row["basis"]), str(row["source"])
    transfer = (links["kind"] == "transfer") & links["link"].str.startswith("transfer:")
    links.loc[transfer, "fee_usd_per_t"] = _TRANSFER_FEE
    links.loc[transfer, ["wait_hours", "wait_hours_back"]] = _TRANSFER_H
    links.loc[transfer, ["fee_liquid", "fee_gas"]] = np.inf


def lay_sea(links: pd.DataFrame, nodes: pd.DataFrame) -> None:
    """Charge the rates of closed seas and the tolls of canals."""
    at = nodes.set_index("node")[["lat", "lon"]]
    sea = links.index[links["mode"] == "sea"]
    a, b = at.loc[links.loc[sea, "from_node"]].to_numpy(), at.loc[links.loc[sea, "to_node"]].to_numpy()
    km = links.loc[sea, "length_km"].to_numpy()
    for (south, north, west, east), rates in _SHORT_SEAS.values():
        inside = np.ones(len(sea), dtype=bool)
        for end in (a, b):
            inside &= (end[:, 0] > south) & (end[:, 0] < north) & (end[:, 1] > west) & (end[:, 1] < east)
        for klass, rate in rates.items():
            links.loc[sea[inside], f"fee_{klass}"] = np.round(rate * km[inside], 3)
    for name, toll in _TOLLS.items():
        links.loc[links["link"] == name, "fee_usd_per_t"] = toll
    for name, hours in _STRAIT_H.items():
        links.loc[links["link"] == name, ["wait_hours", "wait_hours_back"]] = hours
