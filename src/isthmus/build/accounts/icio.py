"""OECD ICIO 2022 from a pinned package: intermediate flows of 80 economies and what they sell to final use.

The package holds z, all sales of an economy's sector outside intermediate use of the 80: final use
anywhere plus everything sold to economies that ICIO lacks. Layout of the file: sector-major.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.build.sources import read_member
from isthmus.errors import BuildError
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


def read_icio_csv(path: Path) -> Icio:
    """Return the table of an official ICIO file (wide CSV of one year, labels such as `ARG_A01`).

    Final demand columns and the rows of value added and taxes are not needed; economies outside the 80
    (`ROW`) fall into what is sold outside and into the rest of costs, as in the package.

    Raises
    ------
    BuildError
        The file cannot be read, or a label of the 80 economies and 50 sectors is missing.
    """
    package = read_icio()
    labels = [f"{iso}_{code}" for iso in package.economies for code in package.sectors]
    try:
        table = pd.read_csv(path, index_col=0)
    except (OSError, ValueError) as error:
        raise BuildError(f"--icio {path}: cannot be read ({error}). Give the wide CSV of one year.") from None
    missing = [label for label in labels if label not in table.index or label not in table.columns]
    total = next((name for name in ("OUT", "OUTPUT") if name in table.index), None)
    if missing or total is None:
        first = missing[0] if missing else "OUT"
        raise BuildError(
            f"--icio {path}: {len(missing)} labels are missing, first {first!r}. Give the ICIO 2025 edition."
        )
    n, s = len(package.economies), len(package.sectors)
    flow = np.maximum(table.loc[labels, labels].to_numpy(dtype=float), 0.0).reshape(n, s, n, s)
    output = np.maximum(table.loc[total, labels].to_numpy(dtype=float), 0.0).reshape(n, s)
    outside = np.maximum(output - flow.sum(axis=(2, 3)), 0.0)
    output = flow.sum(axis=(2, 3)) + outside
    inputs = flow.sum(axis=(0, 1))
    # A sector whose inputs exceed its output (stocks) is cut to 98 % of it, as the package does.
    factor = np.divide(0.98 * output, inputs, out=np.ones_like(inputs), where=inputs > 0.98 * output)
    flow *= factor[None, None, :, :]
    outside = output - flow.sum(axis=(2, 3))
    return Icio(package.economies, package.sectors, flow, outside, output, output - flow.sum(axis=(0, 1)))
