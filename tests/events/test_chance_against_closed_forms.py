"""Permutation p-values against the exact distributions that they sample, and the closed forms against others' code."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import isthmus as ist
from events.event_cases import record_of_days
from isthmus.events.coincidence import Coincidence, measure_coincidence
from isthmus.events.nulls import NULLS, SEASON_DAYS, draw_starts, nulls_for
from isthmus.events.series import Period, Series, chance_by_day
from isthmus.events.significance import clopper_pearson, events_needed, holm, poisson_p, power_of

TRIGGERS = [10, 40, 300, 420, 430, 800, 1100, 1300]
RESPONSES = [12, 45, 60, 301, 440, 805, 806, 900, 1290]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Coincidence:
    path = tmp_path_factory.mktemp("chance") / "r.csv"
    record = record_of_days(path, {"TRI": TRIGGERS, "RES": RESPONSES})
    question = ist.Question("actor=TRI", "actor=RES", (7,), start="2001-01-01", end="2004-12-31")
    return measure_coincidence(record, question, permutations=40_000)


def within(p: float, exact: float) -> bool:
    """Whether a p-value of 40,000 draws is within four standard errors of the exact one."""
    return abs(p - exact) < 4 * math.sqrt(exact * (1 - exact) / 40_000) + 1e-4


def poisson_binomial(chances: list[float], least: int) -> float:
    """Return the exact chance of at least `least` successes."""
    mass = np.ones(1)
    for chance in chances:
        mass = np.convolve(mass, [1 - chance, chance])
    return float(mass[least:].sum())


def test_each_null_samples_its_exact_distribution(found: Coincidence) -> None:
    period, rate = found.period, found.windows[0].trigger
    hit = chance_by_day(found.responses, period.days, 0, 7)
    k = int(rate.hits)
    assert k == 4  # after days 10, 40, 300 and 800; 440 is ten days after 430, and 1290 comes before 1300
    assert within(rate.p_permutation["uniform"], float(stats.binom.sf(k - 1, len(TRIGGERS), hit.mean())))
    years, season = period.years, period.day_of_year
    own = [hit[years == years[t]].mean() for t in TRIGGERS]
    assert within(rate.p_permutation["within_year"], poisson_binomial(own, k))
    apart = [np.abs(season - season[t]) for t in TRIGGERS]
    near = [hit[np.minimum(gap, 366 - gap) <= SEASON_DAYS].mean() for gap in apart]
    assert within(rate.p_permutation["seasonal"], poisson_binomial(near, k))
    shifted = [hit[(np.array(TRIGGERS) + s) % period.days].sum() for s in range(1, period.days)]
    assert within(rate.p_permutation["circular_shift"], float(np.mean(np.array(shifted) >= k)))
    assert rate.base_rate == hit.mean()


def test_the_mean_under_each_null_is_told(found: Coincidence) -> None:
    rate = found.windows[0].trigger
    assert rate.chance_rate["uniform"] == pytest.approx(rate.base_rate, abs=0.003)
    assert rate.strictest == max(rate.p_permutation, key=lambda null: rate.p_permutation[null])
    assert rate.p_strict == max(rate.p_permutation.values())


@pytest.mark.parametrize("null", NULLS)
def test_draws_stay_where_their_null_allows(null: str) -> None:
    period = Period(datetime.date(2001, 3, 1), 4 * 365)
    series = Series(np.array([5, 300, 900]), np.array([1, 30, 1]), ((), (), ()))
    places = np.flatnonzero(period.years != 2002)
    starts = draw_starts(null, series, period, places, permutations=500, seed=(1, 0))  # type: ignore[arg-type]
    assert starts.shape == (500, 3)
    assert np.isin(starts, places).all()
    if null == "within_year":
        assert (period.years[starts[:, 0]] == 2001).all()
        assert (period.years[starts[:, 2]] == 2003).all()
    if null == "seasonal":
        gap = np.abs(period.day_of_year[starts[:, 0]] - period.day_of_year[5])
        assert (np.minimum(gap, 366 - gap) <= SEASON_DAYS).all()
        assert len(np.unique(period.years[starts[:, 0]])) > 2
    if null == "circular_shift":
        rank = np.searchsorted(places, starts)
        assert (np.diff((rank - np.searchsorted(places, series.start)) % len(places), axis=1) == 0).all()
    again = draw_starts(null, series, period, places, permutations=500, seed=(1, 0))  # type: ignore[arg-type]
    assert (starts == again).all()


def test_a_short_period_has_no_seasons() -> None:
    assert "seasonal" not in nulls_for(Period(datetime.date(2022, 1, 1), 365))
    assert nulls_for(Period(datetime.date(2020, 1, 1), 2000)) == NULLS


@pytest.mark.parametrize(("hits", "events"), [(0, 9), (3, 9), (9, 9), (14, 43)])
def test_the_interval_is_that_of_scipy(hits: int, events: int) -> None:
    exact = stats.binomtest(hits, events).proportion_ci(0.95, method="exact")
    assert clopper_pearson(hits, events) == pytest.approx((exact.low, exact.high), rel=1e-9, abs=1e-12)


def test_fractional_hits_lie_between_whole_ones() -> None:
    low, high = clopper_pearson(3.5, 9)
    assert clopper_pearson(3, 9)[0] < low < clopper_pearson(4, 9)[0]
    assert clopper_pearson(3, 9)[1] < high < clopper_pearson(4, 9)[1]
    assert poisson_p(3.9, 9, 5, 0.02) == poisson_p(3, 9, 5, 0.02)


def test_poisson_p_by_hand() -> None:
    # One trigger, two responses, a window of a tenth: 1 - 0.9^2 = 0.19.
    assert poisson_p(1, 1, 2, 0.1) == pytest.approx(0.19)
    assert poisson_p(2, 2, 2, 0.1) == pytest.approx(0.19**2)
    assert poisson_p(0, 5, 3, 0.1) == 1.0
    assert poisson_p(5, 5, 3, 1.4) == pytest.approx(1.0)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_none_and_bonferroni(p: list[float]) -> None:
    for raw, corrected in zip(p, holm(p), strict=True):
        assert raw <= corrected <= min(1.0, raw * len(p)) + 1e-12


def test_power_against_enumeration() -> None:
    # 5 triggers, base 10 %: P(K >= 2) = 8.1 %, P(K >= 3) = 0.9 %, so three hits are needed; at 20 % that is 5.8 %.
    assert power_of(5, 0.1) == pytest.approx(10 * 0.2**3 * 0.8**2 + 5 * 0.2**4 * 0.8 + 0.2**5)
    needed = events_needed(0.1)
    assert needed is not None
    assert power_of(needed, 0.1) >= 0.8 > power_of(needed - 1, 0.1)
    assert all(power_of(n, 0.1) >= 0.8 for n in range(needed, needed + 200))


@pytest.mark.parametrize("base", [0.0, 0.6, 1e-5])
def test_a_doubling_that_cannot_be_seen(base: float) -> None:
    assert events_needed(base) is None
