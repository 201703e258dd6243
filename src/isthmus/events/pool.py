"""Several tests added up: one rate over all of them, each permuted within its own period and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import QueryError
from isthmus.events.coincidence import Coincidence, Counts, Rate, rates_of
from isthmus.events.finding import Finding
from isthmus.events.nulls import Null
from isthmus.events.sensitivity import Variant
from isthmus.events.series import FloatArray
from isthmus.events.verdict import judge, tell_hits, tell_lost


@dataclass(frozen=True, eq=False, slots=True)
class Pooled:
    """The tests of an analysis added up.

    Attributes
    ----------
    windows : tuple of int, days
    rates : tuple of Rate
        One per window; Holm's correction is over the windows.
    variants : tuple of Variant
        The first window without each test, on part of the record, and without each year.
    verdict : str
    """

    windows: tuple[int, ...]
    rates: tuple[Rate, ...]
    variants: tuple[Variant, ...]
    verdict: str


def pool_findings(found: Sequence[Finding], labels: Sequence[str]) -> Pooled:
    """Return the findings added up.

    Raises
    ------
    QueryError
        The tests do not ask for the same windows, or some are too short for a null that others have.
    """
    answers = [one.answer for one in found]
    windows = answers[0].question.windows
    if any(answer.question.windows != windows for answer in answers):
        raise QueryError("pool: the tests ask for different windows. Give all the same, or drop pool.")
    counts = [_add([answer.counts[i] for answer in answers]) for i in range(len(windows))]
    rates = rates_of(counts, [0.0] * len(windows))
    rates = [replace(rate, p_poisson=_poisson_sum(answers, i, rate.hits)) for i, rate in enumerate(rates)]
    variants = (*_without_each(answers, labels), *_variants(found), *_years(found))
    best = min(range(len(rates)), key=lambda i: (rates[i].p_holm, windows[i]))
    told = f"{tell_hits(rates[best])} of all {len(found)} tests together met a response within {windows[best]} days"
    return Pooled(windows, tuple(rates), variants, judge(rates, best, told, tell_lost(rates[0], variants)))


def _add(counts: Sequence[Counts]) -> Counts:
    events = sum(one.events for one in counts)
    nulls = [null for null in counts[0].permuted if all(null in one.permuted for one in counts)]
    permuted: dict[Null, FloatArray] = {null: np.sum([one.permuted[null] for one in counts], axis=0) for null in nulls}
    return Counts(
        events=events,
        others=sum(one.others for one in counts),
        expected=sum(one.expected for one in counts),
        certain=sum(one.certain for one in counts),
        possible=sum(one.possible for one in counts),
        base_rate=sum(one.events * one.base_rate for one in counts) / events,
        permuted=permuted,
    )


def _sum_variant(name: str, year: int | None, counts: Sequence[Counts]) -> Variant:
    if not counts:
        return Variant(name, year, 0, 0, None, None)
    total = _add(counts)
    return Variant(name, year, total.events, total.others, rates_of([total], [0.0])[0], total)


def _without_each(answers: Sequence[Coincidence], labels: Sequence[str]) -> list[Variant]:
    first = [answer.counts[0] for answer in answers]
    return [_sum_variant(f"without {label}", None, first[:i] + first[i + 1 :]) for i, label in enumerate(labels)]


def _variants(found: Sequence[Finding]) -> list[Variant]:
    """Return each variant of the record, summed over the tests in which something remains."""
    names = [variant.name for variant in found[0].variants]
    return [
        _sum_variant(name, None, [v.counts for one in found for v in one.variants if v.name == name and v.counts])
        for name in names
    ]


def _years(found: Sequence[Finding]) -> list[Variant]:
    """Return the sum without each year; a test without a trigger in the year stays as it is."""
    years = sorted({v.year for one in found for v in one.years if v.year is not None})
    out = []
    for year in years:
        kept = []
        for one in found:
            mine = [v for v in one.years if v.year == year]
            counts = mine[0].counts if mine else one.answer.counts[0]
            kept += [counts] if counts is not None else []
        out.append(_sum_variant(f"without {year}", year, kept))
    return out


def _poisson_sum(answers: Sequence[Coincidence], i: int, hits: float) -> float:
    """Return the chance of as many hits in the sum of the tests' binomial counts."""
    from scipy import stats

    mass = np.ones(1)
    for answer in answers:
        counts = answer.counts[i]
        low, high = answer.question.span(answer.question.windows[i])
        share = min((high - low + 1) / (answer.period.days - answer.question.lag), 1.0)
        success = 1.0 - (1.0 - share) ** counts.others
        mass = np.convolve(mass, stats.binom.pmf(np.arange(counts.events + 1), counts.events, success))
    return float(min(mass[int(np.floor(hits + 1e-9)) :].sum(), 1.0))
