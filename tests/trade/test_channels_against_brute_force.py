"""Taxes, transfers, endowments, latent trade, tonnes: each against a plain restatement of its equation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import root

from isthmus.trade import LONG, TradeShock, rebase, solve_trade
from trade.trade_cases import make_baseline, markets, random_baseline

TIGHT = replace(LONG, tolerance=1e-12, closure="held")


def _armington(pi, theta, Y, D, tariff, export_tax):
    """One good, no inputs: wages, income and consumer prices after taxes, by SciPy's root finder."""
    n = len(Y)

    def state(lw):
        w = np.exp(lw)
        phi = ((1 + tariff) * (1 + export_tax)) ** -theta
        weight = pi * phi * (w**-theta)[:, None]
        share = weight / weight.sum(axis=0)
        keep_m, keep_x = 1 / (1 + tariff), 1 / (1 + export_tax)
        # Revenue is linear in spending: E = w Y + D + A E.
        A = np.diag((share * (1 - keep_m)).sum(axis=0)) + share * keep_m * (1 - keep_x)
        E = np.linalg.solve(np.eye(n) - A, w * Y + D)
        sales = (share * keep_m * keep_x) @ E
        return w, E, weight.sum(axis=0) ** (-1 / theta), sales

    def gap(lw):
        w, _, _, sales = state(lw)
        return np.append((sales / (w * Y) - 1)[:-1], (w * Y).sum() / Y.sum() - 1)

    found = root(gap, np.zeros(n), tol=1e-13)
    assert np.abs(found.fun).max() < 1e-11
    return state(found.x)


@pytest.mark.parametrize("seed", range(4))
def test_tariffs_and_export_taxes(seed):
    rng = np.random.default_rng(seed)
    n, theta = 3, 3.5
    baseline = random_baseline(seed, n=n, s=1, sparse=False, transfers=False)
    plain = make_baseline(
        baseline.expenditure_share, [theta], np.ones((n, 1)), np.zeros((n, 1, 1)), np.ones((n, 1)), baseline.expenditure
    )
    apart = ~np.eye(n, dtype=bool)
    tariff, export_tax = rng.uniform(0, 0.5, (2, n, n)) * apart
    shock = TradeShock(tariff=tariff[:, :, None], export_tax=export_tax[:, :, None])
    solution = solve_trade(plain, shock, TIGHT)
    w, E, P, _ = _armington(
        plain.expenditure_share[:, :, 0], theta, plain.output[:, 0], plain.deficit, tariff, export_tax
    )
    np.testing.assert_allclose(solution.wage_change, w, rtol=1e-9)
    np.testing.assert_allclose(solution.expenditure, E, rtol=1e-9)
    np.testing.assert_allclose(solution.consumer_price_change, P, rtol=1e-9)
    np.testing.assert_allclose(solution.real_expenditure_change, E / plain.expenditure / P, rtol=1e-9)
    np.testing.assert_allclose(solution.real_income_change, (E - plain.deficit) / plain.income / P, rtol=1e-9)
    # Taking the taxes away again brings the old world back.
    taxed = rebase(plain, shock, solution)
    none = np.zeros((n, n, 1))
    home = solve_trade(taxed, TradeShock(tariff=none, export_tax=none), TIGHT)
    np.testing.assert_allclose(home.flow, plain.flow, rtol=1e-8)


def test_transfers_move_income():
    baseline = random_baseline(5)
    sent = baseline.remittances.copy()
    lost = sent[0, 1]
    sent[0, 1] = 0
    shock = TradeShock(remittances=sent)
    solution = solve_trade(baseline, shock, TIGHT)
    assert lost > 0
    assert solution.real_income_change[1] < 1 < solution.real_income_change[0]
    assert max(markets(baseline, shock, solution)) < 1e-9


def test_endowments_scale_a_world():
    """All economies 10 % larger, trade balanced: real income up by 10 %, wages as before in world income."""
    baseline = random_baseline(6, transfers=False)
    balanced = solve_trade(baseline, TradeShock(deficit=np.zeros(4)), TIGHT)
    baseline = rebase(baseline, TradeShock(deficit=np.zeros(4)), balanced)
    solution = solve_trade(baseline, TradeShock(endowment=np.full(4, 1.1)), TIGHT)
    np.testing.assert_allclose(solution.real_income_change, 1.1, rtol=1e-9)
    np.testing.assert_allclose(solution.wage_change, 1 / 1.1, rtol=1e-9)


def test_latent_trade_is_a_source_that_was_shut():
    """Opening latent trade at full weight equals undoing an embargo: shares relative to the closed market."""
    theta = np.array([4.0])
    pi = np.array([[0.7, 0.2], [0.3, 0.8]])[:, :, None]
    plain = make_baseline(pi, theta, np.ones((2, 1)), np.zeros((2, 1, 1)), np.ones((2, 1)), np.array([1.0, 1.5]))
    shut = TradeShock(access=np.eye(2)[:, :, None].copy(), deficit=np.zeros(2))
    closed = solve_trade(plain, shut, TIGHT)
    world = rebase(plain, shut, closed)
    # Weight of the shut source beside the home one, both at the closed market's costs.
    c = closed.unit_cost_change[:, 0] ** -theta
    home = np.diagonal(pi[:, :, 0]) * c
    latent = np.zeros((2, 2, 1))
    latent[0, 1], latent[1, 0] = pi[0, 1] * c[0] / home[1], pi[1, 0] * c[1] / home[0]
    world = replace(world, latent_share=latent)
    opened = solve_trade(world, TradeShock(latent_access=np.ones((2, 2, 1))), TIGHT)
    target = solve_trade(plain, TradeShock(deficit=np.zeros(2)), TIGHT)
    np.testing.assert_allclose(
        closed.real_income_change * opened.real_income_change, target.real_income_change, rtol=1e-9
    )
    np.testing.assert_allclose(opened.latent_flow[0, 1], target.flow[0, 1], rtol=1e-8)
    none = solve_trade(world, TradeShock(latent_access=np.zeros((2, 2, 1))), TIGHT)
    assert (none.real_income_change == 1.0).all()


def test_tonnes_follow_volume_not_value():
    """A flow's volume is its spending, free of border taxes, over the origin's unit cost."""
    baseline = random_baseline(7, taxed=True)
    n, s = baseline.output.shape
    cost = np.random.default_rng(7).uniform(0.8, 1.3, (n, n, s))
    shock = TradeShock(trade_cost_change=cost, tariff=baseline.tariff * 0.5)
    solution = solve_trade(baseline, shock, TIGHT)
    after = solution.flow / solution.unit_cost_change[:, None, :]
    traded = baseline.flow > 0
    np.testing.assert_allclose(solution.quantity_change[traded], (after[traded] / baseline.flow[traded]), rtol=1e-9)
    assert (solution.quantity_change[~traded] == 1.0).all()
    # Output in volume is what all flows in volume add up to.
    volume = (solution.quantity_change * baseline.flow).sum(axis=1)
    np.testing.assert_allclose(volume, solution.output / solution.unit_cost_change, rtol=1e-8, atol=1e-12)
