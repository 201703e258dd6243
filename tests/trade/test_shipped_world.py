"""The equilibrium on `eurasia-2022`: exactly 1 without a shock, markets clear, levels near an earlier trial's."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.errors import Infeasible
from isthmus.trade import LONG, SHORT, TradeShock, compute_shares, first_order_change, solve_trade
from trade.trade_cases import markets


@pytest.fixture(scope="module")
def world(eurasia):
    return eurasia


@pytest.fixture(scope="module")
def code(world):
    return {name: i for i, name in enumerate(world.economies)}


@pytest.fixture(scope="module")
def baseline(world):
    return compute_shares(
        world.accounts, world.sectors.theta_long, economies=tuple(world.economies), sectors=tuple(world.sectors.codes)
    )


def _embargo(baseline, one, other):
    access = np.ones(baseline.expenditure_share.shape)
    access[one, other] = access[other, one] = 0
    return TradeShock(access=access)


@pytest.mark.parametrize("settings", [LONG, SHORT, replace(LONG, eps=0.7, sM=0.4, sC=0.8, kap=3.0)])
def test_no_shock_is_exactly_one(baseline, settings):
    one = np.ones(baseline.expenditure_share.shape)
    solution = solve_trade(baseline, TradeShock(trade_cost_change=one, access=one.copy()), settings)
    assert solution.iterations == 1
    for name in ("real_income_change", "real_expenditure_change", "price_change", "unit_cost_change",
                 "quantity_change", "wage_change"):  # fmt: skip
        assert (getattr(solution, name) == 1.0).all(), name


@pytest.mark.parametrize("closure", ["scaled", "held", "balanced"])
def test_embargo_clears_all_markets(baseline, code, closure):
    shock = _embargo(baseline, code["RUS"], code["KAZ"])
    solution = solve_trade(baseline, shock, replace(LONG, closure=closure))
    # `balanced` starts from another baseline; world factor income and remittances are the same.
    assert max(markets(baseline, shock, solution)) < 1e-8
    assert solution.flow[code["RUS"], code["KAZ"]].sum() == 0.0
    assert solution.flow[code["KAZ"], code["RUS"]].sum() == 0.0


def test_levels_against_the_trial(world, code):
    """Uniform theta 4, as in the trial on an earlier build of these accounts.

    It lost KAZ 3.3, ARM 5.1, BLR 12.4, GEO 2.0 % (KAZ 2.2 with its published import shares, which this build
    has); the bands allow for what the build mended since (basic prices of energy, transit trade by partner).
    """
    flat = compute_shares(world.accounts, np.full(len(world.sectors.codes), 4.0))
    for target, low, high in (("KAZ", 1.8, 3.3), ("ARM", 3.3, 5.5), ("BLR", 9.0, 13.0), ("GEO", 1.5, 2.5)):
        hats = solve_trade(flat, _embargo(flat, code["RUS"], code[target])).real_income_change
        assert low < 100 * (1 - hats[code[target]]) < high, target
        assert 0 < 100 * (1 - hats[code["RUS"]]) < 0.4


def test_first_order_beside_exact(baseline, code):
    """For a 1 % rise of one economy's import costs the first order is near; terms of trade make the rest."""
    cost = np.ones(baseline.expenditure_share.shape)
    arm = code["ARM"]
    cost[:, arm] = 1.01
    cost[arm, arm] = 1
    shock = TradeShock(trade_cost_change=cost)
    exact = np.log(solve_trade(baseline, shock).real_income_change[arm])
    first = first_order_change(baseline, shock)[arm]
    assert 0.5 < exact / first < 1.1


def test_lost_gas_is_told_or_backed(baseline, world, code):
    """Armenia has no gas of its own: all suppliers cut, there is a chain to tell or a backstop to report."""
    gas = list(world.sectors.codes).index("B06G")
    access = np.ones(baseline.expenditure_share.shape)
    access[:, code["ARM"], gas] = 0
    shock = TradeShock(access=access)
    with pytest.raises(Infeasible, match=r"ARM consumes .*B06G"):
        solve_trade(baseline, shock, replace(LONG, choke=None))
    solution = solve_trade(baseline, shock)
    assert solution.backstop_share[code["ARM"], gas] == 1.0
    assert np.count_nonzero(solution.backstop_share) == 1
    assert max(markets(baseline, shock, solution)) < 1e-8


def test_short_horizon_converges_and_hurts_more(world, baseline, code):
    short = compute_shares(world.accounts, world.sectors.theta_short)
    for target in ("KAZ", "ARM"):
        shock = _embargo(baseline, code["RUS"], code[target])
        months = solve_trade(short, shock, SHORT)
        years = solve_trade(baseline, shock, LONG)
        assert months.converged
        assert months.real_income_change[code[target]] < years.real_income_change[code[target]]
