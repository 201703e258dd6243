"""How much an answer rests on unsourced rows, on vague dates, on small acts, on one year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isthmus.events.coincidence import Coincidence, Counts, Rate, count_hits, rates_of
from isthmus.events.record import Event
from isthmus.events.series import IntArray, Series, make_series

#: Events that begin within so many days of one another count once in the variant `clusters merged`.
CLUSTER_DAYS = 14


@dataclass(frozen=True, eq=False, slots=True)
class Variant:
    """The first window's answer on part of the record.

    Attributes
    ----------
    name : str
    year : int or None
        The year left out, if one was.
    triggers, responses : int
        Merged events that remain.
    rate : Rate or None
        None if no trigger or no response remains.
    counts : Counts or None
        What `rate` is made of, to be added up over tests.
    """

    name: str
    year: int | None
    triggers: int
    responses: int
    rate: Rate | None
    counts: Counts | None


def compute_variants(found: Coincidence) -> tuple[Variant, ...]:
    """Return the answer without rows that lack a checked source, without vague dates, small acts, clusters."""
    keeps: list[tuple[str, Callable[[Event], bool], int]] = [
        ("rows with a checked source only", lambda event: event.sourced, 0),
        ("dates known to the day only", lambda event: event.precision == "day", 0),
        ("severity 2 and 3 only", lambda event: event.severity >= 2, 0),
        (f"events within {CLUSTER_DAYS} days merged", lambda _: True, CLUSTER_DAYS),
    ]
    out = []
    for name, keep, merge in keeps:
        merge_days = max(merge, found.question.merge_days)
        series = [
            make_series(
                [event for group in side.rows for event in group if keep(event)], found.period, merge_days=merge_days
            )
            for side in (found.triggers, found.responses)
        ]
        out.append(_variant(name, None, found, series[0], series[1], np.arange(found.period.days, dtype=np.int64)))
    return tuple(out)


def compute_years(found: Coincidence) -> tuple[Variant, ...]:
    """Return the answer without each year in turn that has a trigger.

    The triggers of the year go, and its days leave the base rate and the draws. Responses stay, because those of
    January may follow triggers of December.
    """
    years = found.period.years
    own = years[found.triggers.start]
    out = []
    for year in np.unique(own).tolist():
        places: IntArray = np.flatnonzero(years != year).astype(np.int64)
        out.append(_variant(f"without {year}", year, found, found.triggers.keep(own != year), found.responses, places))
    return tuple(out)


def most_influential(found: Coincidence, years: tuple[Variant, ...]) -> Variant | None:
    """Return the year whose absence moves the p-value of the first window most."""
    base = found.windows[0].trigger.p_strict
    moves = [(abs(variant.rate.p_strict - base), i) for i, variant in enumerate(years) if variant.rate is not None]
    return years[max(moves, key=lambda move: (move[0], -move[1]))[1]] if moves else None


def _variant(
    name: str, year: int | None, found: Coincidence, triggers: Series, responses: Series, places: IntArray
) -> Variant:
    counts = len(triggers), len(responses)
    if min(counts) == 0 or len(places) == 0:
        return Variant(name, year, *counts, None, None)
    span = found.question.span(found.question.windows[0])
    draw = (found.permutations, found.seed, 0)
    (measured,) = count_hits(triggers, responses, found.period, places, [span], draw)
    share = (span[1] - span[0] + 1) / max(len(places) - found.question.lag, 1)
    (rate,) = rates_of([measured], [share])
    return Variant(name, year, *counts, rate, measured)
