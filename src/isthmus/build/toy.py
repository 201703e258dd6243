"""The toy world: six made-up economies for tests and the tutorial. Every number is invented.

Aria, Boria, Celia, Doria and Elia lie in a row from west to east; Celia has an exclave beyond Boria. The
border between Boria and Celia is closed but for a road; a railway through it is a project. Doria has oil
and gas. Ships from Aria reach the rest of the world through one strait; a ferry crosses the lake between
Boria and Doria.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.build.tables import write_tables
from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES

ECONOMIES = ("AAA", "BBB", "CCC", "DDD", "EEE", "ROW")
_NAMES = ("Aria", "Boria", "Celia", "Doria", "Elia", "Rest of the world")
_SIZE = np.array([900.0, 150.0, 60.0, 220.0, 400.0, 4000.0])

#: Sector, name, class, theta long and short, USD per tonne.
_SECTORS = (
    ("FARM", "Farming", "bulk", 5.0, 1.2, 400.0),
    ("FOOD", "Food", "container", 4.0, 1.0, 2000.0),
    ("STEEL", "Steel and cement", "general", 6.0, 1.5, 800.0),
    ("MACH", "Machines", "container", 4.5, 1.2, 9000.0),
    ("FUEL", "Refined oil", "products", 7.0, 0.8, 900.0),
    ("CRUDE", "Crude oil", "liquid", 9.0, 0.6, 600.0),
    ("GAS", "Natural gas", "gas", 8.0, 0.5, 500.0),
    ("SERV", "Services", "none", 5.0, 1.5, np.nan),
)

#: Place, economy, lat, lon, share of the economy's people, port.
_PLACES = (
    ("aria-city", "AAA", 40.0, 20.0, 0.7, True),
    ("west-end", "AAA", 41.0, 17.0, 0.3, False),
    ("boria-city", "BBB", 40.5, 24.0, 0.8, False),
    ("lakeside", "BBB", 41.5, 26.0, 0.2, False),
    ("celia-city", "CCC", 38.5, 28.0, 0.8, False),
    ("exclave", "CCC", 38.6, 25.0, 0.2, False),
    ("doria-city", "DDD", 42.0, 32.0, 0.6, False),
    ("oil-town", "DDD", 44.0, 33.0, 0.4, False),
    ("elia-city", "EEE", 41.0, 38.0, 1.0, False),
    ("far-port", "ROW", 25.0, 5.0, 1.0, True),
)

#: Link, from, to, mode, kind, territory, km, wait hours forward, back, fee, status.
_LINES = (
    ("aria-west", "aria-city", "west-end", "road rail", "line", "AAA", 300, 0, 0, 0, "open"),
    ("aria-boria", "aria-city", "boria-city", "road rail", "border", "AAA", 340, 10, 8, 5, "open"),
    ("boria-lake", "boria-city", "lakeside", "road rail", "line", "BBB", 190, 0, 0, 0, "open"),
    ("boria-exclave", "boria-city", "exclave", "road", "border", "BBB", 230, 12, 12, 8, "open"),
    ("boria-celia", "lakeside", "celia-city", "road", "border", "BBB", 380, 30, 20, 10, "open"),
    ("lake-doria", "lakeside", "doria-city", "road", "border", "BBB", 520, 10, 10, 6, "open"),
    ("celia-doria", "celia-city", "doria-city", "road rail", "border", "CCC", 500, 12, 24, 6, "open"),
    ("doria-oil", "doria-city", "oil-town", "road rail", "line", "DDD", 240, 0, 0, 0, "open"),
    ("doria-elia", "doria-city", "elia-city", "road rail", "border", "DDD", 520, 20, 20, 6, "open"),
)

_RATES = (
    ("road", 0.08, 45.0, 85.0, ("bulk", "general", "container", "products")),
    ("rail", 0.03, 30.0, 20.0, ("bulk", "general", "container", "products", "liquid")),
    ("sea", 0.005, 25.0, 8.0, CLASSES),
    ("ferry", 0.0, 18.0, 40.0, ("bulk", "general", "container", "products")),
    ("oil_pipeline", 0.0, 5.0, 6.0, ("liquid",)),
    ("gas_pipeline", 0.0, 35.0, 20.0, ("gas",)),
)
_INVENTED = {"basis": "assumption", "source": "invented for the toy world"}


def build_toy() -> dict[str, pd.DataFrame]:
    """Return all tables of the toy world; the same each time."""
    return _accounts() | _network()


def write_toy(folder: Path) -> None:
    """Write the toy world as a folder."""
    tables = build_toy()
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(tables, folder)
    text = (
        'name = "toy"\ntitle = "Six made-up economies"\nyear = 2000\nas_of = "2001-01-01"\ncurrency = "USD million"\n'
    )
    for name in sorted(tables):
        digest = hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest()
        text += f'\n[tables.{name}]\nsources = "invented"\nlicence = "Apache-2.0"\nsha256 = "{digest}"\n'
    (folder / "world.toml").write_text(text, encoding="utf-8")


def _accounts() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(7)
    n, s = len(ECONOMIES), len(_SECTORS)
    codes = [row[0] for row in _SECTORS]
    place = np.arange(n)
    near = 1.0 / (1.0 + np.abs(place[:, None] - place[None, :])) ** 1.5
    share = np.array([0.08, 0.10, 0.10, 0.15, 0.04, 0.04, 0.03, 0.46])
    flow = np.sqrt(_SIZE[:, None] * _SIZE[None, :])[:, :, None] * near[:, :, None] * share * 0.15
    flow *= rng.uniform(0.6, 1.4, flow.shape)
    for e in range(n):
        flow[e, e] = _SIZE[e] * share * rng.uniform(0.8, 1.2, s)
    oil, gas = codes.index("CRUDE"), codes.index("GAS")
    flow[:, :, [oil, gas]] *= np.isin(ECONOMIES, ["DDD", "ROW"])[:, None, None]
    flow[1, 2] = flow[2, 1] = flow[1, 2] * 0.02  # the closed border
    latent = np.zeros_like(flow)
    latent[1, 2] = latent[2, 1] = np.where(flow[1, 2] > 0, 1.2, 0.0)
    output, bought = flow.sum(axis=1), flow.sum(axis=0)
    use = 0.45 * bought[:, :, None] * output[:, None, :] / bought.sum(axis=1)[:, None, None]
    final = bought - use.sum(axis=2)
    value = np.array([row[5] for row in _SECTORS])
    tonnes = np.nan_to_num(flow * 1e6 / value)
    economies = pd.DataFrame(
        {
            "economy": ECONOMIES,
            "name": _NAMES,
            "groups": ["EAST" if e in {"DDD", "EEE"} else "" for e in ECONOMIES],
            "kind": ["icio"] * 5 + ["row"],
            "gdp_usd_m": (output - use.sum(axis=1)).sum(axis=1),
            "population": _SIZE * 1e4,
        }
    ).assign(**_INVENTED)
    sectors = pd.DataFrame(
        [
            {
                "sector": code, "name": name, "commodity_class": klass, "theta_long": long, "theta_long_low": 0.7 * long,
                "theta_long_high": 1.3 * long, "theta_short": short, "theta_short_low": 0.5 * short,
                "theta_short_high": 2 * short, "unit_value_usd_per_t": usd, "unit_value_low": 0.5 * usd,
                "unit_value_high": 2 * usd,
            }
            for code, name, klass, long, short, usd in _SECTORS
        ]
    ).assign(**_INVENTED)  # fmt: skip
    return {
        "economies": economies,
        "sectors": sectors,
        "flows": _long(
            (ECONOMIES, ECONOMIES, codes), ("origin", "destination", "sector"),
            value_usd_m=flow, tonnes=tonnes, latent_usd_m=latent,
        ).assign(basis="estimated"),
        "inputs": _long((ECONOMIES, codes, codes), ("economy", "input", "user"), value_usd_m=use),
        "production": _long(
            (ECONOMIES, codes), ("economy", "sector"), output_usd_m=output, value_added_usd_m=output - use.sum(axis=1)
        ).assign(basis="estimated"),
        "final_use": _long((ECONOMIES, codes), ("economy", "sector"), value_usd_m=final),
        "remittances": pd.DataFrame([{"payer": "AAA", "recipient": "CCC", "value_usd_m": 2.0}]).assign(
            basis="estimated", source="invented for the toy world"
        ),
    }  # fmt: skip


def _long(axes: tuple[Sequence[str], ...], names: tuple[str, ...], **values: FloatArray) -> pd.DataFrame:
    index: pd.MultiIndex = pd.MultiIndex.from_product([list(axis) for axis in axes], names=list(names))
    frame = pd.DataFrame({name: array.ravel() for name, array in values.items()}, index=index).reset_index()
    kept = np.zeros(len(frame), dtype=bool)
    for name in values:
        kept |= frame[name].to_numpy() > 0
    return frame[kept].reset_index(drop=True)


def _link(
    link: str, ends: tuple[str, str], mode: str, kind: str, territory: str, km: float, **more: object
) -> dict[str, object]:
    row: dict[str, object] = {
        "link": link, "name": link.replace("-", " ").title(), "from_node": ends[0], "to_node": ends[1], "mode": mode,
        "kind": kind, "territory": territory, "length_km": float(km), "hours": np.nan, "wait_hours": 0.0,
        "wait_hours_back": 0.0, "fee_usd_per_t": 0.0, "one_way": False, "status": "open", "timeline": "",
    }  # fmt: skip
    return row | _INVENTED | more


def _network() -> dict[str, pd.DataFrame]:
    nodes, links = _places()
    links += [_link(link, (f"{m}:{a}", f"{m}:{b}"), m, kind, place, km, wait_hours=float(w), wait_hours_back=float(v),
                    fee_usd_per_t=float(fee), status=status) | ({"link": f"{link}-{m}"} if " " in modes else {})
              for link, a, b, modes, kind, place, km, w, v, fee, status in _LINES for m in modes.split()]  # fmt: skip
    links += [*_ways(), *_pipelines()]
    return _zones(nodes) | {
        "nodes": pd.DataFrame(nodes),
        "links": pd.DataFrame(links),
        "access": pd.DataFrame(
            [{"by": "BBB", "against": "CCC", "modes": "rail", "kind": "denied", "usd_per_t": 0.0, "since": "1990-01-01",
              "until": ""},
             {"by": "DDD", "against": "*", "modes": "road", "kind": "premium", "usd_per_t": 4.0, "since": "1995-01-01",
              "until": ""}]
        ).assign(**_INVENTED),
        "rates": _rates(),
        "classes": _classes(),
        "corridors": pd.DataFrame(
            [{"corridor": c, "name": c.title(), "link": link, "kind": "all"}
             for c, link in (("strait", "strait"), ("ferry", "lake-ferry"), ("celia-east", "celia-doria-road"),
                             ("celia-east", "celia-doria-rail"), ("new-line", "boria-celia-rail"))]
        ),
        "projects": pd.DataFrame(
            [{"project": "new-line", "name": "Railway Boria-Celia", "link": "boria-celia-rail", "capex_usd_m": 300.0,
              "opening_year": 2005.0, "phase": ""}]
        ).assign(**_INVENTED),
        "coverage": pd.DataFrame(
            [{"table": "none", "row": "-", "treatment": "left_out", "target": "", "reason": "the toy world has no facts"}]
        ),
    }  # fmt: skip


def _ways() -> list[dict[str, object]]:
    """Return the project, the ferry and its ports, the strait and the lanes."""
    return [
        _link("boria-celia-rail", ("rail:lakeside", "rail:celia-city"), "rail", "project", "BBB", 400, wait_hours=12.0,
              wait_hours_back=12.0, fee_usd_per_t=4.0, status="planned", capex_usd_m=300.0, opening_year=2005.0),
        _link("lake-ferry", ("sea:lake-west", "sea:lake-east"), "ferry", "ferry", "", 300, fee_usd_per_t=20.0,
              capacity_mt_per_year=1.0),
        _link("port-lake-west", ("sea:lake-west", "rail:lakeside"), "transfer", "port", "BBB", 0, fee_usd_per_t=6.0,
              wait_hours=24.0, wait_hours_back=24.0),
        _link("port-lake-east", ("sea:lake-east", "rail:doria-city"), "transfer", "port", "DDD", 0, fee_usd_per_t=6.0,
              wait_hours=24.0, wait_hours_back=24.0),
        _link("strait", ("sea:strait-a", "sea:strait-b"), "sea", "chokepoint", "", 40, wait_hours=10.0, wait_hours_back=10.0),
        _link("lane-aria", ("sea:aria-city", "sea:strait-a"), "sea", "line", "", 700),
        _link("lane-far", ("sea:strait-b", "sea:far-port"), "sea", "line", "", 2600),
    ]  # fmt: skip


def _pipelines() -> list[dict[str, object]]:
    return [
        _link("oil-line", ("oil_pipeline:oil-town", "oil_pipeline:aria-city"), "oil_pipeline", "pipeline", "BBB", 1500,
              fee_usd_per_t=15.0, one_way=True, capacity_mt_per_year=20.0),
        _link("oil-terminal", ("oil_pipeline:aria-city", "sea:aria-city"), "transfer", "transfer", "AAA", 0, fee_usd_per_t=2.0,
              fee_bulk=np.inf, fee_general=np.inf, fee_container=np.inf, fee_products=np.inf, fee_gas=np.inf),
        _link("oil-rack", ("oil_pipeline:oil-town", "rail:oil-town"), "transfer", "transfer", "DDD", 0, fee_usd_per_t=5.0,
              fee_bulk=np.inf, fee_general=np.inf, fee_container=np.inf, fee_products=np.inf, fee_gas=np.inf),
        _link("gas-line-1", ("gas_pipeline:oil-town", "gas_pipeline:elia-city"), "gas_pipeline", "pipeline", "DDD", 600,
              fee_usd_per_t=8.0),
        _link("gas-line-2", ("gas_pipeline:oil-town", "gas_pipeline:boria-city"), "gas_pipeline", "pipeline", "BBB", 900,
              fee_usd_per_t=10.0),
        _link("gas-line-3", ("gas_pipeline:boria-city", "gas_pipeline:aria-city"), "gas_pipeline", "pipeline", "AAA", 400,
              fee_usd_per_t=5.0),
        _link("gas-line-4", ("gas_pipeline:boria-city", "gas_pipeline:celia-city"), "gas_pipeline", "pipeline", "CCC", 350,
              fee_usd_per_t=5.0),
        _link("gas-terminal", ("gas_pipeline:aria-city", "sea:aria-city"), "transfer", "transfer", "AAA", 0, fee_usd_per_t=60.0,
              fee_bulk=np.inf, fee_general=np.inf, fee_container=np.inf, fee_products=np.inf, fee_liquid=np.inf),
    ]  # fmt: skip


def _rates() -> pd.DataFrame:
    rates = [
        {"mode": mode, "class": klass, "territory": "*", "usd_per_t_km": rate, "low": 0.7 * rate, "high": 1.5 * rate,
         "speed_kmh": speed, "co2_g_per_t_km": co2}
        for mode, rate, speed, co2, classes in _RATES for klass in classes
    ]  # fmt: skip
    return pd.DataFrame(rates).assign(**_INVENTED)


def _classes() -> pd.DataFrame:
    times = {"bulk": 1.5, "general": 10.0, "container": 14.0, "products": 2.0, "liquid": 1.0, "gas": 0.5}
    caps = {"bulk": 3.0, "general": 8.0, "container": 15.0, "products": 4.0, "liquid": 3.0, "gas": 3.0}
    classes = [
        {"class": k, "value_of_time_usd_per_t_day": times[k], "low": 0.5 * times[k], "high": 2 * times[k],
         "scale_cap_usd_per_t": caps[k]}
        for k in CLASSES
    ]  # fmt: skip
    return pd.DataFrame(classes).assign(**_INVENTED)


def _places() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return nodes, and the transfers that join them at each place."""
    nodes: list[dict[str, object]] = []
    links: list[dict[str, object]] = []
    for place, economy, lat, lon, _, port in _PLACES:
        modes = ["road", "rail"] + (["sea"] if port else [])
        for mode in modes:
            nodes.append(
                {"node": f"{mode}:{place}", "name": place, "mode": mode, "kind": "port" if mode == "sea" else "hub",
                 "territory": economy, "lat": lat, "lon": lon, "source": "invented"}
            )  # fmt: skip
        links.append(
            _link(f"transfer:{place}", (f"rail:{place}", f"road:{place}"), "transfer", "transfer", economy, 0,
                  fee_usd_per_t=5.0, wait_hours=24.0, wait_hours_back=24.0)
        )  # fmt: skip
        if port:
            links.append(
                _link(f"port-{place}", (f"sea:{place}", f"rail:{place}"), "transfer", "port", economy, 0,
                      fee_usd_per_t=8.0, wait_hours=48.0, wait_hours_back=48.0)
            )  # fmt: skip
    extra = [
        ("sea:strait-a", "strait", "sea", "chokepoint", "", 36.0, 12.0), ("sea:strait-b", "strait", "sea", "chokepoint", "", 35.8, 11.6),
        ("sea:lake-west", "lake", "sea", "port", "BBB", 41.6, 26.3), ("sea:lake-east", "lake", "sea", "port", "DDD", 42.1, 30.5),
        ("oil_pipeline:oil-town", "oil-town", "oil_pipeline", "field", "DDD", 44.0, 33.0),
        ("oil_pipeline:aria-city", "aria-city", "oil_pipeline", "terminal", "AAA", 40.0, 20.0),
        ("gas_pipeline:oil-town", "oil-town", "gas_pipeline", "field", "DDD", 44.0, 33.0),
        ("gas_pipeline:elia-city", "elia-city", "gas_pipeline", "terminal", "EEE", 41.0, 38.0),
        ("gas_pipeline:boria-city", "boria-city", "gas_pipeline", "terminal", "BBB", 40.5, 24.0),
        ("gas_pipeline:aria-city", "aria-city", "gas_pipeline", "terminal", "AAA", 40.0, 20.0),
        ("gas_pipeline:celia-city", "celia-city", "gas_pipeline", "terminal", "CCC", 38.5, 28.0),
    ]  # fmt: skip
    nodes += [
        {"node": n, "name": p, "mode": m, "kind": k, "territory": t, "lat": la, "lon": lo, "source": "invented"}
        for n, p, m, k, t, la, lo in extra
    ]
    return nodes, links


def _zones(nodes: list[dict[str, object]]) -> dict[str, pd.DataFrame]:
    known = {str(node["node"]) for node in nodes}
    zones, weights, connectors = [], [], []
    for place, economy, lat, lon, share, _ in _PLACES:
        zones.append(
            {
                "zone": place,
                "name": place,
                "economy": economy,
                "territory": economy,
                "lat": lat,
                "lon": lon,
                "source": "invented",
            }
        )
        main = {"AAA": "aria-city", "BBB": "boria-city", "CCC": "celia-city", "DDD": "oil-town"}.get(economy, place)
        for klass in CLASSES:
            energy = klass in {"liquid", "gas"}
            weight = (1.0 if place == main else 0.0) if energy else share
            weights.append({"zone": place, "class": klass, "origin_weight": weight, "destination_weight": weight})
        for mode, cost in (("road", 5.0), ("rail", 9.0)):
            connectors.append({"zone": place, "node": f"{mode}:{place}", "class": "*", "cost_usd_per_t": cost})
        connectors.append({"zone": place, "node": f"rail:{place}", "class": "liquid", "cost_usd_per_t": 9.0})
        for klass, mode in (("liquid", "oil_pipeline"), ("gas", "gas_pipeline"), ("liquid", "sea"), ("gas", "sea")):
            if f"{mode}:{place}" in known:
                fee = 2.0 if mode != "sea" else 30.0
                connectors.append({"zone": place, "node": f"{mode}:{place}", "class": klass, "cost_usd_per_t": fee})
    return {
        "zones": pd.DataFrame(zones),
        "zone_weights": pd.DataFrame(weights).assign(**_INVENTED),
        "connectors": pd.DataFrame(connectors),
    }
