"""Which assumptions matter most: sensitivity indices from draws that are there already.

First-order indices say what share of a headline's variance goes with one range alone. From the draws of a
plain sweep they are estimated by random balance designs (RBD-FAST, Tarantola et al. 2006, Plischke 2010; SALib);
a `grouped` sweep gives first-order and total Sobol indices of groups (Saltelli et al. 2010), interactions
included, at the price of draws that serve nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from isthmus.errors import QueryError
from isthmus.trust.draws import drawn_values
from isthmus.trust.ranges import find_ranges, range_groups
from isthmus.world import World
from isthmus.world.accounts import FloatArray

#: Below this, indices of two dozen ranges are mostly noise.
LEAST_DRAWS = 64


@dataclass(frozen=True, slots=True)
class Index:
    """Influence of one range, or group of ranges, on one headline."""

    quantity: str
    key: str
    what: str  # in words
    first: float  # share of variance that goes with it alone
    total: float | None  # with all interactions; None from plain draws
    error: float | None  # half-width of the 95 % confidence interval of `first`


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
        Fewer than 64 draws, or SALib is not installed.
    """
    salib = _salib("rbd_fast")
    values, numbers = _values(rows, names)
    check_draws(len(numbers))
    ranges, x = drawn_values(world, horizon, numbers, seed)
    problem = {"num_vars": len(ranges), "names": [r.name for r in ranges], "bounds": [[r.low, r.high] for r in ranges]}
    out: list[Index] = []
    for column, (quantity, key) in enumerate(names):
        y = values[:, column]
        if np.ptp(y) == 0.0:
            continue
        found = salib.analyze(problem, x, y, seed=0, num_resamples=50)
        out += [
            Index(quantity, key, r.group, max(0.0, float(s)), None, float(c))
            for r, s, c in zip(ranges, found["S1"], found["S1_conf"], strict=True)
        ]
    return out


def grouped_indices(rows: pd.DataFrame, world: World, horizon: str, names: list[tuple[str, str]]) -> list[Index]:
    """Return first-order and total indices of groups of ranges from a sweep of design "grouped".

    Raises
    ------
    QueryError
        Fewer than 16 whole base points, or SALib is not installed.
    """
    salib = _salib("sobol")
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
        found = salib.analyze(problem, y, calc_second_order=False, seed=0)
        out += [
            Index(quantity, key, group, float(s), float(t), float(c))
            for group, s, t, c in zip(groups, found["S1"], found["ST"], found["S1_conf"], strict=True)
        ]
    return out


def in_words(indices: list[Index], most: int = 3) -> list[str]:
    """Return for each headline a sentence on the assumptions that matter most."""
    out = []
    for quantity, key in dict.fromkeys((i.quantity, i.key) for i in indices):
        mine = sorted((i for i in indices if (i.quantity, i.key) == (quantity, key)), key=lambda i: -_weight(i))
        told = [f"{i.what} ({100 * _weight(i):.0f} %)" for i in mine[:most] if _weight(i) >= 0.05]
        what = "no single assumption carries 5 % of the variance" if not told else f"most of all {_joined(told)}"
        out.append(f"{quantity} {key}: {what}")
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


def _salib(method: str) -> Any:
    try:
        if method == "sobol":
            from SALib.analyze import sobol

            return sobol
        from SALib.analyze import rbd_fast
    except ImportError:
        raise QueryError("--sensitivity needs SALib: pip install 'isthmus[sensitivity]'.") from None
    return rbd_fast
