"""Exact cut-offs: what dies is dead, and equals the limit of dearer and dearer trade where that limit exists."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.errors import Infeasible, InputError, NotConverged
from isthmus.trade import LONG, SHORT, TradeSettings, TradeShock, solve_trade
from trade.trade_cases import make_baseline, markets, random_baseline

NAMES = {"economies": ("ARM", "RUS", "ROW"), "sectors": ("gas", "power", "food")}


def _gas_world(*, consumed=False, home=0.0):
    """ARM buys gas from RUS alone (or makes a share `home` itself); power needs gas, food needs power."""
    pi = np.zeros((3, 3, 3))
    pi[0, 0] = [home, 1, 0.7]
    pi[1, 0] = [1 - home, 0, 0.2]
    pi[2, 0] = [0, 0, 0.1]
    for n in (1, 2):
        pi[:, n] = [[0, 0, 0.05]] * 3
        pi[n, n] = [1, 1, 0.9]
    gam = np.zeros((3, 3, 3))
    gam[:, :, 0] = [0.0, 0.4, 0.6]
    gam[:, :, 1] = [0.8, 0.0, 0.2]
    gam[:, :, 2] = [0.0, 0.5, 0.5]
    al = np.full((3, 3), 0.5)
    if home == 0:
        al[0, 0], gam[0, :, 0] = 1.0, 0.0
    final = np.array([0.1 if consumed else 0.0, 0.3, 0.7 - (0.1 if consumed else 0.0)])
    baseline = make_baseline(pi, [4, 4, 4], al, gam, np.stack([final] * 3), np.array([1.0, 10.0, 50.0]))
    return replace(baseline, **NAMES)


def _cut(baseline, origin, destination, sector, share=0.0):
    access = np.ones(baseline.expenditure_share.shape)
    access[origin, destination, sector] = share
    return TradeShock(access=access)


NO_BACKSTOP = replace(LONG, choke=None)


def test_lost_input_is_told_with_its_chain():
    with pytest.raises(Infeasible, match="ARM consumes power; its source ARM needs gas; every source of gas in ARM"):
        solve_trade(_gas_world(), _cut(_gas_world(), 1, 0, 0), NO_BACKSTOP)


def test_lost_final_good_is_told():
    with pytest.raises(Infeasible, match="ARM consumes gas; every source of gas in ARM is cut"):
        solve_trade(_gas_world(consumed=True), _cut(_gas_world(), 1, 0, 0), NO_BACKSTOP)


def test_backstop_serves_only_what_the_scenario_cuts():
    baseline = _gas_world(consumed=True)
    for settings in (LONG, SHORT, replace(SHORT, kap=3.0)):
        shock = _cut(baseline, 1, 0, 0)
        solution = solve_trade(baseline, shock, settings)
        assert solution.backstop_share[0, 0] == 1.0
        assert solution.backstop_share.sum() == 1.0
        # Made from the economy's own factors in their baseline mix, at ten times its price.
        mix = baseline.value_added[0] / baseline.value_added[0].sum()
        price = 10 * np.exp(mix @ np.log(solution.factor_price_change[0]))
        assert solution.price_change[0, 0] == pytest.approx(price, rel=1e-8)
        flows_clear = np.abs(solution.flow.sum(axis=1) + solution.backstop_share * solution.purchases - solution.output)
        assert flows_clear.max() < 1e-8 * solution.output.max()
        assert solution.expenditure.sum() == pytest.approx(baseline.value_added.sum(), rel=1e-9)
        assert solution.flow[1, 0, 0] == 0.0


def test_backstop_fills_up_to_the_choke_price_and_no_further():
    baseline = _gas_world(consumed=True, home=1e-7)
    few = solve_trade(baseline, _cut(baseline, 1, 0, 0), LONG)
    home_price = few.price_change[0, 0] / few.unit_cost_change[0, 0]
    assert home_price == pytest.approx(10.0, rel=1e-9)
    assert 0.9 < few.backstop_share[0, 0] < 1.0
    baseline = _gas_world(consumed=True, home=0.2)
    enough = solve_trade(baseline, _cut(baseline, 1, 0, 0), LONG)
    assert not enough.backstop_share.any()
    assert enough.price_change[0, 0] / enough.unit_cost_change[0, 0] == pytest.approx(0.2 ** (-1 / 4), rel=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        TradeSettings(eps=2.0, sM=0.5, sC=3.0),  # inputs lost: value added alone
        TradeSettings(eps=0.5, sM=3.0, sC=3.0),  # another input replaces gas
        TradeSettings(eps=2.0, sM=3.0, sC=3.0, kap=1.0),
        TradeSettings(eps=2.0, sM=0.5, sC=3.0, kap=2.0),
    ],
)
def test_replaceable_goods_drop_out_as_in_the_limit(settings):
    settings = replace(settings, choke=None, closure="held", tolerance=1e-11)
    baseline = _gas_world(consumed=True)
    exact = solve_trade(baseline, _cut(baseline, 1, 0, 0), settings)
    # phi 1e-40 at theta 4 is a price 1e10: the CES remainder is its power 1 - sigma.
    near = solve_trade(baseline, _cut(baseline, 1, 0, 0, 1e-40), settings)
    np.testing.assert_allclose(exact.real_income_change, near.real_income_change, rtol=1e-8)
    np.testing.assert_allclose(exact.output[:, 1:], near.output[:, 1:], rtol=1e-7)
    assert np.isinf(exact.price_change[0, 0])
    assert exact.flow[1, 0, 0] == 0.0


@pytest.mark.parametrize("kap", [1.0, 3.0, np.inf])
def test_a_mine_without_buyers_stands_idle(kap):
    """RUS sells all its gas to ARM; cut, factors fixed in gas earn nothing, mobile ones move."""
    baseline = _gas_world(consumed=True, home=0.5)
    pi = baseline.expenditure_share.copy()
    pi[1, 1, 0], pi[2, 1, 0] = 0.0, 1.0
    baseline = make_baseline(
        pi, baseline.theta, baseline.value_added_share, baseline.input_share, baseline.final_share, baseline.expenditure
    )
    shock = _cut(baseline, 1, 0, 0)
    solution = solve_trade(baseline, shock, TradeSettings(kap=kap))
    assert solution.output[1, 0] == pytest.approx(0.0, abs=1e-12)
    assert max(markets(baseline, shock, solution)) < 1e-8


def test_an_economy_without_work_is_refused():
    pi = np.zeros((2, 2, 1))
    pi[0, 0], pi[0, 1], pi[1, 0], pi[1, 1] = 1.0, 1.0, 0.0, 0.0
    pi[1, 0], pi[0, 0] = 0.4, 0.6
    baseline = make_baseline(pi, [4], np.ones((2, 1)), np.zeros((2, 1, 1)), np.ones((2, 1)), np.array([1.0, 0.4]))
    settings = replace(NO_BACKSTOP, kap=1.0)
    with pytest.raises(Infeasible, match=r"every sector of economy 1 has stopped"):
        solve_trade(baseline, _cut(baseline, 1, 0, 0), settings)


def test_money_stops_where_trade_stops():
    """An economy closed to all can neither run a deficit nor use what is sent to it."""
    baseline = random_baseline(2)
    alone = np.ones(baseline.expenditure_share.shape)
    alone[0, 1:] = alone[1:, 0] = 0
    with pytest.raises(Infeasible, match=r"economy 0 cannot trade with anyone outside, yet must (receive|pay)"):
        solve_trade(baseline, TradeShock(access=alone), replace(LONG, closure="held"))
    shock = TradeShock(access=alone)
    solution = solve_trade(baseline, shock)
    assert solution.deficit[0] == 0.0
    assert not solution.remittances[0, 1:].any()
    assert not solution.remittances[1:, 0].any()
    assert solution.remittances[1, 2] == pytest.approx(baseline.remittances[1, 2])
    np.testing.assert_allclose(solution.deficit.sum(), 0.0, atol=1e-12)
    assert solution.trade_kept[0] == 0.0


def test_runaway_prices_are_told():
    """Own inputs cannot be replaced and the backstop is dearer than what they are worth: no finite price."""
    pi = np.array([[0.01, 0.0], [0.99, 1.0]])[:, :, None]
    half = np.full((2, 1), 0.5)
    baseline = make_baseline(pi, [4], half, np.ones((2, 1, 1)), np.ones((2, 1)), np.array([1.0, 50.0]))
    shock = TradeShock(access=np.array([[1.0, 1.0], [0.0, 1.0]])[:, :, None], deficit=np.zeros(2))
    settings = replace(SHORT, eps=0.1, max_iterations=100)
    with pytest.raises(NotConverged, match=r"Unit costs run away \(sector 0 of economy 0"):
        solve_trade(baseline, shock, settings)


def test_severity_reaches_the_embargo_smoothly():
    baseline = random_baseline(3)
    hats = []
    for share in (1e-2, 1e-4, 1e-8, 0.0):
        access = np.ones(baseline.expenditure_share.shape)
        access[0, 1] = access[1, 0] = share
        hats.append(solve_trade(baseline, TradeShock(access=access)).real_income_change)
    gaps = [np.abs(one - hats[-1]).max() for one in hats[:-1]]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-7


def test_not_converged_carries_what_was_reached():
    baseline = random_baseline(1)
    cost = np.full(baseline.expenditure_share.shape, 1.3)
    cost[np.arange(4), np.arange(4)] = 1
    settings = replace(LONG, max_iterations=3)
    with pytest.raises(NotConverged, match=r"residual .* after \d+ sweeps, tolerance 1e-10") as caught:
        solve_trade(baseline, TradeShock(trade_cost_change=cost), settings)
    assert not caught.value.partial.converged
    returned = solve_trade(baseline, TradeShock(trade_cost_change=cost), settings, on_failure="return")
    assert not returned.converged
    assert returned.residual > 1e-10


def test_bad_shocks_are_told_all_at_once():
    baseline = random_baseline(1)
    cube = np.ones((4, 4, 3))
    bad = TradeShock(trade_cost_change=cube * 0, access=cube * 2, endowment=np.ones(3), deficit=np.ones(4))
    with pytest.raises(InputError) as caught:
        solve_trade(baseline, bad)
    for words in ("trade_cost_change is out of range in 48 of 48 cells, first 0 at (0, 0, 0)", "access is out of range",
                  "endowment has shape (3,), not (4,)", "deficit sums to 4"):  # fmt: skip
        assert words in str(caught.value)
    nan = cube.copy()
    nan[1, 2, 0] = np.nan
    with pytest.raises(InputError, match=r"1 of 48 cells, first nan at \(1, 2, 0\)"):
        solve_trade(baseline, TradeShock(trade_cost_change=nan))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kap": 0.5}, "kap is 0.5"),
        ({"eps": 0.0}, "eps is 0"),
        ({"choke": 1.0}, "choke"),
        ({"closure": "open"}, "closure"),
    ],
)
def test_bad_settings_are_told(wrong, said):
    with pytest.raises(InputError, match=said):
        TradeSettings(**wrong)


def test_bad_elasticity_and_start_are_told():
    with pytest.raises(InputError, match="a trade elasticity is above 0"):
        replace(random_baseline(1), theta=np.array([4.0, 0.0, 2.0]))
    with pytest.raises(InputError, match="start has"):
        solve_trade(random_baseline(1), TradeShock(), start=solve_trade(random_baseline(1, n=3)))
