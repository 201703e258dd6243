"""Cash flows against annuity formulas and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.appraisal.cashflow import (
    Plan,
    break_even,
    internal_rate,
    interpolate_years,
    make_balance,
    present_value,
    ramp_up,
    spread_capex,
)

PLAN = Plan(present=2025, opening=2030)


def annuity(rate: float, years: int) -> float:
    return (1 - (1 + rate) ** -years) / rate


@given(st.floats(0.001, 0.5), st.integers(1, 60), st.floats(0.1, 1e4))
def test_constant_flow_is_an_annuity(rate: float, years: int, amount: float) -> None:
    flow = np.concatenate([[0.0], np.full(years, amount)])
    assert present_value(flow, rate) == pytest.approx(amount * annuity(rate, years), rel=1e-12)


@given(st.floats(0.001, 0.9), st.integers(2, 40))
def test_irr_of_a_fairly_priced_annuity_is_its_rate(rate: float, years: int) -> None:
    flow = np.concatenate([[-annuity(rate, years)], np.ones(years)])
    assert internal_rate(flow).rate == pytest.approx(rate, abs=1e-9)


def test_irr_worked_by_hand() -> None:
    assert internal_rate(np.array([-100.0, 60.0, 60.0])).rate == pytest.approx(0.130662386, abs=1e-8)
    # 100 r^2 - 40 r - 40 = 0 for r = 1 + rate
    assert internal_rate(np.array([-100.0, 40.0, 40.0])).rate == pytest.approx((0.4 + 1.76**0.5) / 2 - 1, abs=1e-9)


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        ([-1.0, -1.0], "no year has a net benefit"),
        ([0.0, 1.0], "any rate pays"),
        ([-1.0, 2.5, -1.5], "2 rates"),  # 0 and 50 %
        ([1.0, -2.0, 1.5], "stays above"),
    ],
)
def test_no_irr_is_told_in_words(flow: list[float], said: str) -> None:
    found = internal_rate(np.array(flow))
    assert found.rate is None
    assert said in found.why_not


def test_ramp_and_capex_fall_in_their_years() -> None:
    assert PLAN.calendar[0] == 2025
    assert PLAN.calendar[-1] == 2059
    assert ramp_up(PLAN)[4:9] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0, 1.0])
    assert spread_capex(PLAN, 300.0)[:6] == pytest.approx([0, 0, 100, 100, 100, 0])
    late = Plan(present=2029, opening=2030)  # two of three building years are past
    assert spread_capex(late, 300.0)[:2] == pytest.approx([300, 0])


def test_balance_against_closed_form() -> None:
    plan = Plan(present=2025, opening=2026, years=20, building=1, ramp=1, discount=0.1, upkeep=0.02)
    balance = make_balance(plan, np.full(plan.span, 15.0), 100.0)
    benefit, cost = 15 * annuity(0.1, 20), 100 + 2 * annuity(0.1, 20)
    assert balance.npv == pytest.approx(benefit - cost)
    assert balance.bcr == pytest.approx(benefit / cost)
    rate = balance.irr.rate
    assert rate is not None
    assert 13 * annuity(rate, 20) == pytest.approx(100.0)
    assert break_even(3.0, balance) == pytest.approx(3.0 * cost / benefit)


def test_at_the_break_even_tonnage_npv_is_zero() -> None:
    balance = make_balance(PLAN, np.full(PLAN.span, 15.0), 200.0)
    tonnage = break_even(2.0, balance)
    assert tonnage is not None
    assert make_balance(PLAN, np.full(PLAN.span, 15.0 * tonnage / 2.0), 200.0).npv == pytest.approx(0.0, abs=1e-9)
    assert break_even(2.0, make_balance(PLAN, np.full(PLAN.span, -1.0), 200.0)) is None


def test_years_between_points_lie_on_lines_and_are_constant_outside() -> None:
    values = np.array([[1.0, 10.0], [3.0, 30.0]])
    got = interpolate_years((2020, 2022, 2031, 2040, 2050), (2022, 2040), values)
    assert got[:, 0] == pytest.approx([1.0, 1.0, 2.0, 3.0, 3.0])
    assert got[:, 1] == pytest.approx(10 * got[:, 0])
