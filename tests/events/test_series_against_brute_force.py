"""Windows over vague dates, against counting day by day; properties of the counts."""

from __future__ import annotations

import datetime
import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus as ist
from events.event_cases import FIRST, record_of_days, write_record
from isthmus.events.coincidence import measure_coincidence
from isthmus.events.series import Period, Series, chance_by_day, hits_of, make_series, spread

DAYS = 40
spans = st.lists(st.tuples(st.integers(0, DAYS - 5), st.integers(1, 5)), min_size=1, max_size=5)


def series_of(pairs: list[tuple[int, int]]) -> Series:
    start, length = np.array(pairs, dtype=np.int64).T
    return Series(start, length, tuple(() for _ in pairs))


@settings(max_examples=60, deadline=None)
@given(triggers=spans, responses=spans, low=st.integers(-6, 6), width=st.integers(0, 6))
def test_hits_are_the_mean_over_all_possible_dates(
    triggers: list[tuple[int, int]], responses: list[tuple[int, int]], low: int, width: int
) -> None:
    chance = chance_by_day(series_of(responses), DAYS, low, low + width)
    expected, certain, possible = hits_of(series_of(triggers), chance)
    total, least, most = Fraction(0), 0, 0
    choices = list(itertools.product(*(range(s, s + n) for s, n in responses)))
    for start, length in triggers:
        found = [
            any(low <= day - t <= low + width for day in chosen)
            for t in range(start, start + length)
            for chosen in choices
        ]
        total += Fraction(sum(found), len(found))
        least += all(found)
        most += any(found)
    assert expected == pytest.approx(float(total))
    assert possible == most
    # Certain for every date of each response; several vague ones that only together leave no gap do not count.
    assert certain <= least
    assert certain <= expected + 1e-12 <= possible + 2e-12


@settings(max_examples=40, deadline=None)
@given(responses=spans, low=st.integers(-5, 5), width=st.integers(0, 5), length=st.integers(1, 9))
def test_spread_is_the_mean_over_the_days_of_an_interval(
    responses: list[tuple[int, int]], low: int, width: int, length: int
) -> None:
    chance = chance_by_day(series_of(responses), DAYS, low, low + width)
    expected = [chance[day : day + length].mean() for day in range(DAYS)]
    np.testing.assert_allclose(spread(chance, length), expected, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(responses=spans, low=st.integers(-5, 5), width=st.integers(0, 5))
def test_a_wider_window_never_finds_less(responses: list[tuple[int, int]], low: int, width: int) -> None:
    narrow = chance_by_day(series_of(responses), DAYS, low, low + width)
    wide = chance_by_day(series_of(responses), DAYS, low - 1, low + width + 1)
    assert (wide >= narrow - 1e-12).all()


def test_a_month_in_a_window_of_ten_days_by_hand(tmp_path: Path) -> None:
    rows = [{"actor_iso3": "TRI", "date": "2020-05-25"}, {"actor_iso3": "RES", "date": "2020-06"}]
    record = ist.load_events(write_record(tmp_path / "r.csv", rows))
    question = ist.Question("actor=TRI", "actor=RES", (10,), start="2020-01", end="2020-12")
    rate = measure_coincidence(record, question, permutations=99).windows[0].trigger
    # 25 May to 4 June holds 4 of the 30 days of June.
    assert (rate.hits, rate.hits_certain, rate.hits_possible) == (pytest.approx(4 / 30), 0, 1)
    assert rate.low == 0 or rate.low < rate.rate < rate.high


def test_equal_dates_merge_and_clusters_on_request(tmp_path: Path) -> None:
    record = record_of_days(tmp_path / "r.csv", {"AAA": [3, 3, 10, 15, 40]})
    period = Period(FIRST, 60)
    assert make_series(record.events, period).start.tolist() == [3, 10, 15, 40]
    merged = make_series(record.events, period, merge_days=10)
    assert merged.start.tolist() == [3, 15, 40]
    assert [len(rows) for rows in merged.rows] == [3, 1, 1]


def test_an_interval_over_the_end_keeps_its_days_inside(tmp_path: Path) -> None:
    record = ist.load_events(write_record(tmp_path / "r.csv", [{"date": "2020-06"}, {"date": "2020-08-01"}]))
    series = make_series(record.events, Period(datetime.date(2020, 1, 1), 31 + 29 + 31 + 30 + 31 + 10))
    assert (series.start.tolist(), series.length.tolist()) == ([152], [10])


def test_the_direction_of_a_window(tmp_path: Path) -> None:
    record = record_of_days(tmp_path / "r.csv", {"TRI": [50], "RES": [44, 56], "LAT": [62]})

    def hits(response: str, direction: str, window: int, lag: int = 0) -> float:
        question = ist.Question("actor=TRI", f"actor={response}", (window,), lag, direction, "2001", "2001")  # type: ignore[arg-type]
        return measure_coincidence(record, question, permutations=99).windows[0].trigger.hits

    assert [hits("RES", d, 6) for d in ("after", "before", "both")] == [1, 1, 1]
    assert [hits("RES", d, 5) for d in ("after", "before", "both")] == [0, 0, 0]
    assert [hits("LAT", d, 12) for d in ("after", "before", "both")] == [1, 0, 1]
    assert hits("RES", "after", 0, lag=6) == 1
    assert hits("RES", "before", 0, lag=6) == 1
    assert hits("RES", "after", 3, lag=1) == 0


def test_looking_back_is_looking_forward_with_the_series_swapped(tmp_path: Path) -> None:
    record = record_of_days(tmp_path / "r.csv", {"TRI": [5, 30, 80, 200], "RES": [1, 28, 33, 190, 300]})
    back = ist.Question("actor=TRI", "actor=RES", (5, 10), 1, "before", "2001", "2001")
    ahead = ist.Question("actor=RES", "actor=TRI", (5, 10), 1, "after", "2001", "2001")
    one = measure_coincidence(record, back, permutations=99)
    other = measure_coincidence(record, ahead, permutations=99)
    for a, b in zip(one.windows, other.windows, strict=True):
        assert (a.trigger.hits, a.trigger.base_rate) == (b.precursor.hits, b.precursor.base_rate)
        assert (a.precursor.hits, a.precursor.p_poisson) == (b.trigger.hits, b.trigger.p_poisson)
