"""Bands: what the draws of a sweep say about each headline, and whether there were enough of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Ends of a band, percent.
ENDS = (5.0, 95.0)
#: Quantities that are never below 0.
_LEVELS = ("corridor_before_mt", "corridor_after_mt", "new_line_mt")
_CASE = ["scenario", "as_of", "horizon"]
_NAME = ["quantity", "key"]


@dataclass(frozen=True, slots=True)
class Band:
    """A number with its range."""

    value: float  # of the central model
    low: float  # 5 % of the draws lie below
    high: float  # 5 % of the draws lie above
    draws: int

    @property
    def signed(self) -> bool:
        """Whether the band leaves no doubt of the sign."""
        return self.low > 0 or self.high < 0


def make_bands(rows: pd.DataFrame) -> dict[tuple[str, str], Band]:
    """Return the band of each (quantity, key) of one case: one scenario, day and horizon.

    Differences are paired: each draw's before and after share its world, so that the band of a change is the
    band of the changes, not the change of the bands.

    Parameters
    ----------
    rows : DataFrame
        From `read_sweep`, of one case; draw 0 is the central model. Draws without an answer are left out.
    """
    answered = rows[rows["quantity"] != "no_answer"]
    table = answered.pivot(index="draw", columns=_NAME, values="value")
    drawn = table.loc[table.index > 0]
    low, high = (drawn.quantile(end / 100.0).to_numpy() for end in ENDS)
    central = (table.loc[0] if 0 in table.index else drawn.median()).to_numpy()
    count = drawn.notna().sum().to_numpy()
    names = [(str(name[0]), str(name[1])) for name in table.columns.to_flat_index()]
    return {name: Band(float(central[i]), float(low[i]), float(high[i]), int(count[i])) for i, name in enumerate(names)}


def move_bands(bands: dict[tuple[str, str], Band], own: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], Band]:
    """Return bands around other central values: both ends move as far as the value, levels not below 0.

    For draws that leave something out that the central answer holds, such as queues solved anew: what is left out
    moves value and band alike, and the width of the band stays that of the draws.
    """
    return {name: _moved(name[0], band, own.get(name, band.value)) for name, band in bands.items()}


def _moved(quantity: str, band: Band, value: float) -> Band:
    least = 0.0 if quantity in _LEVELS else -np.inf
    low, high = (max(end + value - band.value, least) for end in (band.low, band.high))
    return Band(value, low, high, band.draws)


def cases(rows: pd.DataFrame) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Return ((scenario, as_of, horizon), rows) of each case of a sweep."""
    out = []
    for case, part in rows.groupby(_CASE, sort=False):
        scenario, day, horizon = map(str, case) if isinstance(case, tuple) else ("", "", "")
        out.append(((scenario, day, horizon), part))
    return out


def convergence(rows: pd.DataFrame, names: list[tuple[str, str]]) -> pd.DataFrame:
    """Return how the bands of some headlines move with the number of draws.

    Returns
    -------
    DataFrame
        quantity, key, draws, low, high: at an eighth, a quarter, a half and all of the draws.
    """
    answered = rows[(rows["quantity"] != "no_answer") & (rows["draw"] > 0)]
    most = int(answered["draw"].max()) if len(answered) else 0
    steps = sorted({max(2, most // part) for part in (8, 4, 2, 1)}) if most >= 2 else []
    out = []
    for quantity, key in names:
        mine = answered[(answered["quantity"] == quantity) & (answered["key"] == key)]
        for count in steps:
            values = mine.loc[mine["draw"] <= count, "value"].to_numpy()
            if len(values):
                low, high = np.percentile(values, ENDS)
                out.append({"quantity": quantity, "key": key, "draws": count, "low": float(low), "high": float(high)})
    return pd.DataFrame(out, columns=["quantity", "key", "draws", "low", "high"])


def leading(bands: dict[tuple[str, str], Band], most: int = 8) -> list[tuple[str, str]]:
    """Return the headlines that matter most: largest changes of income, of corridors, of new lines, leverage, NPV."""
    shares = {
        "real_income_percent": 0.4,
        "corridor_change_mt": 0.3,
        "new_line_mt": 0.15,
        "leverage_points_removed": 0.15,
        "npv_usd_m": 0.1,
    }
    out: list[tuple[str, str]] = []
    for quantity, share in shares.items():
        ranked = sorted((n for n in bands if n[0] == quantity), key=lambda n: (-abs(bands[n].value), n))
        out += ranked[: max(1, round(share * most))]
    return out
