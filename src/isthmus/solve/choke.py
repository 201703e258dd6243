"""What an answer would be at other choke prices: the range of an assumption that no source fixes.

In cells that a scenario cuts, the backstop sells at `choke` times the home cost. Nobody has seen such a price, and
with little substitution it decides the loss. Where it does, an answer is told as a range and not as one figure.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from isthmus.errors import ModelError
from isthmus.solve.coupling import Coupling, Settled
from isthmus.trade import TradeSettings
from isthmus.world.accounts import BoolArray, FloatArray

#: Ends of the range of choke prices, in home costs (DESIGN.md section 5).
CHOKES = (5.0, 30.0)
#: Share of purchases met at the choke price from which other chokes are tried.
LEAST_MET = 1e-6
#: An answer hangs on the choke price where its ends differ by more than this share of the largest.
_HANGS = 0.1
#: Changes of real income below this are not compared (0.05 %).
_LEAST = 5e-4


def at_chokes(trade: TradeSettings) -> tuple[TradeSettings, ...]:
    """Return settings at each end of the range; none if there is no backstop."""
    return () if trade.choke is None else tuple(replace(trade, choke=choke) for choke in CHOKES)


def hangs_on_choke(own: FloatArray, low: FloatArray, high: FloatArray) -> BoolArray:
    """Tell where changes (shares of real income) hang on the choke price; nan at an end is no equilibrium: it does."""
    known = np.array([own, low, high])
    largest = np.nanmax(np.abs(known), axis=0)
    spread = np.nanmax(known, axis=0) - np.nanmin(known, axis=0)
    hangs: BoolArray = (largest >= _LEAST) & ((spread > _HANGS * largest) | np.isnan(known).any(axis=0))
    return hangs


def compare_chokes(coupling: Coupling, settled: Settled) -> pd.DataFrame | None:
    """Return the change of real income, percent, at each end of the range, of the economies that hang on it.

    Parameters
    ----------
    coupling, settled : Coupling, Settled
        Freight costs stay those of the settled scenario.

    Returns
    -------
    DataFrame or None
        percent, percent_at_5, percent_at_30 by economy, largest change first; nan: no equilibrium. None where
        nothing is met at the choke price.
    """
    ends = at_chokes(coupling.trade)
    if not ends or settled.trade.backstop_share.max(initial=0.0) <= LEAST_MET:
        return None
    own = settled.trade.real_income_change - 1.0
    low, high = (_change(replace(coupling, trade=trade), settled) for trade in ends)
    values = {"percent": own, **{column(c): v for c, v in zip(CHOKES, (low, high), strict=True)}}
    table = pd.DataFrame(
        {name: 100.0 * v for name, v in values.items()}, index=pd.Index(coupling.world.economies, name="economy")
    )
    table = table[hangs_on_choke(own, low, high)]
    return table.loc[table["percent"].abs().sort_values(ascending=False, kind="stable").index]


def column(choke: float) -> str:
    """Return the name of the column of a choke price."""
    return f"percent_at_{choke:g}"


def _change(coupling: Coupling, settled: Settled) -> FloatArray:
    try:
        change: FloatArray = coupling.solve(settled.cost).real_income_change - 1.0
    except ModelError:
        return np.full(len(coupling.world.economies), np.nan)
    return change


def choke_warnings(table: pd.DataFrame | None, choke: float | None) -> list[str]:
    """Return the warning that an answer is a range, with its ends, for the economies that change most."""
    if table is None or not len(table) or choke is None:
        return []
    names = [column(c) for c in CHOKES]
    told = "; ".join(
        f"{economy} {row['percent']:+.2f} % ({' to '.join(_end(row[name]) for name in names)})"
        for economy, row in table[:3].iterrows()
    )
    count = f"{len(table)} {'economy' if len(table) == 1 else 'economies'}"
    return [
        f"read as a range, not as one figure: real income of {count} hangs on the assumed choke price of {choke:g} "
        f"times home cost (in brackets: at {CHOKES[0]:g} and {CHOKES[1]:g}): {told}"
    ]


def _end(percent: float) -> str:
    return "no equilibrium" if np.isnan(percent) else f"{percent:+.2f} %"
