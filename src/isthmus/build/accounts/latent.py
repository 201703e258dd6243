"""Trade that closure or ban suppresses: what gravity would expect of the pair at an open border."""

from __future__ import annotations

import numpy as np
import pandas as pd

from isthmus.build.accounts.axes import AT, GOODS, SECTORS, K
from isthmus.world.accounts import FloatArray

#: Pairs whose trade is suppressed by closed borders or bans.
SUPPRESSED = (("ARM", "TUR"), ("TUR", "ARM"), ("ARM", "AZE"), ("AZE", "ARM"))

#: Open land neighbours of the region whose trade tells the level of gravity.
NEIGHBOURS_OPEN = (
    ("GEO", "TUR"), ("GEO", "AZE"), ("GEO", "RUS"), ("GEO", "ARM"), ("ARM", "IRN"), ("AZE", "IRN"), ("AZE", "RUS"),
    ("AZE", "TUR"), ("TUR", "IRN"), ("TUR", "IRQ"), ("TUR", "BGR"), ("TUR", "GRC"), ("IRN", "IRQ"),
)  # fmt: skip

#: A latent flow takes at most this share of the buyer's purchases and of the seller's output (assumption).
_MOST_OF_BUYER, _MOST_OF_SELLER = 0.3, 0.3
_LEAST_USD_M = 0.01


def estimate_latent(
    flow: FloatArray,
    distance: FloatArray,
    economies: tuple[str, ...],
    *,
    elasticity: float = 1.0,
) -> FloatArray:
    """Return the gravity value of suppressed pairs beyond what they trade, (origin, destination, sector), USD million.

    Gravity by sector: g = A S_ik M_nk / W_k / d_in^e with S exports, M imports and W world trade of the
    sector; A is one number, the ratio of actual to predicted goods trade summed over the region's open
    neighbours. Latent = max(g - flow, 0), goods only, at most 30 % of purchases and of output.

    Parameters
    ----------
    flow : (origin, destination, sector) array
        USD million, home sales on the diagonal.
    distance : (origin, destination) array
        Great-circle km, or any cost of the opened network (USD/t): only ratios matter.
    economies : tuple of str
        The order of the economy axes.
    elasticity : float
        Distance elasticity of trade; 1.0 (0.93 to 1.1: Head and Mayer 2014, Hinz 2017).

    Returns
    -------
    (origin, destination, sector) array
        USD million; zero for all pairs but ARM-TUR and ARM-AZE, both ways. An estimate.
    """
    at = {code: i for i, code in enumerate(economies)}
    every = np.arange(len(economies))
    abroad = flow * GOODS
    abroad[every, every] = 0.0
    supply, demand = abroad.sum(axis=1), abroad.sum(axis=0)
    world = np.maximum(supply.sum(axis=0), 1e-9)

    def predict(i: int, n: int) -> FloatArray:
        return np.asarray(supply[i] * demand[n] / world / distance[i, n] ** elasticity)

    both = [(at[a], at[b]) for a, b in NEIGHBOURS_OPEN] + [(at[b], at[a]) for a, b in NEIGHBOURS_OPEN]
    level = sum(abroad[i, n].sum() for i, n in both) / sum(predict(i, n).sum() for i, n in both)
    latent = np.zeros_like(flow)
    for origin, destination in SUPPRESSED:
        i, n = at[origin], at[destination]
        gravity = level * predict(i, n)
        most = np.minimum(_MOST_OF_BUYER * flow[:, n].sum(axis=0), _MOST_OF_SELLER * flow[i].sum(axis=0))
        value = np.maximum(np.minimum(gravity, most) - flow[i, n], 0.0)
        latent[i, n] = np.where(value >= _LEAST_USD_M, np.round(value, 3), 0.0)
    return latent


def refill_latent(
    tables: dict[str, pd.DataFrame], cost: FloatArray, *, elasticity: float = 1.0
) -> dict[str, pd.DataFrame]:
    """Return the tables with latent trade estimated again on another cost, such as that of the opened network.

    Parameters
    ----------
    tables : dict of str to DataFrame
        What `build_accounts` gives; only `flows` is replaced.
    cost : (origin, destination) array
        Positive and finite for the pairs of `SUPPRESSED` and `NEIGHBOURS_OPEN`, in the order of `economies`.
    elasticity : float
        As in `estimate_latent`.
    """
    economies = tuple(tables["economies"]["economy"].astype(str))
    at = {code: i for i, code in enumerate(economies)}
    rows = tables["flows"]
    where = (
        rows["origin"].map(at).to_numpy(),
        rows["destination"].map(at).to_numpy(),
        rows["sector"].map(AT).to_numpy(),
    )
    flow = np.zeros((len(economies), len(economies), K))
    flow[where] = rows["value_usd_m"].to_numpy(dtype=float)
    latent = estimate_latent(flow, cost, economies, elasticity=elasticity)
    kept = rows.assign(latent_usd_m=latent[where])
    kept = kept[(kept["value_usd_m"] > 0) | (kept["latent_usd_m"] > 0)]
    known = np.zeros(flow.shape, dtype=bool)
    known[where] = True
    i, n, k = np.nonzero((latent > 0) & ~known)
    fresh = pd.DataFrame(
        {
            "origin": [economies[t] for t in i],
            "destination": [economies[t] for t in n],
            "sector": [SECTORS[t] for t in k],
            "value_usd_m": 0.0,
            "tonnes": 0.0,
            "latent_usd_m": latent[i, n, k],
            "basis": "estimated",
        }
    )
    parts = [kept, fresh] if len(fresh) else [kept]
    return {**tables, "flows": pd.concat(parts, ignore_index=True)}
