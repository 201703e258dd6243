"""Ranges of an appraisal: the cash flow under scrambled Sobol draws of what it assumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from isthmus.appraisal.cashflow import Balance, Plan, make_balance
from isthmus.appraisal.facts import Assumption, Growth
from isthmus.appraisal.points import sobol_points
from isthmus.world.accounts import FloatArray

#: What is drawn of the cash flow itself, wherever gains come from.
OF_THE_PLAN = ("capex_factor", "growth_shift", "upkeep", "ramp")
#: What is drawn where gains are taken in proportion; runs of draws solve these anew.
_OF_GAINS = ("hours_factor", "openness")


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
    growth: Growth,
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
    growth : Growth
    sample : (draws, seed)
    """
    count, seed = sample
    names = (*OF_THE_PLAN, *_OF_GAINS)
    npv, bcr, irr, delay = [], [], [], []
    for row in sobol_points(len(names), count, seed):
        draw = {name: assumed[name].at(float(u)) for name, u in zip(names, row, strict=True)}
        share = draw["openness"] / assumed["openness"].value
        gain = gains[0] + share * (gains[1] - gains[0])
        gain = gain * _effect(hours_effect, draw["hours_factor"])
        balance = drawn_balance(plan, gain, capex, draw, growth)
        npv.append(balance.npv)
        bcr.append(balance.bcr if balance.bcr is not None else np.nan)
        irr.append(balance.irr.rate)
        late, longer = replace(plan, opening=plan.opening + 1), np.append(gain, gain[-1])
        delay.append(balance.npv - drawn_balance(late, longer, capex, draw, growth).npv)
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


def drawn_balance(plan: Plan, gains: FloatArray, capex: float, drawn: Mapping[str, float], growth: Growth) -> Balance:
    """Return the balance of a plan under one draw of `OF_THE_PLAN`.

    Parameters
    ----------
    plan : Plan
        Central.
    gains : (year,) array
        At full use, at central growth.
    capex : float
        Central.
    drawn : mapping
        Values by name.
    growth : Growth
        A shift of growth acts between its years.
    """
    years = np.minimum(np.array(plan.calendar), growth.end) - growth.start
    shifted = gains * (1.0 + drawn["growth_shift"] / 100.0) ** years
    own = replace(plan, upkeep=drawn["upkeep"], ramp=round(drawn["ramp"]))
    return make_balance(own, shifted, capex * drawn["capex_factor"])


def _effect(effect: dict[float, float], factor: float) -> float:
    at = sorted(effect)
    return float(np.interp(np.log(factor), np.log(at), [effect[a] for a in at]))


def _span(values: list[float]) -> Span:
    low, high = np.nanpercentile(values, [5.0, 95.0])
    return Span(float(low), float(high))
