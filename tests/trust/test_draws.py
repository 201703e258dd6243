"""Draws: the central one changes nothing, every other is a balanced world inside the stated ranges."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isthmus as ist
from isthmus.appraisal import place, sobol_point, sobol_points
from isthmus.trust.draws import draw_point, drawn_values, make_draw
from isthmus.trust.ranges import find_ranges, range_groups
from isthmus.world import run_checks
from isthmus.world.accounts import BASIS
from isthmus.world.network import KINDS


@pytest.fixture(scope="module")
def toy() -> ist.World:
    return ist.load_world("toy")


positive = st.floats(1e-3, 1e3)


@given(st.tuples(positive, positive, positive).map(sorted), st.floats(0, 1), st.floats(0, 1))
def test_place_is_a_quantile_function(ends: list[float], u: float, v: float) -> None:
    low, central, high = ends
    assert np.isclose(place(0.0, *ends), low) and np.isclose(place(0.5, *ends), central)
    assert np.isclose(place(1.0, *ends), high)
    a, b = (float(place(x, *ends)) for x in sorted((u, v)))
    assert a <= b * (1 + 1e-12) and low * (1 - 1e-12) <= a and b <= high * (1 + 1e-12)


def test_place_is_linear_from_zero() -> None:
    assert place(0.25, 0.0, 0.5, 1.0) == 0.25 and place(0.0, 0.0, 0.5, 1.0) == 0.0


def test_a_point_depends_on_seed_and_number_alone() -> None:
    assert (sobol_points(7, 100, 3)[:10] == sobol_points(7, 10, 3)).all()
    assert (sobol_points(7, 10, 3) != sobol_points(7, 10, 4)).any()
    assert all((sobol_point(7, n, 3) == sobol_points(7, 64, 3)[n - 1]).all() for n in (1, 2, 3, 17, 64))
    # Balance of a scrambled net: each half of each axis holds half of the points.
    assert ((sobol_points(7, 64, 3) < 0.5).sum(axis=0) == 32).all()


def test_the_central_draw_is_the_world_itself(toy: ist.World) -> None:
    settings = ist.Settings()
    drawn = make_draw(toy, settings, horizon="long", number=0, seed=1)
    assert drawn.world is toy and drawn.settings is settings


@pytest.mark.parametrize("horizon", ["long", "short"])
@pytest.mark.parametrize("number", [1, 2, 37])
def test_a_drawn_world_is_balanced_and_inside_its_ranges(toy: ist.World, horizon: str, number: int) -> None:
    drawn = make_draw(toy, ist.Settings(), horizon=horizon, number=number, seed=1)
    assert all(line.holds for line in run_checks(drawn.world))
    assert drawn.world.sha256 != toy.sha256
    for r in find_ranges(toy, horizon):
        assert r.low <= drawn.value[r.name] <= r.high, r.name
    sectors = drawn.world.sectors
    for name in ("long", "short"):
        theta, ends = getattr(sectors, f"theta_{name}"), getattr(toy.sectors, f"theta_{name}_range")
        assert (theta >= ends[:, 0] - 1e-12).all() and (theta <= ends[:, 1] + 1e-12).all()
    old, new = toy.network.rate_usd_per_tkm, drawn.world.network.rate_usd_per_tkm
    assert ((new > 0) == (old > 0)).all() and (new != old).any()
    assert drawn.settings.openness == drawn.value["openness"]
    assert drawn.settings.trade is not None
    assert drawn.settings.trade.choke == drawn.value["choke"]


def test_only_estimated_cells_move_by_themselves(toy: ist.World) -> None:
    """Where nothing is estimated the trade of a drawn world is that of the world."""
    observed = np.full_like(toy.accounts.basis, BASIS.index("observed"))
    world = dataclasses.replace(toy, accounts=dataclasses.replace(toy.accounts, basis=observed))
    drawn = make_draw(world, ist.Settings(), horizon="long", number=3, seed=1)
    assert (drawn.world.accounts.flow == toy.accounts.flow).all()
    moved = make_draw(toy, ist.Settings(), horizon="long", number=3, seed=1)
    assert (moved.world.accounts.flow != toy.accounts.flow).any()


def test_hours_move_by_kind_of_place(toy: ist.World) -> None:
    drawn = make_draw(toy, ist.Settings(), horizon="long", number=5, seed=2)
    old, new = toy.network, drawn.world.network
    border = (old.kind == KINDS.index("border")) & old.open & (old.wait_hours[:, 0] > 0)
    assert border.any()
    assert np.allclose(new.wait_hours[border, 0] / old.wait_hours[border, 0], drawn.value["wait|border"])


def test_grouped_points_differ_in_one_group_at_a_time(toy: ist.World) -> None:
    ranges = find_ranges(toy, "long")
    groups = np.array(range_groups(ranges))
    names = sorted(set(groups))
    width = len(names) + 2
    a, b = (draw_point(ranges, n, 1, "grouped") for n in (1, width))
    for g, name in enumerate(names):
        mixed = draw_point(ranges, 2 + g, 1, "grouped")
        assert (mixed[groups == name] == b[groups == name]).all()
        assert (mixed[groups != name] == a[groups != name]).all()


def test_values_handed_to_sensitivity_are_those_drawn(toy: ist.World) -> None:
    ranges, values = drawn_values(toy, "long", [1, 4], 9)
    drawn = make_draw(toy, ist.Settings(), horizon="long", number=4, seed=9)
    assert [drawn.value[r.name] for r in ranges] == pytest.approx(values[1].tolist())
