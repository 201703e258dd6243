"""What chance would do: the dates of one series are drawn anew, the other stays as it is.

`uniform`: any day of the period. `circular_shift`: the whole series moved by one number of days, around the end;
clusters stay clusters. `within_year`: any day of an event's own year, so that busy years stay busy. `seasonal`: any
year, within 15 days of an event's own day of the year, so that winter stays winter; left out of periods of under
three years, where it would hardly move a date.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from isthmus.events.series import FloatArray, IntArray, Period, Series, spread

Null = Literal["uniform", "circular_shift", "within_year", "seasonal"]
NULLS: tuple[Null, ...] = get_args(Null)

#: Days on each side of an event's day of the year that the seasonal null draws from.
SEASON_DAYS = 15

#: Shortest period for the seasonal null.
_LEAST_SEASONS = 3 * 365


def nulls_for(period: Period) -> tuple[Null, ...]:
    """Return the nulls that make sense for a period."""
    return tuple(null for null in NULLS if null != "seasonal" or period.days >= _LEAST_SEASONS)


def draw_starts(
    null: Null, series: Series, period: Period, places: IntArray, *, permutations: int, seed: tuple[int, ...]
) -> IntArray:
    """Return first days under a null hypothesis.

    Parameters
    ----------
    places : (place,) array
        Days that may be drawn, ascending.
    seed : tuple of int
        The same seed gives the same draws.

    Returns
    -------
    (permutation, event) array, days since the first day of the period
    """
    rng = np.random.default_rng([NULLS.index(null), *seed])
    n = len(series)
    if null == "uniform":
        drawn: IntArray = places[rng.integers(len(places), size=(permutations, n))]
        return drawn
    rank = np.searchsorted(places, series.start)
    if null == "circular_shift":
        shift = rng.integers(1, max(len(places), 2), size=(permutations, 1))
        moved: IntArray = places[(rank[None, :] + shift) % len(places)]
        return moved
    out = np.empty((permutations, n), dtype=np.int64)
    years, season = period.years, period.day_of_year
    for i, start in enumerate(series.start.tolist()):
        if null == "within_year":
            allowed = places[years[places] == years[start]]
        else:
            apart = np.abs(season[places] - season[start])
            allowed = places[np.minimum(apart, 366 - apart) <= SEASON_DAYS]
        if not len(allowed):  # the event's own days are left out of the places
            allowed = places
        out[:, i] = allowed[rng.integers(len(allowed), size=permutations)]
    return out


def permuted_hits(series: Series, chance: FloatArray, starts: IntArray) -> FloatArray:
    """Return the expected number of hits of each permutation.

    Parameters
    ----------
    chance : (day,) array
        Chance that a window opened on a day holds an event of the other series.
    starts : (permutation, event) array of days

    Returns
    -------
    (permutation,) array
    """
    total = np.zeros(len(starts))
    for length in np.unique(series.length).tolist():
        mine = series.length == length
        total += spread(chance, length)[starts[:, mine]].sum(axis=1)
    return total


def permutation_p(observed: float, permuted: FloatArray) -> float:
    """Return (1 + number of permutations with at least as many hits) / (1 + permutations)."""
    return float(1 + np.count_nonzero(permuted >= observed - 1e-9)) / (1 + len(permuted))
