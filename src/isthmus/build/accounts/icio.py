"""OECD ICIO 2022 from a pinned package: intermediate flows of 80 economies and what they sell to final use.

The package holds z, all sales of an economy's sector outside intermediate use of the 80: final use
anywhere plus everything sold to economies that ICIO lacks. Layout of the file: sector-major.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from isthmus.build.sources import read_member
from isthmus.world.accounts import FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Icio:
    """Intermediate trade of the 80, million USD at basic prices.

    Attributes
    ----------
    economies : tuple of str
        ISO3, the order of every economy axis.
    sectors : tuple of str
        Codes, the order of every sector axis.
    flow : (origin, sector, destination, user) array
        Intermediate flows.
    sold_outside : (economy, sector) array
        Sales to final use and to economies outside the table.
    output : (economy, sector) array
        Gross output.
    rest : (economy, sector) array
        Output less inputs from the 80: value added, product taxes and inputs from outside.
    """

    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    flow: FloatArray
    sold_outside: FloatArray
    output: FloatArray
    rest: FloatArray


def read_icio() -> Icio:
    """Return the table of the pinned package `sanction-simulator`."""
    raw = read_member("sanction-simulator", "sanction_simulator/data/bench_cache.npz")
    with np.load(io.BytesIO(raw), allow_pickle=False) as cache:
        economies = tuple(str(code) for code in cache["countries"])
        sectors = tuple(str(code) for code in cache["sectors"])
        n, s = len(economies), len(sectors)
        output = cache["s"].reshape(s, n).T.copy()
        flow = cache["A"] * (cache["omb"] * cache["s"])[None, :]
        sold_outside = cache["z"].reshape(s, n).T.copy()
    flow = np.ascontiguousarray(flow.reshape(s, n, s, n).transpose(1, 0, 3, 2))
    rest = output - flow.sum(axis=(0, 1))
    return Icio(economies, sectors, flow, sold_outside, output, np.maximum(rest, 0.0))
