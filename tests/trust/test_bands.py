"""Bands and sensitivities against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isthmus as ist
from isthmus.errors import QueryError
from isthmus.trust.bands import Band, convergence, make_bands, move_bands
from isthmus.trust.draws import draw_point, drawn_values
from isthmus.trust.ranges import find_ranges, range_groups
from isthmus.trust.sensitivity import grouped_indices, in_words, plain_indices, stepwise_shares

NAME = ("real_income_percent", "AAA")


def rows_of(values: list[float], *, central: float = 0.0) -> pd.DataFrame:
    numbers = [central, *values]
    return pd.DataFrame(
        {
            "scenario": "s", "as_of": "2001-01-01", "horizon": "long", "draw": range(len(numbers)),
            "quantity": NAME[0], "key": NAME[1], "value": numbers,
        }
    )  # fmt: skip


def test_band_ends_are_the_5_and_95_percent_quantiles_of_the_draws() -> None:
    band = make_bands(rows_of([float(v) for v in range(1, 102)], central=7.0))[NAME]
    assert (band.value, band.low, band.high, band.draws) == (7.0, 6.0, 96.0, 101)
    assert band.signed


def test_bands_move_with_the_answer_they_belong_to() -> None:
    """Value 7 with a band of 6 to 9, told of an answer of 5: 4 to 7; a level is not pushed below 0."""
    level = ("corridor_after_mt", "x")
    bands = {
        NAME: Band(7.0, 6.0, 9.0, 8),
        level: Band(3.0, 0.5, 4.0, 8),
        ("npv_usd_m", "world"): Band(1.0, 0.0, 2.0, 8),
    }
    moved = move_bands(bands, {NAME: 5.0, level: 2.0})
    assert moved[NAME] == Band(5.0, 4.0, 7.0, 8)
    assert moved[level] == Band(2.0, 0.0, 3.0, 8)
    assert moved["npv_usd_m", "world"] == bands["npv_usd_m", "world"]


def test_draws_without_an_answer_are_left_out() -> None:
    rows = rows_of([1.0, 2.0])
    lost = rows.iloc[:1].assign(draw=3, quantity="no_answer", key="Infeasible: no gas")
    band = make_bands(pd.concat([rows, lost]))[NAME]
    assert band.draws == 2


def test_convergence_tells_the_band_of_the_first_draws() -> None:
    steps = convergence(rows_of(list(np.linspace(0, 1, 64))), [NAME])
    assert steps["draws"].tolist() == [8, 16, 32, 64]
    assert steps["high"].iloc[-1] == pytest.approx(0.95)


def test_plain_indices_find_what_drives_an_additive_function() -> None:
    """Y = 3 z1 + z2 with z uniform: first-order shares of variance 9/10 and 1/10."""
    toy = ist.load_world("toy")
    ranges, x = drawn_values(toy, "long", list(range(1, 513)), 0)
    names = [r.name for r in ranges]
    a, b = names.index("theta|energy"), names.index("openness")  # both uniform on 0..1
    found = plain_indices(rows_of((3 * x[:, a] + x[:, b]).tolist()), toy, "long", 0, [NAME])
    first = {n: i.first for n, i in zip(names, found, strict=True)}
    assert first["theta|energy"] == pytest.approx(0.9, abs=0.01)
    assert first["openness"] == pytest.approx(0.1, abs=0.01)
    assert sum(first.values()) == pytest.approx(1.0, abs=0.01)
    said = in_words(found, 2001)[0]
    assert said == (
        "change of real income, percent, AAA: most of all trade elasticities of energy (90 %) and openness of borders "
        "that open (10 %)"
    )


@pytest.mark.parametrize("first", range(1, 1025, 128))
def test_sobol_points_lend_no_range_an_influence_it_has_not(first: int) -> None:
    """Y = exp(z1) z2 + noise, from 64 points anywhere in the sequence; RBD-FAST gives a third range 0.4 to 0.6 here."""
    toy = ist.load_world("toy")
    ranges, x = drawn_values(toy, "long", list(range(first, first + 64)), 0)
    names = [r.name for r in ranges]
    a, b = x[:, names.index("openness")], x[:, names.index("theta|energy")]
    shares = stepwise_shares(x, np.exp(a) * b + 0.1 * np.random.default_rng(first).standard_normal(64))
    # E[Y | z1] = exp(z1) / 2, E[Y | z2] = (e - 1) z2: variances 0.0605 and 0.246 of 0.337 with the noise
    assert shares[names.index("openness")] == pytest.approx(0.18, abs=0.12)
    assert shares[names.index("theta|energy")] == pytest.approx(0.73, abs=0.12)
    others = [s for s, name in zip(shares, names, strict=True) if name not in ("openness", "theta|energy")]
    assert max(others) < 0.05


@given(st.integers(0, 10**6))
def test_answers_that_hang_on_nothing_seldom_get_a_cause(seed: int) -> None:
    rng = np.random.default_rng(seed)
    told = [stepwise_shares(rng.random((64, 25)), rng.standard_normal(64)).max() > 0 for _ in range(40)]
    assert sum(told) <= 14  # one in twenty is meant: more than fourteen of forty has a chance of 1e-9


def test_grouped_indices_against_saltelli_closed_form() -> None:
    """Y = z1 z2 with z uniform on 0..1 in two groups: S = 3/7 each, ST = 4/7 each."""
    pytest.importorskip("SALib")
    toy = ist.load_world("toy")
    ranges = find_ranges(toy, "long")
    groups, names = range_groups(ranges), [r.name for r in ranges]
    width = len(set(groups)) + 2
    points = np.array([draw_point(ranges, n, 0, "grouped") for n in range(1, 128 * width + 1)])
    y = points[:, names.index("theta|energy")] * points[:, names.index("openness")]
    found = {i.what: i for i in grouped_indices(rows_of(y.tolist()), toy, "long", [NAME])}
    for group in (groups[names.index("theta|energy")], groups[names.index("openness")]):
        assert found[group].first == pytest.approx(3 / 7, abs=0.1)
        assert found[group].total == pytest.approx(4 / 7, abs=0.1)
    assert found["freight rates"].total == pytest.approx(0.0, abs=1e-9)


def test_too_few_draws_are_refused() -> None:
    toy = ist.load_world("toy")
    with pytest.raises(QueryError, match="63 draws: sensitivity needs at least 64"):
        plain_indices(rows_of(list(np.arange(63.0))), toy, "long", 0, [NAME])
    with pytest.raises(QueryError, match="a grouped analysis of"):
        grouped_indices(rows_of(list(np.arange(63.0))), toy, "long", [NAME])
