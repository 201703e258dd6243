"""The headline numbers of a result, by name: what bands, sensitivities and sweeps are about."""

from __future__ import annotations

import numpy as np

from isthmus.leverage import Grip
from isthmus.result import Result

#: What each quantity is, with its unit; {year} is that of trade.
QUANTITIES = {
    "real_income_percent": "change of real income, percent",
    "real_income_usd_m": "change of real income, USD million of {year}",
    "real_income_latent_percent": "change of real income with latent trade, percent",
    "real_income_latent_usd_m": "change of real income with latent trade, USD million of {year}",
    "corridor_before_mt": "freight through a corridor before, Mt a year",
    "corridor_after_mt": "freight through a corridor after, Mt a year",
    "corridor_change_mt": "change of freight through a corridor, Mt a year",
    "new_line_mt": "freight on an opened link, Mt a year",
    "transit_before_usd_m": "transit revenue before, USD million of {year}",
    "transit_after_usd_m": "transit revenue after, USD million of {year}",
    "leverage_before_percent": "leverage before, percent of the target's real income",
    "leverage_after_percent": "leverage after, percent of the target's real income",
    "leverage_points_removed": "leverage removed, percentage points",
    "leverage_own_cost_percent": "the coercer's own cost after, percent of its real income",
    "npv_usd_m": "net present value, USD million of {year}",
}

#: Columns of `Result.real_income` and what they are called here.
_INCOME = {
    "percent": "real_income_percent",
    "usd_m": "real_income_usd_m",
    "percent_with_latent": "real_income_latent_percent",
    "usd_m_with_latent": "real_income_latent_usd_m",
}

Headlines = dict[tuple[str, str], float]


def headlines(result: Result, grips: tuple[Grip, ...] = (), npv: float | None = None) -> Headlines:
    """Return (quantity, key) to number; quantities are those of `QUANTITIES`, keys are economies, corridors, links."""
    out: Headlines = {}
    for column, quantity in _INCOME.items():
        if column in result.real_income:
            out |= {(quantity, str(e)): float(v) for e, v in result.real_income[column].items()}
    for row in result.corridor_table.to_dict("records"):
        before, after = float(row["before_mt"]), float(row["after_mt"])
        out["corridor_before_mt", str(row["id"])] = before
        out["corridor_after_mt", str(row["id"])] = after
        out["corridor_change_mt", str(row["id"])] = after - before
    for line in result.new_lines:
        out["new_line_mt", line.id] = float(np.sum(line.mt))
    for row in result.transit_table.to_dict("records"):
        for when in ("before", "after"):
            out[f"transit_{when}_usd_m", str(row["territory"])] = float(row[f"{when}_usd_m"])
    for grip in grips:
        pair = f"{'+'.join(grip.coercers)}:{grip.target}"
        out["leverage_before_percent", pair] = 100.0 * grip.before.target
        out["leverage_after_percent", pair] = 100.0 * grip.after.target
        out["leverage_points_removed", pair] = grip.points_removed
        out["leverage_own_cost_percent", pair] = 100.0 * grip.after.coercer
    if npv is not None:
        out["npv_usd_m", "world"] = npv
    return out
