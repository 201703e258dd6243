"""build_network: all network tables of the embedded world."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from isthmus.build.network.base import read_facts
from isthmus.build.network.places import load_cities
from isthmus.build.network.shapes import COURSE_SOURCES
from isthmus.build.overlay import connectors, costs, lines, mend, zones
from isthmus.build.overlay.attributes import overlay_paths
from isthmus.build.overlay.corridors import build_corridors, build_projects
from isthmus.build.overlay.coverage import build_coverage, correct_lengths
from isthmus.build.overlay.draft import Draft
from isthmus.build.overlay.openings import date_openings
from isthmus.world.tables import read_schema


def build_network(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    patched: dict[str, tuple[str, str]],
    economies: pd.DataFrame,
    progress: Callable[[str], None],
) -> dict[str, pd.DataFrame]:
    """Return the network's tables: nodes, links, link_shapes, zones, connectors, rates, corridors, projects and others.

    Parameters
    ----------
    nodes, links, patched
        From `build_base_network`.
    economies : DataFrame
        The table of economies: zones are made for each.
    """
    progress("network: laying costs and lines of the facts")
    links = _blank(links)
    links["status"] = links["status"].replace({"under_construction": "planned"})
    draft = Draft(nodes, links)
    mend.merge_twins(draft)
    lines.lay_crossings(draft)
    mend.lay_stubs(draft)
    mend.join_yards(draft)
    lines.lay_tripp_road(draft)
    laid = lines.lay_lines(draft)
    lines.lay_ferries(draft)
    lines.lay_pipelines(draft)
    lines.lay_lng(draft)
    nodes, links = draft.nodes, _blank(draft.links)
    side = nodes.set_index("node")["territory"]
    border = links[links["kind"] == "border"]
    countries = {
        link: (str(side[a]), str(side[b]))
        for link, a, b in zip(border["link"], border["from_node"], border["to_node"], strict=True)
    }
    costs.lay_crossings(links, countries)
    costs.lay_ports(links, nodes)
    costs.lay_sea(links, nodes)
    mend.shut_ports(links)
    mend.shut_river(links)
    paths = overlay_paths(nodes, links)
    dated = date_openings(nodes, links)
    corrected = correct_lengths(nodes, links)
    progress(f"network: {corrected} road distances corrected to sourced tables")
    places = zones.build_places(economies, load_cities())
    airports, flights, boarding = connectors.lay_air(places)
    nodes, links = (
        pd.concat([nodes, airports], ignore_index=True),
        _blank(pd.concat([links, flights], ignore_index=True)),
    )
    tables = _zone_tables(economies, places, nodes, links, boarding)
    progress(f"network: {len(tables['zones'])} zones, {len(nodes)} nodes, {len(links)} links")
    tables |= {
        "nodes": nodes,
        "links": _plain(links),
        "link_shapes": _shapes(links),
        "access": read_facts("access"),
        "rates": read_facts("freight_rates"),
        "classes": read_facts("freight_classes"),
        "corridors": build_corridors(links, nodes),
        "projects": build_projects(links, laid),
    }
    tables["coverage"] = build_coverage(nodes, links, patched, paths, dated)
    return {name: _order(name, table) for name, table in tables.items()}


def _zone_tables(
    economies: pd.DataFrame, places: pd.DataFrame, nodes: pd.DataFrame, links: pd.DataFrame, boarding: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return zones, zone_weights and connectors."""
    energy, weights, joints = zones.energy_zones(economies, nodes)
    rest = zones.rest_weights(places, energy, weights)
    joined = pd.concat(
        [
            connectors.dry_connectors(places, nodes, links),
            joints,
            connectors.energy_connectors(places, rest, nodes, links),
            boarding,
        ],
        ignore_index=True,
    )
    return {
        "zones": zones.plain_zones(places, energy),
        "zone_weights": pd.concat([zones.dry_weights(places), weights, rest], ignore_index=True),
        "connectors": joined.drop_duplicates(["zone", "node", "class"]),
    }


def _blank(links: pd.DataFrame) -> pd.DataFrame:
    """Return links with every column of the schema; what is not known yet is 0, empty or NaN."""
    links = links.copy()
    zero = {"wait_hours", "wait_hours_back", "fee_usd_per_t"}
    for column in read_schema("links"):
        if column.name not in links:
            links[column.name] = (
                (0.0 if column.name in zero else np.nan) if column.type == "float" else column.type != "str" and False
            )
            if column.type == "str":
                links[column.name] = ""
        if column.name in zero:
            links[column.name] = links[column.name].astype(float).fillna(0.0)
        elif column.type == "float":
            links[column.name] = links[column.name].astype(float)
        elif column.type == "bool":
            links[column.name] = links[column.name].fillna(False).astype(bool)
        else:
            links[column.name] = links[column.name].astype(object).where(links[column.name].notna(), "")
    return links


def _plain(links: pd.DataFrame) -> pd.DataFrame:
    """Write the running hours that the schema wants: a transfer takes none, the rest follow from speeds."""
    links = links.copy()
    transfer = links["mode"] == "transfer"
    links.loc[transfer, "hours"] = 0.0
    speed = read_facts("freight_rates").groupby(["mode", "territory"])["speed_kmh"].max()
    pace = [
        speed.get((mode, place), speed.get((mode, "*"), np.nan))
        for mode, place in zip(links["mode"], links["territory"], strict=True)
    ]
    run = links["length_km"] / np.array(pace, dtype=float)
    links["hours"] = links["hours"].where(links["hours"].notna(), np.round(run, 3))
    links.loc[links["mode"] == "transfer", "length_km"] = 0.0
    return links


def _shapes(links: pd.DataFrame) -> pd.DataFrame:
    """Return the course of each link that the base graph traced and that is not straight; others have none."""
    bent = links[links["course"].fillna("").astype(bool)]
    return pd.DataFrame(
        {"link": bent["link"], "points": bent["course"], "source": bent["mode"].map(COURSE_SOURCES)}
    )  # fmt: skip


def _order(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the schema's columns, rows in order of the first text columns."""
    columns = read_schema(name)
    out = pd.DataFrame(index=table.index)
    for column in columns:
        cells = table[column.name] if column.name in table else pd.Series(np.nan, index=table.index)
        if column.type == "float":
            out[column.name] = cells.astype(float)
        elif column.type == "bool":
            out[column.name] = cells.astype(bool)
        else:
            out[column.name] = cells.astype(object).where(cells.notna(), "").astype(str)
    keys = [c.name for c in columns if c.type == "str" and c.required][:3]
    return out.sort_values(keys, kind="stable").reset_index(drop=True)
