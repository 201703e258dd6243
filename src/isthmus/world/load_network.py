"""Network tables to arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from isthmus.errors import WorldError, nearest
from isthmus.world.accounts import FloatArray, IntArray
from isthmus.world.network import CLASSES, KINDS, MODES, Network, Zones
from isthmus.world.shapes import check_shapes
from isthmus.world.timeline import read_timeline

#: Modes whose links need a line-haul rate; a transfer costs its fee only.
_RATED = ("road", "rail", "sea", "ferry", "oil_pipeline", "gas_pipeline", "air")

EconomyIndex = Callable[[pd.Series, str], IntArray]


def load_network(tables: dict[str, pd.DataFrame], economy_of: EconomyIndex, problems: list[str]) -> Network:
    """Return the network with all links closed; `state_network` opens those of a day."""
    nodes, links = tables["nodes"], tables["links"]
    mode = _codes(links["mode"], MODES, "links: mode", problems)
    rate, co2, speed = _rates(tables["rates"], links, mode, problems)
    hours = links["hours"].to_numpy(float)
    classes = tables["classes"].set_index("class")
    for name in set(CLASSES) - set(classes.index):
        problems.append(f"classes: no row for {name!r}")
    classes = classes.reindex(CLASSES)
    shape = (len(links), len(CLASSES))
    constant, more_wait = _calibration(tables.get("calibration"), links, problems)
    facts_hours = links[["wait_hours", "wait_hours_back"]].to_numpy(float)
    wait_hours = np.maximum(facts_hours + more_wait[:, None], 0.0)
    check_shapes(tables.get("link_shapes"), links, problems)
    return Network(
        node_ids=tuple(nodes["node"]),
        node_names=tuple(nodes["name"]),
        node_mode=_codes(nodes["mode"], MODES, "nodes: mode", problems).astype(np.int8),
        node_territory=tuple(nodes["territory"]),
        node_lat=nodes["lat"].to_numpy(float),
        node_lon=nodes["lon"].to_numpy(float),
        link_ids=tuple(links["link"]),
        link_names=tuple(links["name"]),
        from_node=_positions(links["from_node"], nodes["node"], "links: from_node", problems),
        to_node=_positions(links["to_node"], nodes["node"], "links: to_node", problems),
        mode=mode.astype(np.int8),
        kind=_codes(links["kind"], KINDS, "links: kind", problems).astype(np.int8),
        territory=tuple(links["territory"]),
        length_km=links["length_km"].to_numpy(float),
        hours=np.where(np.isnan(hours), links["length_km"].to_numpy(float) / speed, hours),
        wait_hours=wait_hours,
        fee_usd_per_t=_fees(links),
        capacity_mt=links["capacity_mt_per_year"].fillna(np.inf).to_numpy(float),
        background_mt=links["background_mt"].fillna(0.0).to_numpy(float),
        one_way=links["one_way"].to_numpy(bool),
        open=np.zeros(len(links), dtype=bool),
        status=_timelines(links, problems),
        basis=tuple(links["basis"]),
        source=tuple(links["source"]),
        rate_usd_per_tkm=rate,
        co2_g_per_tkm=co2,
        value_of_time=classes["value_of_time_usd_per_t_day"].to_numpy(float) / 24.0,
        scale_cap=classes["scale_cap_usd_per_t"].to_numpy(float),
        zones=_zones(tables, economy_of, problems),
        denials=(),
        premium=np.zeros(shape),
        corridors=_members(tables.get("corridors"), "corridor", links, problems),
        projects=_members(tables.get("projects"), "project", links, problems),
        calibrated_usd_per_t=constant,
        calibrated_hours=None if constant is None else wait_hours - facts_hours,
    )


def _calibration(
    table: pd.DataFrame | None, links: pd.DataFrame, problems: list[str]
) -> tuple[FloatArray | None, FloatArray]:
    """Return the calibrated constants by link: USD per tonne (None without a table) and hours of waiting."""
    added = np.zeros((2, len(links)))
    if table is None:
        return None, added[1]
    units = _codes(table["unit"], ("USD/t", "h"), "calibration: unit", problems)
    for names, unit, share, value in zip(table["links"], units, table["share"], table["value"], strict=True):
        named = pd.Series(str(names).split(";"), dtype=object)
        np.add.at(added[unit], _positions(named, links["link"], "calibration: links", problems), share * value)
    return added[0], added[1]


def _codes(words: pd.Series, valid: tuple[str, ...], where: str, problems: list[str]) -> IntArray:
    positions = pd.Index(valid).get_indexer(pd.Index(words))
    if (positions < 0).any():
        bad = str(words.iloc[int(np.flatnonzero(positions < 0)[0])])
        problems.append(f"{where} is {bad!r} in {int((positions < 0).sum())} rows. Use one of {', '.join(valid)}.")
    return np.maximum(positions, 0).astype(np.int64)


def _positions(words: pd.Series, ids: pd.Series, where: str, problems: list[str]) -> IntArray:
    positions = pd.Index(ids).get_indexer(pd.Index(words))
    if (positions < 0).any():
        bad = str(words.iloc[int(np.flatnonzero(positions < 0)[0])])
        problems.append(
            f"{where}: {int((positions < 0).sum())} rows name no row of the table, first {bad!r}.{nearest(bad, ids)}"
        )
    kept: IntArray = np.maximum(positions, 0).astype(np.int64)
    return kept


def _rates(
    rates: pd.DataFrame, links: pd.DataFrame, mode: IntArray, problems: list[str]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (link, class) rates and emissions and the (link,) speed; inf rate where no row allows the class."""
    names = sorted(set(links["territory"]) | set(rates["territory"]) | {"*"})
    place = {name: position for position, name in enumerate(names)}
    table = np.full((len(MODES), len(names), len(CLASSES), 3), np.nan)
    modes = _codes(rates["mode"], MODES, "rates: mode", problems)
    klass = _codes(rates["class"], CLASSES, "rates: class", problems)
    at = np.array([place[name] for name in rates["territory"]])
    values = rates[["usd_per_t_km", "co2_g_per_t_km", "speed_kmh"]].to_numpy(float)
    default = at == place["*"]
    table[modes[default], :, klass[default]] = values[default][:, None, :]
    table[modes[~default], at[~default], klass[~default]] = values[~default]
    where = np.array([place[name] for name in links["territory"]])
    picked = table[mode, where]
    rated = np.isin(mode, [MODES.index(name) for name in _RATED])
    rate = np.where(rated[:, None], np.nan_to_num(picked[:, :, 0], nan=np.inf), 0.0)
    co2 = np.where(rated[:, None], np.nan_to_num(picked[:, :, 1], nan=0.0), 0.0)
    speed = np.max(np.nan_to_num(picked[:, :, 2], nan=0.0), axis=1)
    slow = rated & ~(speed > 0)
    if slow.any():
        first = links["link"].iloc[int(np.flatnonzero(slow)[0])]
        problems.append(
            f"rates: no rate for the mode of {int(slow.sum())} links, first {first!r}. Add a row for territory '*'."
        )
    return rate, co2, np.where(speed > 0, speed, 1.0)


def _fees(links: pd.DataFrame) -> FloatArray:
    own = links[[f"fee_{name}" for name in CLASSES]].to_numpy(float)
    common = links["fee_usd_per_t"].to_numpy(float)[:, None]
    return np.where(np.isnan(own), common, own)


def _timelines(links: pd.DataFrame, problems: list[str]) -> tuple[tuple[tuple[str, str], ...], ...]:
    out = []
    for link, status, text, kind in zip(links["link"], links["status"], links["timeline"], links["kind"], strict=True):
        try:
            out.append(read_timeline(text, status, project=kind == "project" or status == "planned"))
        except WorldError as error:
            problems.append(f"links: {link}: {error}")
            out.append((("", "closed"),))
    return tuple(out)


def _zones(tables: dict[str, pd.DataFrame], economy_of: EconomyIndex, problems: list[str]) -> Zones:
    zones, weights, connectors = tables["zones"], tables["zone_weights"], tables["connectors"]
    origin, destination = np.zeros((2, len(CLASSES), len(zones)))
    at = _codes(weights["class"], CLASSES, "zone_weights: class", problems)
    zone = _positions(weights["zone"], zones["zone"], "zone_weights: zone", problems)
    origin[at, zone] = weights["origin_weight"].to_numpy(float)
    destination[at, zone] = weights["destination_weight"].to_numpy(float)
    merged, cost = _connector_costs(connectors)
    return Zones(
        ids=tuple(zones["zone"]),
        names=tuple(zones["name"]),
        economy=economy_of(zones["economy"], "zones"),
        territory=tuple(zones["territory"]),
        lat=zones["lat"].to_numpy(float),
        lon=zones["lon"].to_numpy(float),
        origin_weight=origin,
        destination_weight=destination,
        connector_zone=_positions(merged["zone"], zones["zone"], "connectors: zone", problems),
        connector_node=_positions(merged["node"], tables["nodes"]["node"], "connectors: node", problems),
        connector_cost=cost,
    )


def _connector_costs(connectors: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray]:
    """Return one row per (zone, node) and its (connector, class) cost; '*' stands for the dry classes."""
    merged = connectors[["zone", "node"]].drop_duplicates().reset_index(drop=True)
    position = pd.MultiIndex.from_frame(merged)
    cost = np.full((len(merged), len(CLASSES)), np.inf)
    at = position.get_indexer(pd.MultiIndex.from_frame(connectors[["zone", "node"]]))
    dry = [CLASSES.index(name) for name in ("bulk", "general", "container", "products")]
    for row, word, usd in zip(at, connectors["class"], connectors["cost_usd_per_t"], strict=True):
        cost[row, dry if word == "*" else [CLASSES.index(word)]] = usd
    return merged, cost


def _members(
    table: pd.DataFrame | None, key: str, links: pd.DataFrame, problems: list[str]
) -> dict[str, tuple[str, ...]]:
    if table is None:
        return {}
    _positions(table["link"], links["link"], f"{key}s: link", problems)
    return {str(name): tuple(rows["link"]) for name, rows in table.groupby(key, sort=True)}
