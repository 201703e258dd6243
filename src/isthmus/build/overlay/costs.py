"""Waits and fees of crossings, ports and transfers, and surcharges of short seas."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.network.base import read_facts
from isthmus.build.overlay.records import Record, read_records, records_of
from isthmus.world.gauge import BROAD_GAUGE
from isthmus.world.network import CLASSES

#: Tonnes on one lorry and one wagon: conversions of observed costs (assumptions).
LORRY_T, WAGON_T = 18.0, 60.0

_CUSTOMS_UNION = {"RUS", "BLR", "KAZ", "KGZ", "ARM"}

#: Border hours where no figure is known: CAREC means by road, half of it inside the customs union (assumptions).
_WAIT = {"road": 10.0, "rail": 18.0}
_WAIT_INSIDE = {"road": 2.0, "rail": 4.0}
_BORDER_FEE = {"road": 10.4, "rail": 4.0}  # facts/rates border-fixed-road; rail: assumption
_GAUGE_HOURS, _GAUGE_FEE = 24.0, 16.0  # facts/rates transfer-gauge-change; hours: assumption

#: Port handling and dwell where facts/ports have none (facts/rates transfer-port-container; the rest assumptions).
HANDLING = {"bulk": 6.0, "general": 12.0, "container": 15.0, "products": 4.0, "liquid": 2.0, "gas": 60.0}
_DWELL_H = 48.0

#: Liquefied gas at a terminal, USD per tonne at either end: half of about 120 for liquefaction and 25 for
#: regasification (assumption, 40 to 110).
LNG_FEE = 70.0
_TRANSFER_FEE, _TRANSFER_H = 5.0, 48.0  # rail-road at one place, waiting for wagons included: assumption

#: Ports of facts/ports that handle oil only: no dry berth in their notes.
_OIL_ONLY = {"supsa", "dubendi", "kulevi", "ceyhan", "bautino", "sangachal"}

#: Iranian Caspian ports: no crude has been swapped there since 2010, the sanctions forbid it (assumption).
_NO_CRUDE = {"anzali", "amirabad", "astara-irn"}

#: What a call of a small ship costs per tonne at a port of a closed sea, on top of the rate per km, and what shallow
#: Azov ports add. Fitted by hand to facts/shortsea: Novorossiysk-Samsun wheat 20, -Marmara 18.5, Izmail-Marmara 19 to
#: 25, Rostov-Marmara 41.5, Astrakhan-northern Iran 36 to 45 USD per tonne (assumption, half to double).
_CALL = {"bulk": 6.0, "general": 6.0, "container": 8.0, "products": 4.0, "liquid": 1.0, "gas": 4.0}
_AZOV_CALL = {"bulk": 19.0, "general": 19.0, "container": 19.0, "products": 10.0, "liquid": 10.0, "gas": 10.0}
_AZOV = (45.45, 47.5, 34.8, 39.9)

#: Iran's ocean ports have no main-line services since the sanctions of 2018-11: feeders by Jebel Ali, insurance
#: (assumption, range 0 to 120 USD per tonne).
_UNSERVED = {"general": 40.0, "container": 60.0}

#: European Russia's ports since the container lines left in 2022: facts/shortsea novorossiysk-china-feu (USD 255 per
#: tonne) against shanghai-poti-feu (112.5), rounded down (assumption, range 0 to 140 USD per tonne).
_LEFT_BY_LINES = {"general": 80.0, "container": 100.0}

#: Closed seas where freight rates are those of small ships, USD per t-km on top of the deep-sea rate (facts/rates
#: sea-caspian-*, sea-blacksea-container, sea-bulk, sea-tanker; Caspian bulk fitted with the call above); boxes as
#: lat, lat, lon, lon.
_SHORT_SEAS = {
    "caspian": (
        (36.0, 47.6, 46.5, 54.6),
        {"bulk": 0.022, "general": 0.06, "container": 0.064, "products": 0.029, "liquid": 0.031, "gas": 0.05},
    ),
    "black": (
        (40.9, 47.5, 27.4, 42.0),
        {"bulk": 0.006, "general": 0.02, "container": 0.026, "products": 0.006, "liquid": 0.003, "gas": 0.01},
    ),
}

#: The Suez toll and the like per tonne (assumption: canal tolls of 2022 over cargo).
_TOLLS = {"suez-canal": 6.0, "panama-canal": 6.0, "bosphorus-strait": 0.5}
_STRAIT_H = {"suez-canal": 24.0, "panama-canal": 36.0, "bosphorus-strait": 12.0, "kerch-strait": 24.0}

Box = tuple[float, float, float, float]


def lay_crossings(links: pd.DataFrame, countries: dict[str, tuple[str, str]]) -> None:
    """Fill waits, fees, capacities and timelines of border links; `countries` gives both sides by link id."""
    facts = read_records("crossings")
    known = _border_defaults()
    for i in links.index[links["kind"] == "border"]:
        link, mode = str(links.at[i, "link"]), str(links.at[i, "mode"])
        wait, fee = _default_border(mode, *countries[link], known)
        if link in facts:
            row = facts[link]
            breaks = mode == "rail" and _breaks(*countries[link])
            wait, fee = _surveyed(row, mode, wait, fee, breaks)
            trucks = row.number("trucks_per_day_capacity")
            if np.isfinite(trucks):
                links.at[i, "capacity_mt_per_year"] = trucks * LORRY_T * 365 / 1e6
            elif np.isfinite(row.number("capacity_mt_per_year")):
                links.at[i, "capacity_mt_per_year"] = row.number("capacity_mt_per_year")
            links.at[i, "basis"], links.at[i, "source"] = row.text("basis"), row.text("source")
            links.at[i, "status"], links.at[i, "timeline"] = status_of(row.text("status"), row.text("status_since"))
        links.at[i, "wait_hours"] = links.at[i, "wait_hours_back"] = wait
        links.at[i, "fee_usd_per_t"] = round(fee, 2)
    _settle_astara(links)
    _directions(links)


def _border_defaults() -> dict[tuple[str, str, str], tuple[float, float]]:
    """Return (hours, USD per tonne) by pair and mode of facts/border_defaults; '*' stands for any neighbour."""
    rows = read_facts("border_defaults")
    return {
        (str(a), str(b), str(m)): (float(h), float(f))
        for a, b, m, h, f in zip(
            rows["country_a"], rows["country_b"], rows["mode"], rows["wait_hours"], rows["fee_usd_per_t"], strict=True
        )
    }


def _breaks(a: str, b: str) -> bool:
    return (a in BROAD_GAUGE) != (b in BROAD_GAUGE)


def _default_border(
    mode: str, a: str, b: str, known: dict[tuple[str, str, str], tuple[float, float]]
) -> tuple[float, float]:
    for pair in ((a, b), (b, a), (a, "*"), (b, "*")):
        if (*pair, mode) in known:
            return known[(*pair, mode)]
    union = a in _CUSTOMS_UNION and b in _CUSTOMS_UNION
    wait, fee = (_WAIT_INSIDE if union else _WAIT)[mode], 0.0 if union else _BORDER_FEE[mode]
    if mode == "rail" and _breaks(a, b):
        wait, fee = wait + _GAUGE_HOURS, fee + _GAUGE_FEE
    return wait, fee


def _surveyed(row: Record, mode: str, wait: float, fee: float, breaks: bool) -> tuple[float, float]:
    """Return hours and USD per tonne of a surveyed crossing; what it does not give stays as it was."""
    hours, cost = row.number("mean_delay_hours"), row.number("mean_cost_usd_per_truck_or_wagon")
    if np.isfinite(hours):
        wait = hours
    if np.isfinite(cost):
        fee = cost / (LORRY_T if mode == "road" else WAGON_T) + (_GAUGE_FEE if breaks else 0.0)
    return wait, fee


def _settle_astara(links: pd.DataFrame) -> None:
    """Take the gauge change off the Astara railway: broad gauge runs into the Iranian terminal, where lorries load.

    The yard's transfer already holds that handling and a day of the crossing's 48 hours (assumption).
    """
    mine = links["link"] == "astara-rail"
    links.loc[mine, "fee_usd_per_t"] = _BORDER_FEE["rail"]
    links.loc[mine, ["wait_hours", "wait_hours_back"]] = 24.0


def _directions(links: pd.DataFrame) -> None:
    """Set waits that differ by direction: forward is from country_a to country_b of the row."""
    back = {
        "tsiteli-khidi-red-bridge": 13.6,  # Azerbaijan to Georgia: facts krasny-most-aze-side
        "upper-lars-kazbegi": 72.0,
    }
    forward = {"upper-lars-kazbegi": 18.0}  # Georgia to Russia is 'far faster' (assumption: a quarter)
    # Meghri: front and back office on one side, 12 h (assumption, 4 to 48). Irkeshtam's survey leaves out the
    # Chinese side: 22 h more (assumption, 10 to 46).
    for name, hours in (("meghri-east-aghband", 12.0), ("meghri-west-ordubad", 12.0), ("irkeshtam", 23.8)):
        forward[name] = back[name] = hours
    for name, hours in back.items():
        links.loc[links["link"] == name, "wait_hours_back"] = hours
    for name, hours in forward.items():
        links.loc[links["link"] == name, "wait_hours"] = hours


def status_of(status: str, since: str) -> tuple[str, str]:
    """Return (status, timeline) in the words of the schema from a facts row."""
    word = {"under_construction": "planned"}.get(status, status)
    if word == "planned" or not since:
        return word, word if word == "planned" else ""
    return word, f"{since} {word}"


def lay_ports(links: pd.DataFrame, nodes: pd.DataFrame) -> None:
    """Fill handling and dwell of port links, and of transfers at one place."""
    facts = read_records("ports")
    quays = {row.text("node"): row for row in records_of(nodes[nodes["mode"] == "sea"])}
    piers = links.loc[links["link"].str.startswith("oil-terminal-"), ["from_node", "to_node"]]
    # Crude is loaded at the oil terminal where a port has one, within its capacity, not over the dry berths beside it.
    oil = set(piers.to_numpy().ravel()) & set(quays)
    for i in links.index[links["kind"] == "port"]:
        name = str(links.at[i, "link"]).removeprefix("port-").split("~")[0]
        row = facts.get(name)
        quay = quays[next(n for n in (str(links.at[i, "from_node"]), str(links.at[i, "to_node"])) if n in quays)]
        fees = _port_fees(name, row, str(links.at[i, "territory"]), quay.number("lat"), quay.number("lon"))
        for klass, fee in fees.items():
            links.at[i, f"fee_{klass}"] = np.inf if klass == "liquid" and quay.text("node") in oil else fee
        # Published dwell is of boxes waiting for a ship and of paper; a shipper's own delay is half (assumption).
        dwell = _DWELL_H if row is None or not np.isfinite(row.number("dwell_hours")) else row.number("dwell_hours")
        links.at[i, "wait_hours"] = links.at[i, "wait_hours_back"] = dwell / 2
        if row is not None:
            links.at[i, "capacity_mt_per_year"] = row.number("capacity_mt_per_year")
            links.at[i, "basis"], links.at[i, "source"] = row.text("basis"), row.text("source")
    transfer = links["link"].str.startswith("transfer:")
    links.loc[transfer, "fee_usd_per_t"] = _TRANSFER_FEE
    links.loc[transfer, ["wait_hours", "wait_hours_back"]] = _TRANSFER_H
    links.loc[transfer, ["fee_liquid", "fee_gas"]] = np.inf


def _port_fees(name: str, row: Record | None, territory: str, lat: float, lon: float) -> dict[str, float]:
    """Return handling and ship's call per tonne by class; inf where an oil port has no berth for it."""
    cost = np.nan if row is None else row.number("handling_cost_usd_per_tonne")
    fees = HANDLING | (dict.fromkeys(("general", "container"), cost) if np.isfinite(cost) else {})
    call: dict[str, float] = dict.fromkeys(CLASSES, 0.0)
    closed_sea = any(_inside(box, lat, lon) for box, _ in _SHORT_SEAS.values())
    if closed_sea:
        call = _CALL
    if _inside(_AZOV, lat, lon):
        call = {k: v + _AZOV_CALL[k] for k, v in call.items()}
    if territory == "IRN" and not closed_sea:
        call = call | _UNSERVED
    if territory == "RUS" and not _inside(_SHORT_SEAS["caspian"][0], lat, lon) and lon < 60.0:
        call = {k: v + _LEFT_BY_LINES.get(k, 0.0) for k, v in call.items()}
    fees = {k: round(v + call[k], 2) for k, v in fees.items()}
    if name in _OIL_ONLY:
        fees |= dict.fromkeys(("bulk", "general", "container"), np.inf)
    if name in _NO_CRUDE:
        fees["liquid"] = np.inf
    return fees


def _inside(box: Box, lat: float, lon: float) -> bool:
    south, north, west, east = box
    return south < lat < north and west < lon < east


def lay_sea(links: pd.DataFrame, nodes: pd.DataFrame) -> None:
    """Charge the rates of closed seas and the tolls of canals."""
    at = nodes.set_index("node")[["lat", "lon"]]
    sea = links.index[links["mode"] == "sea"]
    a, b = (at.loc[links.loc[sea, end].tolist()].to_numpy(dtype=float) for end in ("from_node", "to_node"))
    km = links.loc[sea, "length_km"].to_numpy(dtype=float)
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
