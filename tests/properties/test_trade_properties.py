"""What must hold in any world: random small worlds, random shocks."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from isthmus.trade import (
    LONG,
    SHORT,
    TradeBaseline,
    TradeSettings,
    TradeShock,
    balance,
    decompose,
    first_order_change,
    rebase,
    solve_trade,
)
from isthmus.trade.equilibrium import find_state
from isthmus.trade.problem import pose

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "trade"))
from trade.trade_cases import markets, random_baseline

# Seeds do not shrink to anything simpler.
some = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
few = settings(some, max_examples=5)
seeds = st.integers(0, 10_000)
TIGHT = replace(LONG, tolerance=1e-12)
SHORTER = replace(SHORT, tolerance=1e-11)
HELD = replace(TIGHT, closure="held")
horizons = st.sampled_from([TIGHT, SHORTER, TradeSettings(eps=0.7, sM=0.5, sC=0.9, kap=3.0, tolerance=1e-11)])


def _bilateral(baseline, seed, *, low=0.8, high=1.4):
    """Return random cost changes, with some flows half shut and, if the closure scales deficits, one embargo."""
    rng = np.random.default_rng(seed + 1)
    n, s = baseline.output.shape
    access = np.ones((n, n, s))
    access[rng.integers(n), rng.integers(n)] = 0.5
    i, j = rng.choice(n, 2, replace=False)
    if n > 2:
        access[i, j] = 0
    access[np.arange(n), np.arange(n)] = 1
    return TradeShock(trade_cost_change=rng.uniform(low, high, (n, n, s)), access=access)


def _hats(solution):
    return np.concatenate(
        [
            solution.real_income_change,
            solution.real_expenditure_change,
            solution.consumer_price_change,
            solution.unit_cost_change.ravel(),
            solution.price_change.ravel(),
            solution.quantity_change.ravel(),
        ]
    )


@some
@given(seed=seeds, settings=horizons, taxed=st.booleans())
def test_no_shock_is_exactly_one(seed, settings, taxed):
    baseline = random_baseline(seed, taxed=taxed)
    n, s = baseline.output.shape
    one = np.ones((n, n, s))
    shocks = [None, TradeShock(), TradeShock(trade_cost_change=one, access=one.copy(), endowment=np.ones(n))]
    shocks.append(TradeShock(tariff=baseline.tariff, remittances=baseline.remittances))
    for shock in shocks:
        solution = solve_trade(baseline, shock, settings)
        assert (_hats(solution) == 1.0).all()
        assert solution.iterations == 1


@some
@given(seed=seeds, settings=horizons, taxed=st.booleans())
def test_markets_clear_and_money_adds_up(seed, settings, taxed):
    """Walras: every goods market, every economy's budget and the numeraire, though one follows from the rest."""
    baseline = random_baseline(seed, taxed=taxed)
    shock = _bilateral(baseline, seed)
    if taxed:
        shock = replace(shock, tariff=baseline.tariff * 0.5, export_tax=baseline.tariff * 0.3)
    solution = solve_trade(baseline, shock, settings)
    assert max(markets(baseline, shock, solution)) < 1e-8
    assert abs(solution.deficit.sum()) < 1e-12 * np.abs(solution.deficit).sum() + 1e-15
    imports = solution.flow.sum(axis=(0, 2)) - solution.flow.sum(axis=(1, 2))
    if shock.export_tax is None:  # else the exporter also earns the tax that importers pay
        gap = imports - solution.deficit - baseline.net_remittances
        assert np.abs(gap).max() < 1e-8 * solution.expenditure.max()


@some
@given(seed=seeds, settings=horizons, factor=st.sampled_from([1e-6, 7.0, 1e9]))
def test_unit_of_money_does_not_matter(seed, settings, factor):
    baseline = random_baseline(seed)
    scaled = replace(
        baseline,
        output=baseline.output * factor,
        expenditure=baseline.expenditure * factor,
        deficit=baseline.deficit * factor,
        remittances=baseline.remittances * factor,
    )
    shock = _bilateral(baseline, seed)
    one, two = solve_trade(baseline, shock, settings), solve_trade(scaled, shock, settings)
    np.testing.assert_allclose(_hats(two), _hats(one), rtol=1e-8)
    np.testing.assert_allclose(two.flow, one.flow * factor, rtol=1e-8)


@some
@given(seed=seeds, settings=horizons, factor=st.sampled_from([0.1, 3.0]))
def test_the_numeraire_does_not_matter(seed, settings, factor):
    """Without deficits all prices and values times a factor solve the equations too; only the numeraire tells."""
    baseline = balance(random_baseline(seed, transfers=False))
    problem = pose(baseline, _bilateral(baseline, seed), replace(settings, closure="held"))
    found = find_state(problem, settings, problem.start())
    lc, Y, lw, revenue = problem.unpack(found.state)
    up = np.log(factor)
    moved, _ = problem.sweep(problem.pack(lc + up, Y * factor, lw + up, revenue * factor))
    lc_new, Y_new, lw_new, _ = problem.unpack(moved)
    live = problem.Y0 > 0
    np.testing.assert_allclose(lc_new[live], lc[live] + up, atol=1e-8)
    np.testing.assert_allclose(Y_new, Y * factor, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(lw_new[live], lw[live], atol=1e-8)  # set back to world factor income 1


@few
@given(seed=seeds, settings=horizons, taxed=st.booleans())
def test_parts_of_a_change_add_up(seed, settings, taxed):
    baseline = random_baseline(seed, taxed=taxed)
    told = decompose(baseline, _bilateral(baseline, seed), settings)
    assert np.abs(told.missed).max() < 1e-4


@some
@given(seed=seeds)
def test_equal_costs_everywhere_scale_only_prices(seed):
    """All trade costs, home ones too, up by a factor: prices follow, nothing else moves."""
    baseline = random_baseline(seed)
    n, s = baseline.output.shape
    al = np.ones((n, s))  # without inputs the price rise is the cost rise itself
    plain = replace(baseline, value_added_share=al, input_share=np.zeros((n, s, s)))
    plain = replace(plain, deficit=plain.expenditure - plain.income)
    # Goods markets of the changed world clear at outputs that final spending asks for.
    output = np.einsum("ink,nk,n->ik", plain.expenditure_share, plain.final_share, plain.expenditure)
    plain = replace(plain, output=output)
    deficit = plain.expenditure - plain.income
    plain = replace(plain, deficit=deficit - deficit.mean())
    solution = solve_trade(plain, TradeShock(trade_cost_change=np.full((n, n, s), 1.25)), TIGHT)
    np.testing.assert_allclose(solution.real_income_change, 0.8, rtol=1e-9)
    np.testing.assert_allclose(solution.wage_change, 1.0, rtol=1e-9)


@some
@given(seed=seeds, settings=horizons)
def test_order_of_economies_and_sectors_does_not_matter(seed, settings):
    baseline = random_baseline(seed)
    n, s = baseline.output.shape
    shock = _bilateral(baseline, seed)
    rng = np.random.default_rng(seed)
    e, k = rng.permutation(n), rng.permutation(s)
    cube = np.ix_(e, e, k)
    shuffled = TradeBaseline(
        baseline.expenditure_share[cube], baseline.theta[k], baseline.value_added_share[np.ix_(e, k)],
        baseline.input_share[np.ix_(e, k, k)], baseline.final_share[np.ix_(e, k)], baseline.output[np.ix_(e, k)],
        baseline.expenditure[e], baseline.deficit[e], baseline.remittances[np.ix_(e, e)],
    )  # fmt: skip
    moved = TradeShock(trade_cost_change=shock.trade_cost_change[cube], access=shock.access[cube])
    one, two = solve_trade(baseline, shock, settings), solve_trade(shuffled, moved, settings)
    np.testing.assert_allclose(two.real_income_change, one.real_income_change[e], rtol=1e-8)
    np.testing.assert_allclose(two.flow, one.flow[cube], rtol=1e-7, atol=1e-12)


@some
@given(seed=seeds, settings=horizons)
def test_halves_of_an_economy_fare_as_the_whole(seed, settings):
    """The last economy split in two equal ones that trade with each other as with themselves."""
    baseline = random_baseline(seed, n=3)
    n, s = baseline.output.shape
    index = np.array([*range(n), n - 1])
    half = np.where(index == n - 1, 0.5, 1.0)
    pick = np.ix_(index, index)
    split = TradeBaseline(
        baseline.expenditure_share[np.ix_(index, index, range(s))] * half[:, None, None],
        baseline.theta.copy(), baseline.value_added_share[index], baseline.input_share[index],
        baseline.final_share[index], baseline.output[index] * half[:, None], baseline.expenditure[index] * half,
        baseline.deficit[index] * half, baseline.remittances[pick] * half * half[:, None],
    )  # fmt: skip
    shock = _bilateral(baseline, seed)
    both = TradeShock(
        trade_cost_change=shock.trade_cost_change[np.ix_(index, index, range(s))],
        access=shock.access[np.ix_(index, index, range(s))],
    )
    held = replace(settings, closure="held")
    one, two = solve_trade(baseline, shock, held), solve_trade(split, both, held)
    np.testing.assert_allclose(two.real_income_change, one.real_income_change[index], rtol=1e-8)
    np.testing.assert_allclose(two.output, one.output[index] * half[:, None], rtol=1e-7, atol=1e-12)


@some
@given(seed=seeds)
def test_a_nearly_closed_border_is_a_closed_one(seed):
    baseline = random_baseline(seed)
    n, s = baseline.output.shape
    open_, closed = np.ones((n, n, s)), np.ones((n, n, s))
    open_[0, 1], closed[0, 1] = 1e-300, 0.0
    one = solve_trade(baseline, TradeShock(access=closed), HELD)
    two = solve_trade(baseline, TradeShock(access=open_), HELD)
    np.testing.assert_allclose(two.real_income_change, one.real_income_change, rtol=1e-11)
    cost = np.where(closed == 0, np.inf, 1.0)
    three = solve_trade(baseline, TradeShock(trade_cost_change=cost), HELD)
    np.testing.assert_array_equal(three.real_income_change, one.real_income_change)


@some
@given(seed=seeds)
def test_ces_meets_cobb_douglas(seed):
    baseline = random_baseline(seed)
    shock = _bilateral(baseline, seed)
    exact = solve_trade(baseline, shock, TIGHT)
    near = solve_trade(baseline, shock, replace(TIGHT, eps=1 - 1e-10, sM=1 + 1e-10, sC=1 - 1e-10))
    np.testing.assert_allclose(near.real_income_change, exact.real_income_change, rtol=1e-8)
    nearly_mobile = solve_trade(baseline, shock, replace(LONG, kap=1e5))
    np.testing.assert_allclose(nearly_mobile.real_income_change, exact.real_income_change, rtol=1e-4)


@some
@given(seed=seeds, settings=horizons, taxed=st.booleans())
def test_a_change_and_its_inverse_cancel(seed, settings, taxed):
    baseline = random_baseline(seed, taxed=taxed)
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0.7, 1.5, baseline.expenditure_share.shape)
    shock = TradeShock(trade_cost_change=cost)
    back = TradeShock(trade_cost_change=1 / cost)
    if taxed:
        shock, back = TradeShock(tariff=baseline.tariff * 0), TradeShock(tariff=baseline.tariff)
    # Sluggish factors leave their sectors' history in the baseline mix, so the way back starts elsewhere.
    settings = replace(settings, kap=settings.kap if settings.kap in (1.0, np.inf) else np.inf)
    there = solve_trade(baseline, shock, settings)
    home = solve_trade(rebase(baseline, shock, there, sM=settings.sM), back, settings)
    np.testing.assert_allclose(home.real_income_change * there.real_income_change, 1.0, rtol=1e-8)
    np.testing.assert_allclose(home.flow, baseline.flow, rtol=1e-6, atol=1e-10)


@some
@given(seed=seeds)
def test_small_changes_add_up_to_hulten_for_the_world(seed):
    """Terms of trade are one's gain and another's loss: income-weighted, the first order is exact."""
    baseline = random_baseline(seed, transfers=False)
    baseline = balance(baseline, HELD)
    rng = np.random.default_rng(seed)
    shock = TradeShock(trade_cost_change=1 + 1e-6 * rng.uniform(0, 1, baseline.expenditure_share.shape))
    solution = solve_trade(baseline, shock, TradeSettings(tolerance=1e-14), on_failure="return")
    income = baseline.income
    exact = (np.log(solution.real_income_change) * income).sum()
    assert exact == pytest.approx((first_order_change(baseline, shock) * income).sum(), rel=1e-4)


@some
@given(seed=seeds)
def test_balanced_closure_starts_from_balanced_trade(seed):
    baseline = random_baseline(seed)
    shock = _bilateral(baseline, seed)
    balanced = balance(baseline, TIGHT)
    assert not balanced.deficit.any()
    np.testing.assert_allclose(balanced.expenditure, balanced.income, rtol=1e-10)
    one = solve_trade(baseline, shock, replace(TIGHT, closure="balanced"))
    two = solve_trade(balanced, shock, HELD)
    np.testing.assert_allclose(one.real_income_change, two.real_income_change, rtol=1e-10)


@some
@given(seed=seeds, settings=horizons)
def test_a_warm_start_ends_at_the_same_place(seed, settings):
    baseline = random_baseline(seed)
    shock = _bilateral(baseline, seed)
    cold = solve_trade(baseline, shock, settings)
    other = solve_trade(baseline, replace(shock, trade_cost_change=shock.trade_cost_change * 1.01), settings)
    warm = solve_trade(baseline, shock, settings, start=other)
    np.testing.assert_allclose(_hats(warm), _hats(cold), rtol=1e-7)
    again = solve_trade(baseline, shock, settings, start=cold)
    assert again.iterations <= 2


@some
@given(seed=seeds)
def test_closing_more_of_a_border_hurts_the_world_more(seed):
    baseline = balance(random_baseline(seed, transfers=False), TIGHT)
    n, s = baseline.output.shape
    worlds = []
    for share in (1.0, 0.6, 0.2, 0.0):
        access = np.ones((n, n, s))
        access[0, 1] = access[1, 0] = share
        hats = solve_trade(baseline, TradeShock(access=access), TIGHT).real_income_change
        worlds.append((hats * baseline.income).sum())
    assert np.diff(worlds).max() < 0
