"""A settled scenario looked into: what other balance closures say, and where each change comes from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from isthmus.errors import ModelError
from isthmus.solve.coupling import Coupling, Settled
from isthmus.trade import COMPONENTS, decompose, solve_trade
from isthmus.trade.shock import CLOSURES

#: Closures disagree where their losses differ by more than this share of the largest.
DISAGREE = 0.1
#: Changes of real income below this are not compared (0.05 %).
_LEAST = 5e-4


def compare_closures(coupling: Coupling, settled: Settled) -> pd.DataFrame:
    """Return the change of real income, percent, by economy under each balance closure.

    A closure under which the scenario has no equilibrium is nan. Freight costs are those of the settled
    scenario.
    """
    shock = coupling.shock(settled.cost)
    columns = {}
    for closure in CLOSURES:
        if closure == coupling.trade.closure:
            change = settled.trade.real_income_change
        elif closure != "balanced" and coupling.trade.closure != "balanced" and (settled.trade.trade_kept == 1.0).all():
            change = settled.trade.real_income_change  # nothing is cut: D' = D in both
        else:
            try:
                terms = replace(coupling.trade, closure=closure)
                baseline = coupling.balanced(terms) if closure == "balanced" else coupling.baseline
                change = solve_trade(baseline, shock, terms).real_income_change
            except ModelError:
                change = np.full(len(coupling.world.economies), np.nan)
        columns[closure] = 100.0 * (change - 1.0)
    return pd.DataFrame(columns, index=pd.Index(coupling.world.economies, name="economy"))


def disagreement(closures: pd.DataFrame) -> pd.DataFrame:
    """Return the economies whose closures differ by more than a tenth of the largest change, widest first."""
    largest = closures.abs().max(axis=1)
    spread = closures.max(axis=1) - closures.min(axis=1)
    wide = closures[(largest >= 100 * _LEAST) & (spread > DISAGREE * largest)]
    return wide.loc[spread[wide.index].sort_values(ascending=False, kind="stable").index]


def take_apart(coupling: Coupling, settled: Settled) -> pd.DataFrame:
    """Return ln W, in log points x 100, by where it comes from: one column a part, exact, first_order, missed."""
    told = decompose(coupling.baseline, coupling.shock(settled.cost), coupling.trade)
    table = pd.DataFrame(
        100.0 * told.parts, columns=list(COMPONENTS), index=pd.Index(coupling.world.economies, name="economy")
    )
    table["exact"] = 100.0 * told.exact
    table["first_order"] = 100.0 * told.first_order
    table["missed"] = 100.0 * told.missed
    return table
