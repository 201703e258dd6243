"""Ranges of an appraisal: the cash flow under scrambled Sobol draws of what it assumes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from isthmus.appraisal.cashflow import Plan, make_balance
from isthmus.appraisal.facts import Assumption
from isthmus.world.accounts import FloatArray

#: What is drawn, each evenly over its range (capex and hours: below and above the central value with equal chance).
_DRAWN = ("capex_factor", "growth_shift", "upkeep", "ramp", "hours_factor", "openness")


@dataclass(frozen=True, slots=True)
class Span:
    """5 and 95 % of the draws."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges of the headlines over the draws."""

    npv: Span
    bcr: Span
    irr: Span | None  # over the draws that have one
    irr_missing: float  # share of draws without
    delay: Span  # NPV lost by one year
    positive: float  # share of draws with NPV above 0
    draws: int


def draw_ranges(
    plan: Plan,
    gains: tuple[FloatArray, FloatArray],
    capex: float,
    hours_effect: dict[float, float],
    assumed: dict[str, Assumption],
    price_year: int,
    sample: tuple[int, int],
) -> Ranges:
    """Return the ranges of a plan.

    Parameters
    ----------
    plan : Plan
    gains : pair of (year,) arrays
        World gains at full use: observed trade, and with latent trade at the central openness.
    capex : float
    hours_effect : dict
        Factor of border hours -> factor on gains; lines on ln hours between.
    assumed : dict of Assumption
    price_year : int
        Growth shifts act from here until `growth_until`.
    sample : (draws, seed)
    """
    from scipy.stats import qmc

    count, seed = sample
    # A power of 2 keeps the sequence balanced; what is beyond the count is dropped.
    size = 1 << max(int(count) - 1, 1).bit_length()
    unit = qmc.Sobol(len(_DRAWN), scramble=True, seed=seed).random(size)[:count]
    years = np.minimum(np.array(plan.calendar), assumed["growth_until"].value) - price_year
    npv, bcr, irr, delay = [], [], [], []
    for row in unit:
        draw = {name: _place(assumed[name], float(u)) for name, u in zip(_DRAWN, row, strict=True)}
        share = draw["openness"] / assumed["openness"].value
        gain = gains[0] + share * (gains[1] - gains[0])
        gain = gain * (1.0 + draw["growth_shift"] / 100.0) ** years * _effect(hours_effect, draw["hours_factor"])
        own = replace(plan, upkeep=draw["upkeep"], ramp=round(draw["ramp"]))
        balance = make_balance(own, gain, capex * draw["capex_factor"])
        npv.append(balance.npv)
        bcr.append(balance.bcr if balance.bcr is not None else np.nan)
        irr.append(balance.irr.rate)
        late = replace(own, opening=own.opening + 1)
        longer = np.append(gain, gain[-1])
        delay.append(balance.npv - make_balance(late, longer, capex * draw["capex_factor"]).npv)
    rates = [rate for rate in irr if rate is not None]
    return Ranges(
        npv=_span(npv),
        bcr=_span(bcr),
        irr=_span(rates) if rates else None,
        irr_missing=1.0 - len(rates) / count,
        delay=_span(delay),
        positive=float(np.mean(np.array(npv) > 0)),
        draws=count,
    )


def _place(one: Assumption, u: float) -> float:
    """Return the value at a quantile: the median is the central value, even on both sides of it."""
    if u < 0.5:
        return one.low + 2 * u * (one.value - one.low)
    return one.value + (2 * u - 1) * (one.high - one.value)


def _effect(effect: dict[float, float], factor: float) -> float:
    at = sorted(effect)
    return float(np.interp(np.log(factor), np.log(at), [effect[a] for a in at]))


def _span(values: list[float]) -> Span:
    low, high = np.nanpercentile(values, [5.0, 95.0])
    return Span(float(low), float(high))
