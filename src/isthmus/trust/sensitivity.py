"""Which assumptions matter most: sensitivity indices from draws that are there already.

First-order indices say what share of a headline's variance goes with one range alone. From the draws of a
plain sweep they come from stepwise regression on ranks (Helton and Davis 2003, section 6.6): its points are those of
a Sobol sequence, whose regularity given-data estimators that sort the draws by one range (RBD-FAST, class means)
take for influence. A `grouped` sweep gives first-order and total Sobol indices of groups (Saltelli et al. 2010;
SALib), interactions included, at the price of draws that serve nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution
from scipy.stats import rankdata

from isthmus.errors import QueryError
from isthmus.trust.draws import drawn_values
from isthmus.trust.headlines import QUANTITIES
from isthmus.trust.ranges import find_ranges, range_groups
from isthmus.world import World
from isthmus.world.accounts import FloatArray

#: Below this, indices of two dozen ranges are mostly noise.
LEAST_DRAWS = 64

#: A range is taken up if the best of so many unrelated ones would explain as much with at most this chance.
_CHANCE = 1 / 20


@dataclass(frozen=True, slots=True)
class Index:
    """Influence of one range, or group of ranges, on one headline."""

    quantity: str
    key: str
    what: str  # in words
    first: float  # share of variance that goes with it alone
    total: float | None  # with all interactions; None from plain draws
    error: float | None  # half-width of the 95 % confidence interval of `total`


def check_draws(draws: int) -> None:
    """Refuse too few draws for any indices, before they are solved.

    Raises
    ------
    QueryError
        Fewer than 64.
    """
    if draws < LEAST_DRAWS:
        raise QueryError(f"{draws} draws: sensitivity needs at least {LEAST_DRAWS}. Raise --draws.")


def plain_indices(
    rows: pd.DataFrame, world: World, horizon: str, seed: int, names: list[tuple[str, str]]
) -> list[Index]:
    """Return first-order indices of some headlines from the draws of one case.

    Raises
    ------
    QueryError
        Fewer than 64 draws.
    """
    values, numbers = _values(rows, names)
    check_draws(len(numbers))
    ranges, x = drawn_values(world, horizon, numbers, seed)
    return [
        Index(quantity, key, r.group, float(share), None, None)
        for column, (quantity, key) in enumerate(names)
        if np.ptp(values[:, column]) > 0.0
        for r, share in zip(ranges, stepwise_shares(x, values[:, column]), strict=True)
    ]


def stepwise_shares(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return what share of the variance of y goes with each column of x in a straight line of its ranks.

    Columns are taken up one by one, the one that explains most of what is left first, until the best of those left
    explains no more than the best of so many unrelated columns would once in twenty. For independent columns and
    monotone answers the shares are first-order Sobol indices; what is curved or joint is left out.

    Parameters
    ----------
    x : (draw, range) array
    y : (draw,) array

    Returns
    -------
    (range,) array
        At least 0; 0 for columns that were not taken up.

    References
    ----------
    Helton, Davis 2003, Reliability Engineering and System Safety 81, section 6.6 (stepwise regression, ranks).
    """
    n, width = x.shape
    rank = rankdata(x, axis=0)
    rank -= rank.mean(axis=0)
    rest, free, taken = y - y.mean(), rank.copy(), list[int]()  # both orthogonal to the columns taken
    while len(taken) < min(width, n // 3):
        length = (free**2).sum(axis=0)
        length[taken] = np.inf
        gain = (rest @ free) ** 2 / np.maximum(length, 1e-12) / max(float(rest @ rest), 1e-300)
        best, spare = int(gain.argmax()), n - 2 - len(taken)
        strength = spare * gain[best] / max(1.0 - gain[best], 1e-12)
        if f_distribution.sf(strength, 1, spare) * (width - len(taken)) > _CHANCE:
            break
        taken.append(best)
        axis = free[:, best] / np.sqrt(length[best])
        rest = rest - axis * (axis @ rest)
        free = free - np.outer(axis, axis @ free)
    share = np.zeros(width)
    if taken:
        slope, *_ = np.linalg.lstsq(rank[:, taken], y - y.mean(), rcond=None)
        noise = float(rest @ rest) / (n - 1 - len(taken))
        along = slope**2 * (rank[:, taken] ** 2).sum(axis=0) - noise
        share[taken] = np.maximum(along, 0.0) / ((y - y.mean()) ** 2).sum()
    return share


def grouped_indices(rows: pd.DataFrame, world: World, horizon: str, names: list[tuple[str, str]]) -> list[Index]:
    """Return first-order and total indices of groups of ranges from a sweep of design "grouped".

    Raises
    ------
    QueryError
        Fewer than 16 whole base points, or SALib is not installed.
    """
    sobol = _sobol()
    ranges = find_ranges(world, horizon)
    groups = sorted(set(range_groups(ranges)))
    width = len(groups) + 2
    values, numbers = _values(rows, names)
    whole = len(numbers) // width
    if whole < 16 or numbers != list(range(1, len(numbers) + 1)):
        raise QueryError(
            f"{len(numbers)} draws: a grouped analysis of {len(groups)} groups needs at least {16 * width} without a "
            f"gap ({width} to a base point)."
        )
    problem = {"num_vars": len(groups), "names": groups, "groups": groups, "bounds": [[0, 1]] * len(groups)}
    out: list[Index] = []
    for column, (quantity, key) in enumerate(names):
        y = values[: whole * width, column]
        if np.ptp(y) == 0.0:
            continue
        found = sobol.analyze(problem, y, calc_second_order=False, seed=0)
        out += [
            Index(quantity, key, group, float(s), float(t), float(c))
            for group, s, t, c in zip(groups, found["S1"], found["ST"], found["ST_conf"], strict=True)
        ]
    return out


def in_words(indices: list[Index], year: int, most: int = 3) -> list[str]:
    """Return for each headline a sentence on the assumptions that matter most; money is of a year."""
    out = []
    for quantity, key in dict.fromkeys((i.quantity, i.key) for i in indices):
        mine = sorted((i for i in indices if (i.quantity, i.key) == (quantity, key)), key=lambda i: -_weight(i))
        told = [f"{i.what} ({100 * _weight(i):.0f} %)" for i in mine[:most] if _weight(i) >= max(0.05, i.error or 0.0)]
        what = "no single assumption stands out" if not told else f"most of all {_joined(told)}"
        out.append(f"{QUANTITIES[quantity].format(year=year)}, {key}: {what}")
    return out


def _weight(index: Index) -> float:
    return index.first if index.total is None else index.total


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _values(rows: pd.DataFrame, names: list[tuple[str, str]]) -> tuple[FloatArray, list[int]]:
    """Return (draw, headline) values and the numbers of the draws that answer all of them."""
    drawn = rows[rows["draw"] > 0]
    table = drawn.pivot(index="draw", columns=["quantity", "key"], values="value")
    table = table.reindex(columns=pd.MultiIndex.from_tuples(names)).dropna()
    return table.to_numpy(dtype=float), [int(n) for n in table.index]


def _sobol() -> Any:
    try:
        from SALib.analyze import sobol
    except ImportError:
        raise QueryError("Sobol indices of groups need SALib: pip install 'isthmus[sensitivity]'.") from None
    return sobol
