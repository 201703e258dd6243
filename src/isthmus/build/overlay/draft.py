"""Nodes and links while the overlay works on them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.places import slug

Row = dict[str, object]


@dataclass
class Draft:
    """Nodes and links under construction; what is new stands in lists until `settle`."""

    nodes: pd.DataFrame
    links: pd.DataFrame
    new_nodes: list[Row] = field(default_factory=list)
    new_links: list[Row] = field(default_factory=list)

    def node(
        self, name: str, mode: str, territory: str, lat: float, lon: float, kind: str, source: str, *, key: str = ""
    ) -> str:
        """Return the id of a node of our own, adding it once."""
        key = key or f"{mode}:{slug(name)}"
        if key not in set(self.nodes["node"]) and all(row["node"] != key for row in self.new_nodes):
            self.new_nodes.append(
                {
                    "node": key,
                    "name": name,
                    "mode": mode,
                    "kind": kind,
                    "territory": territory,
                    "lat": lat,
                    "lon": lon,
                    "source": source,
                }
            )
        return key

    def nearest(self, mode: str, territory: str, lat: float, lon: float) -> tuple[str, float]:
        """Return the nearest hub or junction of a mode and territory that lines reach, and its distance in km."""
        table = self.nodes[(self.nodes["mode"] == mode) & (self.nodes["territory"] == territory)]
        lines = self.links[(self.links["kind"] == "line") & (self.links["status"] == "open")]
        joined = set(lines["from_node"]) | set(lines["to_node"])
        table = table[table["node"].isin(joined) & (table["kind"] != "border")]
        if not len(table):
            return "", float("inf")
        tree = cKDTree(on_sphere(table["lat"].to_numpy(), table["lon"].to_numpy()))
        away, at = tree.query(on_sphere(np.array([lat]), np.array([lon])))
        near, km = np.atleast_1d(at), np.atleast_1d(away)
        return str(table["node"].iloc[int(near[0])]), float(km[0])

    def add(
        self, link: str, name: str, ends: tuple[str, str], mode: str, territory: str, km: float, **more: object
    ) -> None:
        """Add a link; `more` fills further columns."""
        row: Row = {
            "link": link,
            "name": name,
            "from_node": ends[0],
            "to_node": ends[1],
            "mode": mode,
            "kind": "line",
            "territory": territory,
            "length_km": round(km, 2),
            "status": "open",
        }
        self.new_links.append(row | more)

    def settle(self) -> None:
        """Move what is new into the tables."""
        if self.new_nodes:
            self.nodes = pd.concat([self.nodes, pd.DataFrame(self.new_nodes)], ignore_index=True)
        if self.new_links:
            self.links = pd.concat([self.links, pd.DataFrame(self.new_links)], ignore_index=True)
        self.new_nodes, self.new_links = [], []
