"""Event coincidence analysis: whether responses follow triggers more often than chance would have it.

For each window of d days and lag tau, a trigger at day t counts if a response lies in [t + tau, t + tau + d] (`after`),
[t - tau - d, t - tau] (`before`) or [t + tau - d, t + tau + d] (`both`); its share is the trigger rate. The precursor
rate is the share of responses that a trigger's window holds. A window of d days covers d + 1 days, both ends counted,
and is clipped at the ends of the study period, as in CoinCalc.

References
----------
Donges, Schleussner, Siegmund, Donner (2016), Eur. Phys. J. Spec. Top. 225, 471-487.
Siegmund, Siegmund, Donner (2017), CoinCalc, Computers & Geosciences 98, 64-72.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from isthmus.errors import QueryError
from isthmus.events.nulls import Null, draw_starts, nulls_for, permutation_p, permuted_hits
from isthmus.events.query import bound, select_events
from isthmus.events.record import Event, Record
from isthmus.events.series import FloatArray, IntArray, Period, Series, chance_by_day, hits_of, make_series
from isthmus.events.significance import clopper_pearson, events_needed, holm, poisson_p, power_of

Direction = Literal["after", "before", "both"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the record.

    Attributes
    ----------
    trigger, response : str
        Queries (`events.query`).
    windows : tuple of int, days
        The first is the one that sensitivities are computed for.
    lag : int, days
    direction : {"after", "before", "both"}
    start, end : str or None
        Study period (YYYY, YYYY-MM or YYYY-MM-DD). By default from the first event of either series to the last event
        of the record.
    merge_days : int
        Events of one series that begin within so many days of the first of a group count once. 0 merges equal dates.
    """

    trigger: str
    response: str
    windows: tuple[int, ...] = (30,)
    lag: int = 0
    direction: Direction = "after"
    start: str | None = None
    end: str | None = None
    merge_days: int = 0

    def __post_init__(self) -> None:
        if not self.windows or min(self.windows) < 0:
            raise QueryError(f"window: {self.windows} days. Give at least one of 0 days or more, for instance 30d.")
        if self.lag < 0:
            raise QueryError(f"lag: {self.lag} days. Give 0 or more; --direction before looks back.")
        if self.direction not in DIRECTIONS:
            raise QueryError(f"direction: {self.direction!r}. Use {', '.join(DIRECTIONS)}.")

    def span(self, window: int) -> tuple[int, int]:
        """Return the first and the last day of a window, relative to the trigger."""
        if self.direction == "after":
            return self.lag, self.lag + window
        if self.direction == "before":
            return -self.lag - window, -self.lag
        return self.lag - window, self.lag + window


@dataclass(frozen=True, eq=False, slots=True)
class Counts:
    """Hits of one series in the windows of another, observed and by chance.

    Attributes
    ----------
    events, others : int
        Number of events that look, and of events that they look for.
    expected, certain, possible : float, int, int
        Hits when each interval date is spread evenly, at least, and at most.
    base_rate : float
        Chance that a window opened on a random day of the period holds an event.
    permuted : dict of null to (permutation,) array
        Hits under each null.
    """

    events: int
    others: int
    expected: float
    certain: int
    possible: int
    base_rate: float
    permuted: dict[Null, FloatArray]


@dataclass(frozen=True, slots=True)
class Rate:
    """A coincidence rate with all that is needed to judge it; shares are dimensionless.

    `events` look for `others` in their windows. `base_rate` is the share of the days of the period on which a window
    opened would hold an event; `chance_rate` the mean rate under each null, so that the busy years of both series can
    be told from the rest.
    """

    events: int
    others: int
    hits: float
    hits_certain: int
    hits_possible: int
    rate: float
    low: float
    high: float
    base_rate: float
    chance_rate: dict[Null, float]
    p_poisson: float
    p_permutation: dict[Null, float]
    p_holm: float

    @property
    def power_to_see_doubling(self) -> float:
        """The chance that so many events would show twice the base rate (one test at 5 %)."""
        return power_of(self.events, self.base_rate)

    @property
    def events_needed(self) -> int | None:
        """Events needed to see twice the base rate in 80 % of cases, if it can be seen at all."""
        return events_needed(self.base_rate)

    @property
    def strictest(self) -> Null:
        """The null with the largest p-value."""
        return max(self.p_permutation, key=lambda null: self.p_permutation[null])

    @property
    def p_strict(self) -> float:
        """The largest of the permutation p-values, before correction: all nulls must be rejected."""
        return self.p_permutation[self.strictest]


@dataclass(frozen=True, slots=True)
class Window:
    """Trigger rate and precursor rate of one window."""

    days: int
    trigger: Rate
    precursor: Rate


@dataclass(frozen=True, eq=False, slots=True)
class Coincidence:
    """Answer to a question, before sensitivities."""

    question: Question
    period: Period
    triggers: Series
    responses: Series
    windows: tuple[Window, ...]
    counts: tuple[Counts, ...]
    permutations: int
    seed: int


def measure_coincidence(
    record: Record, question: Question, *, permutations: int = 10_000, seed: int = 0
) -> Coincidence:
    """Return rates, base rates and p-values for each window of a question.

    Raises
    ------
    QueryError
        A query that cannot be read or matches nothing in the period; a period that ends before it starts.
    """
    triggers, responses = select_events(record, question.trigger), select_events(record, question.response)
    period = study_period(record, question, (triggers, responses))
    series = (
        make_series(triggers, period, merge_days=question.merge_days),
        make_series(responses, period, merge_days=question.merge_days),
    )
    for name, query, matched, made in zip(
        ("trigger", "response"), (question.trigger, question.response), (triggers, responses), series, strict=True
    ):
        if not len(made):
            raise QueryError(
                f"{name} {query!r}: {len(matched)} rows of the record {record.name}, none of them between "
                f"{period.first} and {period.last}. Widen the query or the period."
            )
    return _measure(question, period, series, permutations=permutations, seed=seed)


def study_period(record: Record, question: Question, found: Sequence[Sequence[Event]]) -> Period:
    """Return the study period of a question; `found` are the events that its queries match."""
    dates = [event.date for events in found for event in events] or [event.date for event in record.events]
    first = bound(question.start, "from")[0] if question.start else min(dates)
    last = bound(question.end, "to")[1] if question.end else record.last_day
    if last < first:
        raise QueryError(f"period: {first} to {last} ends before it starts. Swap --from and --to.")
    longest = max(question.windows) + question.lag
    days = (last - first).days + 1
    if longest >= days:
        raise QueryError(f"window: {longest} days with its lag, but the period has {days}. Take a shorter window.")
    return Period(first, days)


def _measure(
    question: Question, period: Period, series: tuple[Series, Series], *, permutations: int, seed: int
) -> Coincidence:
    triggers, responses = series
    places = np.arange(period.days, dtype=np.int64)
    spans = [question.span(days) for days in question.windows]
    back = [(-high, -low) for low, high in spans]
    forward = count_hits(triggers, responses, period, places, spans, (permutations, seed, 0))
    reverse = count_hits(responses, triggers, period, places, back, (permutations, seed, 1))
    shares = [(high - low + 1) / max(period.days - question.lag, 1) for low, high in spans]
    pairs = zip(question.windows, rates_of(forward, shares), rates_of(reverse, shares), strict=True)
    windows = tuple(Window(*parts) for parts in pairs)
    return Coincidence(question, period, triggers, responses, windows, tuple(forward), permutations, seed)


def count_hits(
    of: Series,
    by: Series,
    period: Period,
    places: IntArray,
    spans: Sequence[tuple[int, int]],
    draw: tuple[int, int, int],
) -> list[Counts]:
    """Return how many events of one series find an event of another in each span, observed and under each null.

    Parameters
    ----------
    places : (place,) array
        Days that count for the base rate and that may be drawn.
    spans : sequence of (int, int), days
        First and last day of each window, relative to the event.
    draw : tuple of int
        Permutations, seed, and a number that keeps the draws of the two sides apart.
    """
    permutations, *seed = draw
    chances = [chance_by_day(by, period.days, low, high) for low, high in spans]
    permuted: list[dict[Null, FloatArray]] = [{} for _ in spans]
    for null in nulls_for(period):
        starts = draw_starts(null, of, period, places, permutations=permutations, seed=tuple(seed))
        for store, chance in zip(permuted, chances, strict=True):
            store[null] = permuted_hits(of, chance, starts)
    return [
        Counts(len(of), len(by), *hits_of(of, chance), float(chance[places].mean()), store)
        for chance, store in zip(chances, permuted, strict=True)
    ]


def rates_of(counts: Sequence[Counts], window_shares: Sequence[float]) -> list[Rate]:
    """Return one rate per window; Holm's correction is over the windows, on the largest permutation p of each."""
    rates = [_rate(one, share) for one, share in zip(counts, window_shares, strict=True)]
    corrected = holm([rate.p_strict for rate in rates])
    return [replace(rate, p_holm=p) for rate, p in zip(rates, corrected, strict=True)]


def _rate(counts: Counts, window_share: float) -> Rate:
    low, high = clopper_pearson(counts.expected, counts.events)
    return Rate(
        events=counts.events,
        others=counts.others,
        hits=counts.expected,
        hits_certain=counts.certain,
        hits_possible=counts.possible,
        rate=counts.expected / counts.events,
        low=low,
        high=high,
        base_rate=counts.base_rate,
        chance_rate={null: float(hits.mean()) / counts.events for null, hits in counts.permuted.items()},
        p_poisson=poisson_p(counts.expected, counts.events, counts.others, window_share),
        p_permutation={null: permutation_p(counts.expected, hits) for null, hits in counts.permuted.items()},
        p_holm=1.0,
    )


def first_date(series: Series) -> datetime.date:
    """Return the date of the first event of a series."""
    return series.rows[0][0].date
