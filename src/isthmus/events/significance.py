"""Closed forms of event coincidence analysis: Poisson p-value, confidence interval, correction, power.

References
----------
Donges, Schleussner, Siegmund, Donner (2016), Event coincidence analysis for quantifying statistical
interrelationships between event time series, Eur. Phys. J. Spec. Top. 225, equations 3 to 9.
Clopper, Pearson (1934), Biometrika 26. Holm (1979), Scand. J. Stat. 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

#: Chance of a false alarm that the power calculation allows, and the power it asks for.
ALPHA = 0.05
POWER = 0.8

_MOST_EVENTS = 2000


def poisson_p(hits: float, events: int, others: int, window_share: float) -> float:
    """Return P[Binomial(events, 1 - (1 - w)^others) >= hits]: both series independent Poisson processes.

    Parameters
    ----------
    hits : float
        Coincidences; a fraction, from dates known by the month, is rounded down (the cautious side).
    events, others : int
        Number of events whose windows are looked into, and of events looked for.
    window_share : float
        Share w of the period that one window covers: (days + 1) / (T - lag), or (2 days + 1) / (T - lag) if symmetric.
    """
    from scipy import stats

    share = min(max(window_share, 0.0), 1.0)
    success = 1.0 - (1.0 - share) ** others
    return float(stats.binom.sf(math.floor(hits + 1e-9) - 1, events, success))


def clopper_pearson(hits: float, events: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact confidence interval of a rate; fractional hits enter through the Beta distribution."""
    from scipy import stats

    tail = (1 - level) / 2
    low = float(stats.beta.ppf(tail, hits, events - hits + 1)) if hits > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, events - hits)) if hits < events else 1.0
    return low, high


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's step-down method, in the given order."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in out]


def power_of(events: int, base_rate: float, *, times: float = 2.0) -> float:
    """Return the chance that a one-sided binomial test at ALPHA sees a rate of `times` the base rate."""
    from scipy import stats

    if not 0 < base_rate < 1 or events == 0:
        return 0.0
    least = stats.binom.isf(ALPHA, events, base_rate) + 1
    return float(stats.binom.sf(least - 1, events, min(times * base_rate, 1.0)))


def events_needed(base_rate: float, *, times: float = 2.0) -> int | None:
    """Return the fewest events from which on a rate of `times` the base rate is seen with POWER at ALPHA.

    None if the windows cover so much of the period that the rate cannot be `times` the base rate, or if more than
    2,000 events would be needed.
    """
    from scipy import stats

    if base_rate <= 0 or times * base_rate > 1:
        return None
    n = np.arange(1, _MOST_EVENTS + 1)
    least = stats.binom.isf(ALPHA, n, base_rate) + 1
    enough = stats.binom.sf(least - 1, n, times * base_rate) >= POWER
    # The power of an exact test goes up and down from one n to the next: take the n after which it stays up.
    short = np.flatnonzero(~enough)
    needed = int(n[short[-1]]) + 1 if len(short) else 1
    return needed if needed <= _MOST_EVENTS else None
