"""Shortest paths over the hubs of one land mode, for checks and overlays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from isthmus.build.network.geometry import on_sphere


def nearest_of(lats: NDArray[np.float64], lons: NDArray[np.float64], lat: float, lon: float) -> tuple[int, float]:
    """Return the position of the nearest of some places and its distance, km."""
    found = cKDTree(on_sphere(lats, lons)).query(on_sphere(np.array([lat]), np.array([lon])))
    away, at = (np.atleast_1d(x) for x in found)
    return int(at[0]), float(away[0])


@dataclass(frozen=True)
class LandGraph:
    """Open links of one mode as a matrix of km; `rows` gives the links' row of each pair of nodes."""

    ids: list[str]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    matrix: csr_array
    rows: dict[tuple[int, int], int]

    @classmethod
    def of(cls, nodes: pd.DataFrame, links: pd.DataFrame, mode: str) -> LandGraph:
        """Return the graph of a mode's open and restricted links."""
        own = nodes[nodes["mode"] == mode]
        ids = own["node"].astype(str).tolist()
        index = {node: i for i, node in enumerate(ids)}
        use = links[(links["mode"] == mode) & links["status"].isin(["open", "restricted"])]
        a = use["from_node"].map(index).to_numpy(dtype=np.int64)
        b = use["to_node"].map(index).to_numpy(dtype=np.int64)
        km = use["length_km"].to_numpy(dtype=float) + 1e-6
        shape = (len(ids), len(ids))
        matrix = csr_array((np.r_[km, km], (np.r_[a, b], np.r_[b, a])), shape=shape)
        best: dict[tuple[int, int], tuple[float, int]] = {}
        for row, i, j, length in zip(use.index.tolist(), a.tolist(), b.tolist(), km.tolist(), strict=True):
            key = (min(i, j), max(i, j))
            if key not in best or length < best[key][0]:
                best[key] = (length, int(row))
        rows = {key: row for key, (_, row) in best.items()}
        return cls(ids, own["lat"].to_numpy(dtype=float), own["lon"].to_numpy(dtype=float), matrix, rows)

    def nearest(self, lat: float, lon: float) -> tuple[int, float]:
        """Return the position of and the distance to the nearest hub, km."""
        return nearest_of(self.lat, self.lon, lat, lon)

    def path(self, start: int, end: int) -> tuple[float, list[int]]:
        """Return the length of the shortest path in km and its rows of the links table; inf and none if cut."""
        found = dijkstra(self.matrix, indices=np.array([start]), return_predecessors=True)
        distance, before = np.asarray(found[0])[0], np.asarray(found[1])[0]
        if not np.isfinite(distance[end]):
            return float("inf"), []
        rows, node = [], end
        while node != start:
            last = int(before[node])
            rows.append(self.rows[min(node, last), max(node, last)])
            node = last
        return float(distance[end]), rows
