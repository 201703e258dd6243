"""Bands and sensitivities against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import isthmus as ist
from isthmus.errors import QueryError
from isthmus.trust.bands import Band, convergence, make_bands, move_bands
from isthmus.trust.draws import draw_point, drawn_values
from isthmus.trust.ranges import find_ranges, range_groups
from isthmus.trust.sensitivity import grouped_indices, in_words, plain_indices

pytest.importorskip("SALib")
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
    assert first["theta|energy"] == pytest.approx(0.9, abs=0.06)
    assert first["openness"] == pytest.approx(0.1, abs=0.06)
    assert in_words(found)[0].startswith("real_income_percent AAA: most of all trade elasticities of energy (9")


def test_grouped_indices_against_saltelli_closed_form() -> None:
    """Y = z1 z2 with z uniform on 0..1 in two groups: S = 3/7 each, ST = 4/7 each."""
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
